import type { Tables } from './main-tables.js';

/** The rows that came and went, as text that is the same for every run of one operation: see `told`. */
export interface TableChanges {
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

export const noChanges: TableChanges = { gone: [], come: [] };

/** What differs between the runs of an operation although it did the same. */
export interface RunNames {
  /** The word that everything of this run is named by. */
  readonly tag: string;
  /** Answers in which the ids of what the operation works on come in the same order in every run. */
  readonly made: readonly unknown[];
}

/** What became of the whole database. A row that was changed is gone, and another has come. */
export function tableChanges(before: Tables, after: Tables, run: RunNames): TableChanges {
  const tell = teller(before, run);
  const rowsOf = (tables: Tables) =>
    new Map(
      Object.entries(tables).flatMap(([table, rows]) =>
        rows.map((row) => [`${table} ${JSON.stringify(row)}`, { table, row }]),
      ),
    );
  const [old, young] = [rowsOf(before), rowsOf(after)];
  const only = (rows: typeof old, others: typeof old) =>
    [...rows]
      .filter(([text]) => !others.has(text))
      .map(([, { table, row }]) => `${table} ${tell(row)}`)
      .toSorted();
  return { gone: only(old, young), come: only(young, old) };
}

const idShape =
  /\b(acc|key|sec|rot|svc|rte|evt|bnd|grt|ntc|dlv|whk|per|mem|ses|lnk|lml|fac|rcv|pky)_[0-9A-Za-z]{20}\b/g;
/** What is random, or says anew what the other columns say. */
const opaqueColumns = /^(digest|previous_digest|body_digest|idempotency_key|start|password_hash)$/;

/** Puts names in the place of ids and times, and counts numbers from where they stood before. */
function teller(before: Tables, { tag, made }: RunNames): (row: Record<string, unknown>) => string {
  const known = [...new Set(JSON.stringify(made).match(idShape))];
  const all = JSON.stringify(before);
  const revision = Number(before['access_revision']?.[0]?.['revision']);
  const heads = new Map(
    before['audit_head']?.map((head) => [head['account_id'], Number(head['seq'])]),
  );
  const nameOf = (id: string, kind: string) => {
    const place = known.indexOf(id);
    if (place >= 0) return `${kind}#${place}`;
    return `${kind} ${all.includes(id) ? 'of before' : 'made'}`;
  };
  const plain = (text: string) =>
    text
      .replace(idShape, nameOf)
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
      .replace(/\b(lk_prod_)\w{4}\b/g, '$1start')
      .replace(/("sealed":")[^"]+/g, '$1sealed')
      .replaceAll(tag, 'tag');
  return (row) => {
    const told = Object.entries(row).map(([column, value]) => {
      if (value === null) return [column, value];
      if (opaqueColumns.test(column)) return [column, 'opaque'];
      if (column === 'revision') return [column, Number(value) - revision];
      if (column === 'seq') return [column, Number(value) - (heads.get(row['account_id']) ?? 0)];
      // A time as well, in steps of an authenticator app; none is taken yet where it is 0.
      if (column === 'last_step') return [column, Number(value) === 0 ? 0 : 'time'];
      // PostgreSQL's driver gives a large integer as text.
      if (/^1\d{12}$/.test(String(value))) return [column, 'time'];
      return [column, typeof value === 'string' ? plain(value) : value];
    });
    return JSON.stringify(Object.fromEntries(told));
  };
}
