import { randomBytes } from 'node:crypto';
import { publishCrm, type Crm } from './crm.js';
import { startTestLatchkey, type TestLatchkey } from './latchkey.js';
import { makePostgres, type TestPostgres } from './postgres.js';
import { startUpstream, type RecordingUpstream } from './upstream.js';

/** Two Latchkeys on one PostgreSQL database, in front of one upstream. */
export interface TwoNodes {
  readonly postgres: TestPostgres;
  readonly upstream: RecordingUpstream;
  /** Where changes are made. */
  readonly one: TestLatchkey;
  /** Where they are to be in force as well. */
  readonly other: TestLatchkey;
  /** Published on `one`. */
  readonly crm: Crm;
  close(): Promise<void>;
}

export interface TwoNodesSettings {
  /** By which URL the other node reaches the database; its call log takes the direct one. */
  readonly wayOfOther?: (url: string) => Promise<string>;
  readonly leaseMs?: number;
}

/** A lease that no busy machine sees the end of. */
export const longLeaseMs = 3_600_000;

export async function startTwoNodes({
  wayOfOther = async (url) => url,
  ...surroundings
}: TwoNodesSettings = {}): Promise<TwoNodes> {
  const postgres = await makePostgres();
  const upstream = await startUpstream();
  const settings = {
    ...{ DATABASE_URL: postgres.url, CALL_LOG_URL: postgres.url, CALL_LOG_MODE: 'committed' },
    ...{ KEY_PEPPER: randomKey(), SEALING_KEY: randomKey(), OPERATOR_KEY: randomKey() },
  };
  const one = await startTestLatchkey(settings, surroundings);
  const ways = { DATABASE_URL: await wayOfOther(postgres.url) };
  const other = await startTestLatchkey({ ...settings, ...ways }, surroundings);
  return {
    ...{ postgres, upstream, one, other },
    crm: await publishCrm(one, upstream.url),
    close: async () => {
      await other.remove();
      await one.remove();
      await upstream.close();
      await postgres.drop();
    },
  };
}

function randomKey(): string {
  return randomBytes(32).toString('base64url');
}
