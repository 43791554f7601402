import type pg from 'pg';
import { silentNoLongerThan } from './data-source-options.js';
import type { StaleSubject } from './database.js';
import { changeChannel } from './database.js';
import type { AccessSubject } from './entities/access-change.entity.js';

/** What the database says of changes, all of it as of one moment. */
export interface ChangeReading {
  readonly revision: number;
  /** Which server, since which start, and which database on it: another one may hold an older state. */
  readonly origin: string;
  /** The oldest change that is still on record; older ones are pruned. */
  readonly oldest: number | null;
  /** What was made stale by the changes beyond the one that was asked from, in their order. */
  readonly stale: readonly StaleSubject[];
}

interface Row {
  readonly revision: string;
  readonly origin: string;
  readonly oldest: string | null;
  readonly subject: AccessSubject | null;
  readonly subject_id: string;
}

// One statement has one snapshot: a number is never read without the rows that belong to it.
const readChanges = `SELECT latest.revision, change.subject, change.subject_id,
    (SELECT min(revision) FROM access_change) AS oldest,
    extract(epoch FROM pg_postmaster_start_time()) || ' ' || database.oid AS origin
  FROM access_revision AS latest
  JOIN pg_database AS database ON database.datname = current_database()
  LEFT JOIN access_change AS change ON change.revision > $1::bigint
  WHERE latest.id = 1
  ORDER BY change.revision`;

/** A connection of its own, over which a node hears of changes and asks for them: no busy pool keeps it waiting. */
export class ChangeFeed {
  #failure: Error | null = null;

  private constructor(private readonly client: pg.Client) {}

  /** @param onNotice called when a change was committed somewhere, which may be lost on the way, and when the connection breaks */
  static async open(url: string, silenceMsMax: number, onNotice: () => void): Promise<ChangeFeed> {
    // Loaded where there is a PostgreSQL: a start without one has no use for it.
    const { Client } = (await import('pg')).default;
    const client = new Client({
      connectionString: url,
      application_name: 'latchkey changes',
      stream: silentNoLongerThan(silenceMsMax),
    });
    const feed = new ChangeFeed(client);
    client.on('notification', onNotice);
    client.on('error', (error) => {
      feed.#failure ??= error;
      onNotice();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${changeChannel}`);
    } catch (error) {
      feed.close();
      throw error;
    }
    return feed;
  }

  /** @param after the last change that is known; `null` asks for the number alone */
  async read(after: number | null): Promise<ChangeReading> {
    if (this.#failure !== null) throw this.#failure;
    const { rows } = await this.client.query<Row>(readChanges, [after]);
    const [first] = rows;
    if (first === undefined) throw new Error('access_revision is empty.');
    return {
      revision: Number(first.revision),
      origin: first.origin,
      oldest: first.oldest === null ? null : Number(first.oldest),
      stale: rows.flatMap(({ subject, subject_id: id }) =>
        subject === null ? [] : [{ subject, id }],
      ),
    };
  }

  /** Does not wait for a server that may not answer; the silence ends the connection. */
  close(): void {
    this.client.end().catch(() => {});
  }
}
