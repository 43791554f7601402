import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { expectUnbrokenChains } from '../support/audit-chains.js';
import { publishCrm } from '../support/crm.js';
import { describeWhere } from '../support/describe-where.js';
import { MortalLatchkey } from '../support/mortal-latchkey.js';
import { absenceOfServer, MortalPostgres } from '../support/mortal-postgres.js';
import { OutageLoad, type AnsweredCall } from '../support/outage-load.js';
import { until } from '../support/until.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';
import { expectUsageOfRows } from '../support/usage-of-rows.js';

const rounds = process.env['CI'] === 'true' ? 20 : 5;

/** Calls in an outage, at least one of which finds it out. */
const callsInOutage = 8;

/**
 * Milliseconds: PostgreSQL writes what is committed without waiting for the disk at most three times its `wal_writer_delay`
 * of 200 ms later, and a busy machine takes its time. It matters which process is killed: `committed` promises that rows
 * outlive Latchkey's own. That they outlive the server is what `durable` is for.
 */
const heldBackMs = 1_500;

/** When the server may have been about to die, or just dead, as milliseconds. */
interface Death {
  readonly from: number;
  readonly to: number;
}

describeWhere(absenceOfServer(), "kill -9 of PostgreSQL's server under load", () => {
  let server: MortalPostgres;
  let latchkey: MortalLatchkey;
  let upstream: RecordingUpstream;
  let load: OutageLoad;

  beforeEach(async () => {
    server = await MortalPostgres.start();
    upstream = await startUpstream();
    latchkey = await MortalLatchkey.makeOn(server.url);
  }, 120_000);

  afterEach(async () => {
    await server.startAgain();
    await latchkey.remove();
    await upstream.close();
    await server.remove();
  }, 120_000);

  const start = async (mode: string): Promise<void> => {
    // While the server comes back the log takes rows before a key can be looked up. A call whose key nobody could look up is one
    // without a genuine secret, of which a minute logs so many only: here each has its row, so that one that is lost is seen.
    await latchkey.start({ CALL_LOG_MODE: mode, JUNK_ROWS_PER_MINUTE: '1000000' });
    const crm = await publishCrm(latchkey, upstream.url);
    const { secret } = await crm.makeKey({ scopes: ['contacts.read', 'contacts.write'] });
    load = new OutageLoad(latchkey, crm.accountId, secret);
  };

  /** Kills the server in full swing, looks what calls are told meanwhile, and leaves the rest to Latchkey. */
  async function killServer(round: number): Promise<Death> {
    load.begin();
    await load.untilMore(20 + ((round * 17) % 40), 2 + ((round * 5) % 6));
    const from = Date.now() - heldBackMs;
    await server.kill();
    await until('a call that finds it out', async () => (await load.call()).status === 503);
    const to = Date.now();
    const reached = unsafeCalls().length;
    for (let i = 0; i < callsInOutage; i += 1)
      expect(await load.call()).toMatchObject({
        status: 503,
        reason: expect.stringMatching(/^(?:LOG|STORE)_UNAVAILABLE$/),
      });
    expect(unsafeCalls()).toHaveLength(reached);
    await server.startAgain();
    await load.untilMore(20, 2);
    await load.end();
    return { from, to };
  }

  const unsafeCalls = () => upstream.calls.filter(({ method }) => method !== 'GET');

  /** The rows of the gateway: the status by the `n` of its call. `null` is an outcome that is not known. */
  async function statusesOnLog(): Promise<Map<number, number | null>> {
    const rows = await latchkey.query("SELECT query, status FROM call WHERE door = 'gateway'");
    const byCall = new Map(
      rows.map(({ query, status }) => [
        Number(String(query).slice('n='.length)),
        status === null ? null : Number(status),
      ]),
    );
    expect(rows).toHaveLength(byCall.size);
    return byCall;
  }

  /** Rows of an outage are written behind it. Resolves when each call has its own, which says what it was answered. */
  async function untilOnLog(calls: readonly AnsweredCall[]): Promise<void> {
    const unlike = async () => {
      const statuses = await statusesOnLog();
      return calls
        .filter(({ n, status }) => statuses.get(n) !== status)
        .map(({ n, method, status }) => `${method} ${n}: ${status}, ${statuses.get(n)} on the log`);
    };
    await until('a row of each call', async () => (await unlike()).length === 0).catch(async () =>
      expect(await unlike()).toEqual([]),
    );
  }

  async function expectChanges(): Promise<void> {
    const tables = await latchkey.tables();
    expectUnbrokenChains(tables);
    const keys = new Map(tables['api_key']?.map((row) => [row['id'], row]));
    for (const [id, { name, standing }] of load.keys)
      expect(keys.get(id)).toMatchObject({
        id,
        ...(name !== null && { name }),
        ...(standing !== null && { standing }),
      });
  }

  it(`#91 #66 durable: killed ${rounds} times, nothing that was answered is lost, and it goes on by itself`, async () => {
    await start('durable');
    for (let round = 0; round < rounds; round += 1) {
      await killServer(round);
      // Also those that were answered 503 have a row each: without a full queue no number is left out.
      await untilOnLog(load.calls);
      const statuses = await statusesOnLog();
      expect(unsafeCalls().filter(({ url }) => !statuses.has(numberIn(url)))).toEqual([]);
      expect(await numbersTwice()).toEqual([]);
      expect(await missingNumbers()).toBe(0);
      await expectChanges();
      await expectUsageOfRows((sql) => latchkey.query(sql));
    }
    expect(load.changes.refused).toBeGreaterThan(0);
    await expectSecrets();
  }, 900_000);

  it(`#91 committed: killed ${rounds} times, only what was answered just before is lost, and it shows`, async () => {
    await start('committed');
    const deaths: Death[] = [];
    for (let round = 0; round < rounds; round += 1) deaths.push(await killServer(round));
    const isSafe = ({ answeredAt }: AnsweredCall) =>
      !deaths.some(({ from, to }) => answeredAt > from && answeredAt < to);
    await untilOnLog(load.calls.filter(isSafe));
    const statuses = await statusesOnLog();
    const lost = load.calls.filter(({ n }) => !statuses.has(n)).length;
    expect(await missingNumbers()).toBeGreaterThanOrEqual(lost);
    const gaps = await latchkey.manage('GET', '/v1/request-log/gaps');
    expect(gaps.missingCalls).toBe(await missingNumbers());
    // The journal of the main database waits for the disk, whatever the mode of the log.
    await expectChanges();
    await expectUsageOfRows((sql) => latchkey.query(sql));
    await expectSecrets();
  }, 900_000);

  const numberIn = (url: string): number => Number(url.split('n=')[1]);

  const numbersTwice = () =>
    latchkey.query('SELECT node_id, seq FROM call GROUP BY node_id, seq HAVING count(*) > 1');

  /** How many numbers have no row, of all that lie between two that have one. */
  async function missingNumbers(): Promise<number> {
    const numbers =
      'SELECT max(seq) - min(seq) + 1 - count(DISTINCT seq) AS missing FROM call GROUP BY node_id';
    const [row] = await latchkey.query(`SELECT sum(missing)::int AS missing FROM (${numbers}) n`);
    return row?.['missing'] as number;
  }

  async function expectSecrets(): Promise<void> {
    for (const { secret, standing } of [...load.keys.values()].slice(-20))
      if (standing !== null) expect(await latchkey.works(secret)).toBe(standing === 'active');
  }
});
