import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBase62 } from '../../src/core/ids.js';
import { craftSecret } from '../support/crafted-secrets.js';
import { publishCrm, type Crm } from '../support/crm.js';
import type { CallRow, Json } from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';
import { sendBytes, sendRaw } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const budget = 5;
const minuteMs = 60_000;
const patienceMs = 20_000;

describe('#89 calls without a genuine secret have rows within a budget, and are counted beyond it', () => {
  let latchkey: Management;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let key: Json;
  /** Each test has minutes of its own: a clock that stands until it is moved on. */
  let now = Math.ceil(Date.now() / minuteMs) * minuteMs;

  beforeAll(async () => {
    upstream = await startUpstream();
    latchkey = await startManagement(
      { JUNK_ROWS_PER_MINUTE: String(budget), TRUSTED_PROXIES: '127.0.0.1' },
      { wallClock: () => now },
    );
    crm = await publishCrm(latchkey, upstream.url);
    key = await crm.makeKey();
  });

  beforeEach(async () => {
    now += minuteMs;
    upstream.calls.length = 0;
    await latchkey.newRows.skip();
  });

  afterAll(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  const unknownSecret = () => craftSecret('lk_prod', randomBase62(32));
  const junk = (headers: Record<string, string> = {}) =>
    latchkey.call('GET', '/crm/contacts', { secret: unknownSecret(), headers });
  const from = (ip: string) => ({ 'x-forwarded-for': ip });

  /** What was counted in this minute, once it is saved and adds up to `calls`. */
  async function counted(calls: number): Promise<Json[]> {
    const until = performance.now() + patienceMs;
    const path = `/v1/request-log/junk?limit=500&from=${new Date(now).toISOString()}`;
    for (;;) {
      const { results } = await latchkey.manage('GET', path);
      const sum = results.reduce((total: number, count: Json) => total + count.calls, 0);
      if (sum >= calls || performance.now() > until) return results;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const minute = () => new Date(now).toISOString();

  it('the answer is the same for all of them; the budget is each block’s own, and so is the count', async () => {
    for (let i = 0; i < 12; i += 1) {
      const { status, json } = await junk(from(`203.0.113.${i}`));
      expect([status, json.reason]).toEqual([401, 'KEY_UNKNOWN']);
    }
    for (let i = 0; i < 7; i += 1) await junk(from(`2001:db8::${i + 1}`));
    const rows = await latchkey.newRows.take(2 * budget);
    expect(rows.map(({ callerIp }) => callerIp)).toEqual([
      ...['203.0.113.0', '203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4'],
      ...['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8::4', '2001:db8::5'],
    ]);
    expect(await counted(9)).toEqual([
      { minute: minute(), block: '203.0.113.0/24', reason: 'KEY_UNKNOWN', calls: 7 },
      { minute: minute(), block: '2001:db8::/64', reason: 'KEY_UNKNOWN', calls: 2 },
    ]);
    // A minute later they have rows again.
    now += minuteMs;
    await latchkey.newRows.skip();
    await junk(from('203.0.113.0'));
    expect(await latchkey.newRows.take(1)).toHaveLength(1);
  });

  it('every call with a genuine secret has its row, from the same place and in the same flood', async () => {
    const statuses: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      await junk();
      for (const path of ['/crm/contacts', '/crm/orders', '/latchkey/v1/self', '/crm/nowhere']) {
        statuses.push((await latchkey.call('GET', path, { secret: key.secret })).status);
      }
    }
    expect(statuses.slice(0, 4)).toEqual([200, 403, 200, 404]);
    const rows = await latchkey.newRows.take(80 + budget);
    const genuine = rows.filter(({ keyId }) => keyId === key.id);
    expect(genuine.map(({ status }) => status)).toEqual(statuses);
    expect(rows).toHaveLength(80 + budget);
    expect(await counted(15)).toMatchObject([{ block: '127.0.0.0/24', calls: 15 }]);
  });

  it('also on the management listener, in one budget with the other', async () => {
    for (let i = 0; i < 4; i += 1) await junk();
    for (let i = 0; i < 4; i += 1)
      expect((await latchkey.ask('GET', '/v1/accounts')).json.reason).toBe('CREDENTIALS_MISSING');
    const rows = await latchkey.newRows.take(budget);
    expect(rows.map(({ door }) => door)).toEqual([
      ...['gateway', 'gateway', 'gateway', 'gateway', 'management'],
    ]);
    expect(await counted(3)).toEqual([
      { minute: minute(), block: '127.0.0.0/24', reason: 'CREDENTIALS_MISSING', calls: 3 },
    ]);
  });

  it('a public route’s calls are let through and counted; one with an effect has its row before it is forwarded', async () => {
    const routes = [
      ...(await latchkey.manage('GET', '/v1/services/crm/routes')).routes,
      { method: 'POST', path: '/status', scopeSets: [], public: true },
    ].map(({ method, path, scopeSets, public: open }: Json) => ({
      ...{ method, path, scopeSets, public: open },
    }));
    await latchkey.manage('PUT', '/v1/services/crm/routes', { routes });
    await latchkey.newRows.skip();
    for (let i = 0; i < 8; i += 1)
      expect((await latchkey.call('GET', '/crm/status')).status).toBe(200);
    for (let i = 0; i < 3; i += 1)
      expect((await latchkey.call('POST', '/crm/status', { body: {} })).status).toBe(200);
    expect(upstream.calls).toHaveLength(11);
    const rows = await latchkey.newRows.takeCompleted(budget + 3);
    expect(rows.map(({ method }: CallRow) => method)).toEqual([
      ...Array.from({ length: budget }, () => 'GET'),
      ...['POST', 'POST', 'POST'],
    ]);
    expect(await counted(3)).toEqual([
      { minute: minute(), block: '127.0.0.0/24', reason: null, calls: 3 },
    ]);
  });

  it('what never became a call gets the envelope and is counted, and is no call', async () => {
    const broken = Buffer.from('GET /crm/contacts HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n');
    const twoHosts = { target: '/crm/contacts', headers: [['Host', 'b']] as const };
    const huge = { target: '/', headers: [['X-A', 'a'.repeat(20_000)]] as const };
    for (const origin of [latchkey.accessUrl, latchkey.managementUrl]) {
      const answers = [
        await sendBytes(origin, broken),
        await sendRaw(origin, twoHosts),
        await sendRaw(origin, huge),
        await sendBytes(origin, Buffer.from('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')),
      ];
      expect(answers.map(({ json }) => json.reason)).toEqual([
        ...['REQUEST_MALFORMED', 'REQUEST_MALFORMED', 'HEADERS_TOO_LARGE', 'REQUEST_MALFORMED'],
      ]);
    }
    expect(await latchkey.newRows.take(0)).toEqual([]);
    expect(await counted(8)).toEqual([
      { minute: minute(), block: '127.0.0.0/24', reason: 'REQUEST_MALFORMED', calls: 6 },
      { minute: minute(), block: '127.0.0.0/24', reason: 'HEADERS_TOO_LARGE', calls: 2 },
    ]);
  });

  it('who was not determined counts under the peer', async () => {
    for (let i = 0; i < 7; i += 1)
      expect((await junk(from('unknown'))).json.reason).toBe('CALLER_UNDETERMINED');
    expect(await counted(2)).toMatchObject([
      { block: '127.0.0.0/24', reason: 'CALLER_UNDETERMINED', calls: 2 },
    ]);
  });

  it('the counts are the operator’s alone, come in pages and can be filtered', async () => {
    for (let i = 0; i < 8; i += 1) {
      await junk(from('203.0.113.9'));
      await latchkey.call('GET', '/crm/contacts', { headers: from('198.51.100.1') });
    }
    const all = await counted(6);
    expect(all).toHaveLength(2);
    const path = `/v1/request-log/junk?from=${minute()}`;
    const first = await latchkey.manage('GET', `${path}&limit=1`);
    const second = await latchkey.manage(
      ...(['GET', `${path}&limit=1&after=${first.paging.next.after}`] as const),
    );
    expect([...first.results, ...second.results]).toEqual(all);
    expect(second.paging).toEqual({});
    const filtered = await latchkey.manage(
      'GET',
      `${path}&block=203.0.113.0/24&reason=KEY_UNKNOWN`,
    );
    expect(filtered.results).toMatchObject([{ block: '203.0.113.0/24', calls: 3 }]);
    const later = new Date(now + minuteMs).toISOString();
    expect((await latchkey.manage('GET', `/v1/request-log/junk?from=${later}`)).results).toEqual(
      [],
    );
    const auditor = await latchkey.makeKey(crm.accountId, {
      scopes: ['latchkey.request_log.read'],
    });
    const refused = await latchkey.ask('GET', path, { secret: auditor.secret });
    expect([refused.status, refused.json.reason]).toEqual([404, 'OBJECT_NOT_FOUND']);
  });
});

describe('#89 the counts on disk', () => {
  it('are saved by a stop, and there after a restart', async () => {
    const first = await startManagement({ JUNK_ROWS_PER_MINUTE: '0' });
    for (let i = 0; i < 3; i += 1) await first.call('GET', '/nowhere');
    await first.close();
    const second = await startManagement({ JUNK_ROWS_PER_MINUTE: '0', TEST_FOLDER: first.folder });
    const { results } = await second.manage('GET', '/v1/request-log/junk');
    expect(results.reduce((sum: number, { calls }: Json) => sum + calls, 0)).toBe(3);
    expect(results[0]).toMatchObject({ block: '127.0.0.0/24', reason: 'CREDENTIALS_MISSING' });
    await second.remove();
  });
});
