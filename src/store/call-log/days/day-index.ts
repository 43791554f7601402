import type { Database, Statement } from 'better-sqlite3';
import { identityOf, indexPathOf } from './call-days-folder.js';
import { makeIndexFile, requireKnownIndex } from './day-schema.js';
import { callIndexes, type CallIndex } from './call-indexes.js';
import { WrittenFile } from './written-file.js';

const readMark = `SELECT last_seq FROM indexed WHERE node_id = ?`;
const writeMark = `INSERT INTO indexed (node_id, last_seq) VALUES (?, ?)
  ON CONFLICT (node_id) DO UPDATE SET last_seq = excluded.last_seq`;

/** Pages between checkpoints: 2 MB of log, since whoever waits for a row waits while they are synced. */
const pagesBetweenCheckpoints = 500;
/** Entries beyond which one statement for all of them is faster than one for each. */
const worthMany = 3;

/** Where the calls of one day are found by what is looked for, open to be written. It is made of the rows, and can be made again. */
export class DayIndex extends WrittenFile {
  readonly #readMark: Statement;
  readonly #writeMark: Statement;
  readonly #insertOne: Inserts;
  readonly #insertMany: Inserts;

  /**
   * Opens it, or makes one that holds nothing.
   *
   * @param dayPath of the rows
   * @throws the driver's error
   */
  constructor(dayPath: string, { timeoutMs }: { timeoutMs: number }) {
    const path = indexPathOf(dayPath);
    if (identityOf(path) === null) makeIndexFile(path);
    // NORMAL also where a row has to survive the death of the machine: what is lost here is made of the rows again.
    const writing = { timeoutMs, synchronous: 'NORMAL', pagesBetweenCheckpoints } as const;
    super(path, writing, requireKnownIndex);
    const { database } = this;
    [this.#readMark, this.#writeMark, this.#insertOne, this.#insertMany] = this.prepared(
      () =>
        [
          database.prepare(readMark).pluck(),
          database.prepare(writeMark),
          insertsOf(database, 'VALUES (?, ?)'),
          insertsOf(database, 'SELECT ?, value FROM json_each(?)'),
        ] as const,
    );
  }

  /** Puts in where the rows with a value are. What is in it already stays as it is. */
  add(index: CallIndex, value: string, positions: readonly number[]): void {
    if (positions.length > worthMany) {
      this.#insertMany[index].run(value, JSON.stringify(positions));
      return;
    }
    for (const position of positions) this.#insertOne[index].run(value, position);
  }

  /** The rows of a node with a number up to this one can be found; 0 if none can. */
  markOf(nodeId: string): number {
    return (this.#readMark.get(nodeId) as number | undefined) ?? 0;
  }

  setMark(nodeId: string, seq: number): void {
    this.#writeMark.run(nodeId, seq);
  }
}

type Inserts = Readonly<Record<CallIndex, Statement>>;

function insertsOf(database: Database, what: string): Inserts {
  const into = (index: CallIndex) =>
    database.prepare(`INSERT OR IGNORE INTO by_${index} (${callIndexes[index]}, position) ${what}`);
  return { account: into('account'), key: into('key'), ip: into('ip') };
}
