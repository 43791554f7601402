import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { ChainPlace, DigestedEvent } from '../core/audit-chain.js';
import { ChainWalk, type ChainFinding } from '../core/audit-chain-walk.js';
import { readerName } from './database.js';
import { given } from './given.js';
import { rawQuery, type SqlValue } from './raw-query.js';
import { AUDIT_KEY } from './tokens.js';

/** Where an account's chain ends. */
export interface AuditHead extends ChainPlace {
  readonly accountId: string;
  /** When its last event was written; `null` if there is none. */
  readonly at: number | null;
}

/** A chain as it was found, and the head that the store has for it. */
export interface CheckedChain extends ChainFinding {
  readonly head: ChainPlace | null;
}

export interface CheckOptions {
  /** A head of this chain that was kept elsewhere. */
  readonly keptHead?: ChainPlace | null;
  /** Told now and then how many events were looked at, of how many. */
  readonly onProgress?: (events: number, ofEvents: number) => void;
  /** Breaks it off. */
  readonly signal?: AbortSignal;
}

/** A chain as one statement saw it. */
interface ChainView {
  readonly head: ChainPlace | null;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** An event may hold hundreds of routes: few are in memory at once. */
const eventsPerRead = 100;
/** Retention takes beginnings away a few times an hour at most. */
const looksMax = 5;

/** Looks at the audit chains of all accounts, and changes nothing. It goes on while events are written and taken away. */
@Injectable()
export class AuditChainsStore {
  constructor(
    @InjectDataSource(readerName) private readonly reader: DataSource,
    @Inject(AUDIT_KEY) private readonly auditKey: Buffer,
  ) {}

  /** Every account that there is, or that has a head, in the order of their ids. @param after an id, or empty */
  async accountIds(limit: number, after: string): Promise<string[]> {
    given({ after });
    const rows = await this.#query(
      `SELECT id FROM (${known}) accounts WHERE id > ? ORDER BY id LIMIT ?`,
      [after, limit],
    );
    return rows.map(({ id }) => String(id));
  }

  async isKnown(accountId: string): Promise<boolean> {
    given({ accountId });
    const sql = `SELECT id FROM (${known}) accounts WHERE id = ?`;
    return (await this.#query(sql, [accountId])).length > 0;
  }

  async head(accountId: string): Promise<AuditHead> {
    given({ accountId });
    const rows = await this.#query(`${headsWithTimes} WHERE h.account_id = ?`, [accountId]);
    return rows[0] === undefined ? { accountId, seq: 0, digest: '', at: null } : headOf(rows[0]);
  }

  /** In the order of their accounts' ids. @param after an account's id, or empty */
  async heads(limit: number, after: string): Promise<AuditHead[]> {
    given({ after });
    const rows = await this.#query(
      `${headsWithTimes} WHERE h.account_id > ? ORDER BY h.account_id LIMIT ?`,
      [after, limit],
    );
    return rows.map(headOf);
  }

  /** How many events there are, if none is missing. */
  async lengthOf(accountId: string): Promise<number> {
    given({ accountId });
    const { firstSeq, lastSeq } = await this.#view(accountId);
    return lastSeq - firstSeq + 1;
  }

  /** Walks along an account's chain as it stands now; what is written meanwhile is not looked at. */
  async check(accountId: string, options: CheckOptions = {}): Promise<CheckedChain> {
    given({ accountId });
    let view = await this.#view(accountId);
    for (let looks = 1; ; looks += 1) {
      const found = { ...(await this.#walk(accountId, view, options)), head: view.head };
      if (found.break === null || looks === looksMax) return found;
      const now = await this.#view(accountId);
      // Where retention took the beginning away under our feet, what we saw was never there as a whole.
      if (now.firstSeq === view.firstSeq) return found;
      view = now;
    }
  }

  async #walk(
    accountId: string,
    { head, firstSeq, lastSeq }: ChainView,
    { keptHead = null, onProgress, signal }: CheckOptions,
  ): Promise<ChainFinding> {
    const walk = new ChainWalk(this.auditKey, keptHead);
    let place: [seq: number, id: string] = [firstSeq, ''];
    let events = 0;
    for (;;) {
      signal?.throwIfAborted();
      const rows = await this.#query(eventsBehind, [accountId, ...place, lastSeq, eventsPerRead]);
      for (const row of rows) walk.take(eventOf(row));
      events += rows.length;
      onProgress?.(events, lastSeq - firstSeq + 1);
      const last = rows.at(-1);
      if (last === undefined || rows.length < eventsPerRead) return walk.end(head);
      place = [Number(last['seq']), String(last['id'])];
      // On SQLite nothing so far had to wait: whoever else calls gets a turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Head, beginning and end are of one moment. */
  async #view(accountId: string): Promise<ChainView> {
    const [row = {}] = await this.#query(
      `SELECT head.seq, head.digest,
         (SELECT MIN(seq) FROM audit_event WHERE account_id = asked.id) AS first_seq,
         (SELECT MAX(seq) FROM audit_event WHERE account_id = asked.id) AS last_seq
       FROM (SELECT CAST(? AS TEXT) AS id) asked
         LEFT JOIN audit_head head ON head.account_id = asked.id`,
      [accountId],
    );
    return {
      head: row['seq'] == null ? null : { seq: Number(row['seq']), digest: String(row['digest']) },
      firstSeq: Number(row['first_seq'] ?? 1),
      lastSeq: Number(row['last_seq'] ?? 0),
    };
  }

  #query(sql: string, values: readonly SqlValue[]): Promise<Record<string, unknown>[]> {
    return rawQuery(this.reader, sql, values);
  }
}

const known = 'SELECT id FROM account UNION SELECT account_id AS id FROM audit_head';

const headsWithTimes = `SELECT h.account_id, h.seq, h.digest, e.at
  FROM audit_head h LEFT JOIN audit_event e ON e.account_id = h.account_id AND e.seq = h.seq`;

/** By id as well, should the index that keeps numbers apart have been taken away. */
const eventsBehind = `SELECT * FROM audit_event
  WHERE account_id = ? AND (seq, id) > (?, ?) AND seq <= ? ORDER BY seq, id LIMIT ?`;

function headOf({ account_id, seq, digest, at }: Record<string, unknown>): AuditHead {
  const place = { seq: Number(seq), digest: String(digest) };
  return { accountId: String(account_id), ...place, at: at == null ? null : Number(at) };
}

/** An event as it lies in the table, whatever somebody has put there: an entity would refuse to be read. */
function eventOf(row: Record<string, unknown>): DigestedEvent {
  return {
    ...{ id: row['id'], accountId: row['account_id'], seq: Number(row['seq']) },
    ...{ at: Number(row['at']), action: row['action'], actor: parsed(row['actor']) },
    ...{ callerIp: row['caller_ip'], targetType: row['target_type'], targetId: row['target_id'] },
    ...{ before: parsed(row['before']), after: parsed(row['after']) },
    ...{ previousDigest: row['previous_digest'], digest: row['digest'] },
  } as DigestedEvent;
}

/** What is no JSON stays a text, which no event has there. */
function parsed(column: unknown): unknown {
  if (typeof column !== 'string') return column;
  try {
    return JSON.parse(column);
  } catch {
    return column;
  }
}
