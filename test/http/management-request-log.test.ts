import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import type { CallRow, Json } from '../support/latchkey.js';
import { expectInvalid, startManagement, type Management } from '../support/management.js';
import { addMember } from '../support/people.js';
import { sendRaw, type HeaderLine } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const start = Date.UTC(2030, 0, 1);
const minute = 60_000;

let latchkey: Management;
let upstream: RecordingUpstream;
let crm: Crm;
let now = start;
let reader: Json;
let writer: Json;
let rotation: Json;
let log: string;
/** What the other calls of this file are told apart from. */
let agents: string[];

/** Twelve calls, a minute apart, by two keys, three secrets and three addresses. */
beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    response.writeHead(request.url === '/contacts/404' ? 404 : 200).end('{}');
  });
  const proxies = { TRUSTED_PROXIES: '127.0.0.9' };
  latchkey = await startManagement(proxies, { wallClock: () => now });
  crm = await publishCrm(latchkey, upstream.url);
  reader = await crm.makeKey({ name: 'Reader' });
  const scopes = ['contacts.read', 'contacts.write', 'latchkey.keys.read'];
  writer = await crm.makeKey({ name: 'Writer', scopes });
  rotation = await latchkey.manage(
    'POST',
    `/v1/accounts/${crm.accountId}/keys/${writer.id}/rotations`,
    { graceSeconds: 86_400 },
  );
  log = `/v1/accounts/${crm.accountId}/request-log`;
  agents = [];
  const call = async (agent: string, secret: string, target: string, more: Json = {}) => {
    now = start + (agents.push(agent) - 1) * minute;
    const headers: HeaderLine[] = [
      ['Authorization', `Bearer ${secret}`],
      ['User-Agent', agent],
      ...(more.via === undefined ? [] : [['X-Forwarded-For', more.via] as const]),
    ];
    const from = more.via === undefined ? more.from : '127.0.0.9';
    const origin = more.door === 'management' ? latchkey.managementUrl : latchkey.accessUrl;
    await sendRaw(origin, { method: more.method ?? 'GET', target, headers, from });
  };
  await call('a0 Reads', reader.secret, '/crm/contacts');
  await call('a1', reader.secret, '/crm/contacts/404', { from: '127.0.0.5' });
  await call('a2', reader.secret, '/crm/contacts', { method: 'POST' });
  await call('a3', reader.secret, '/crm/orders', { via: '2001:db8::7' });
  await call('a4', writer.secret, '/crm/contacts', { method: 'POST', via: '192.0.2.200' });
  await call('a5', writer.secret, '/crm/contacts/7', { method: 'DELETE', via: '192.0.2.7' });
  await call('a6', rotation.secret, '/crm/contacts/7', { via: '192.0.3.7' });
  await call('a7', rotation.secret, '/crm/nowhere_at%20all');
  await call('a8', rotation.secret, '/latchkey/v1/self');
  await call('a9', rotation.secret, `/v1/accounts/${crm.accountId}/keys`, { door: 'management' });
  await call('a10', 'lk_prod_nobody', '/crm/contacts');
  await call('a11 50%_off', reader.secret, '/crm/contacts?q=1');
  // Reading the log is a call as well; it is kept out of every time range below.
  now = start + 60 * minute;
  await latchkey.rows();
});

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

/** The first word of the user agent of each row, newest first, of the twelve. */
const found = async (query: string, path = log): Promise<string[]> => {
  const range = /\b(?:from|to)=/.test(query) ? '' : `&to=${iso(30)}`;
  const page = await latchkey.manage('GET', `${path}?limit=500${range}${query}`);
  return page.results
    .map((row: CallRow) => (row['userAgent'] as string | null)?.split(' ')[0])
    .filter((agent: string | undefined) => /^a\d+$/.test(agent ?? ''));
};

const iso = (minutes: number): string => new Date(start + minutes * minute).toISOString();

describe('one call, by its correlation id', () => {
  it('is what the list shows of it, for its account and for the operator', async () => {
    const { results } = await latchkey.manage('GET', `${log}?limit=500`);
    expect(results.length).toBeGreaterThan(9);
    for (const row of results)
      for (const path of [log, '/v1/request-log'])
        expect(await latchkey.manage('GET', `${path}/${row.id}`)).toEqual(row);
  });

  it.each(['call_00000000000000000000000', 'call_x', 'nothing', 'counts%2F'])(
    '404: %s',
    async (id) => {
      for (const path of [log, '/v1/request-log']) {
        const { status, json } = await latchkey.ask('GET', `${path}/${id}`, {
          secret: latchkey.operatorKey,
        });
        expect([status, json.reason]).toEqual([404, 'OBJECT_NOT_FOUND']);
      }
    },
  );
});

describe('the filters of GET …/request-log', () => {
  it.each<[query: () => string, expected: string]>([
    [() => '', 'a11 a9 a8 a7 a6 a5 a4 a3 a2 a1 a0'],
    [() => `&keyId=${reader.id}`, 'a11 a3 a2 a1 a0'],
    [() => `&secretId=${writer.secrets[0].id}`, 'a5 a4'],
    [() => `&secretId=${rotation.replacing.secretId}`, 'a9 a8 a7 a6'],
    [() => '&ip=127.0.0.1', 'a11 a9 a8 a7 a2 a0'],
    [() => '&ip=127.0.0.5', 'a1'],
    [() => '&ip=127.0.0.0/8', 'a11 a9 a8 a7 a2 a1 a0'],
    [() => '&ip=192.0.2.0/24', 'a5 a4'],
    [() => '&ip=192.0.2.0/25', 'a5'],
    [() => '&ip=192.0.2.0/23', 'a6 a5 a4'],
    [() => '&ip=0.0.0.0/0', 'a11 a9 a8 a7 a6 a5 a4 a2 a1 a0'],
    [() => '&ip=2001:db8::7', 'a3'],
    [() => '&ip=2001:DB8:0::/32', 'a3'],
    [() => '&ip=::/0', 'a3'],
    [() => '&ip=10.0.0.1', ''],
    [() => '&method=POST', 'a4 a2'],
    [() => '&method=DELETE', 'a5'],
    [() => '&status=200', 'a11 a9 a8 a6 a5 a4 a0'],
    [() => '&status=403', 'a3 a2'],
    [() => '&status=404', 'a7 a1'],
    [() => '&decision=denied', 'a7 a3 a2'],
    [() => '&decision=allowed', 'a11 a9 a8 a6 a5 a4 a1 a0'],
    [() => '&reason=SCOPE_MISSING', 'a3 a2'],
    [() => '&reason=ROUTE_UNKNOWN', 'a7'],
    [() => '&reason=NOT_A_REASON', ''],
    [() => '&door=gateway', 'a11 a7 a6 a5 a4 a3 a2 a1 a0'],
    [() => '&door=self', 'a8'],
    [() => '&door=management', 'a9'],
    [() => '&door=verify', ''],
    [() => '&by=callers', 'a11 a9 a8 a7 a6 a5 a4 a3 a2 a1 a0'],
    [() => '&by=people', ''],
    [() => '&path=/crm/contacts', 'a11 a6 a5 a4 a2 a1 a0'],
    [() => '&path=/crm/contacts/', 'a6 a5 a1'],
    [() => `&path=${encodeURIComponent('/contacts/{id}')}`, 'a6 a5 a1'],
    [() => '&path=/CRM', ''],
    [() => '&path=%25', ''],
    [() => '&q=orders', 'a3'],
    [() => '&q=READS', 'a0'],
    [() => '&q=%25_off', 'a11'],
    [() => '&q=w%25e', ''],
    [() => '&q=nowhere_at', 'a7'],
    [() => `&q=${encodeURIComponent("' OR '1'='1")}`, ''],
    [() => `&from=${iso(3)}&to=${iso(6)}`, 'a5 a4 a3'],
    [() => `&from=${iso(9)}&to=${iso(59)}`, 'a11 a9'],
    [() => `&to=${iso(1)}`, 'a0'],
    [() => `&to=${iso(0)}`, ''],
    [() => `&from=${encodeURIComponent('2030-01-01T01:11:00+01:00')}&to=${iso(30)}`, 'a11'],
    [() => '&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z&method=DELETE', 'a5'],
  ])('%s', async (query, expected) => {
    expect((await found(query())).join(' ')).toBe(expected);
  });

  it.each<[query: () => string, expected: string]>([
    [() => `&keyId=${reader.id}&status=403&method=POST`, 'a2'],
    [() => `&keyId=${writer.id}&ip=192.0.2.0/23&decision=allowed&door=gateway`, 'a6 a5 a4'],
    [() => `&keyId=${writer.id}&ip=192.0.2.0/23&decision=denied`, ''],
    [() => `&ip=192.0.2.0/24&from=${iso(5)}&to=${iso(30)}`, 'a5'],
    [() => `&secretId=${rotation.replacing.secretId}&keyId=${reader.id}`, ''],
    [() => `&q=contacts&status=404&ip=127.0.0.5&path=/crm&reason=SCOPE_MISSING`, ''],
  ])('combined: every one has to match (%#)', async (query, expected) => {
    expect((await found(query())).join(' ')).toBe(expected);
  });

  it('by: what somebody did who was signed in, or all else', async () => {
    const { session, memberId } = await addMember(latchkey, crm.accountId, 'auditor');
    expect((await latchkey.ask('GET', `${log}?limit=1`, { session })).status).toBe(200);
    now += minute;
    const rowsBy = async (by: string) => {
      const range = `from=${iso(60)}&to=${iso(61)}&limit=500`;
      const { results } = await latchkey.manage('GET', `/v1/request-log?${range}${by}`);
      return results as CallRow[];
    };
    const [all, people, callers] = [
      await rowsBy(''),
      await rowsBy('&by=people'),
      await rowsBy('&by=callers'),
    ];
    expect(people.map(({ actor }) => actor)).toContain(memberId);
    expect(people.every(({ credential }) => credential === 'session')).toBe(true);
    expect(callers.length).toBeGreaterThan(0);
    expect(callers.some(({ credential }) => credential === 'session')).toBe(false);
    expect(people.length + callers.length).toBe(all.length);
  });

  it('the operator’s view has every account’s calls, and those of nobody', async () => {
    expect((await found('', '/v1/request-log')).join(' ')).toBe(
      'a11 a10 a9 a8 a7 a6 a5 a4 a3 a2 a1 a0',
    );
    expect(await found('&reason=KEY_UNKNOWN', '/v1/request-log')).toEqual(['a10']);
    expect(await found('&reason=KEY_UNKNOWN')).toEqual([]);
  });

  it.each<[query: string, field: string]>([
    ['ip=10.0.0.256', 'ip'],
    ['ip=010.0.0.1', 'ip'],
    ['ip=10.0.0.1/8', 'ip'],
    ['ip=10.0.0.0/33', 'ip'],
    ['ip=::ffff:10.0.0.1', 'ip'],
    ['ip=', 'ip'],
    ['status=ok', 'status'],
    ['status=99', 'status'],
    ['status=600', 'status'],
    ['status=2e2', 'status'],
    ['decision=maybe', 'decision'],
    ['door=back', 'door'],
    ['by=key', 'by'],
    ['from=yesterday', 'from'],
    ['from=2030-01-01', 'from'],
    ['to=2030-02-30T00:00:00Z', 'to'],
    ['q=a%00', 'q'],
    ['q=', 'q'],
    ['keyId=a&keyId=b', 'keyId'],
    ['accountId=acc_1', 'accountId'],
    ['position=1', 'position'],
  ])('400: %s', async (query, field) => {
    for (const path of [log, '/v1/request-log']) {
      await expectInvalid(latchkey, 'GET', `${path}?${query}`, undefined, [field], 'query');
    }
  });
});

describe('the pages of GET …/request-log', () => {
  it('newest first, each row once, while calls arrive', async () => {
    const whole = await found(`&to=${iso(30)}`);
    const seen: string[] = [];
    let after = '';
    do {
      // Now is later than any call that is asked for, but these are not kept out by time.
      await latchkey.call('GET', '/crm/contacts', { secret: reader.secret });
      const page = await latchkey.manage('GET', `${log}?limit=2&keyId=${reader.id}${after}`);
      seen.push(...page.results.map((row: CallRow) => row['id']));
      after = page.paging.next === undefined ? '' : `&after=${page.paging.next.after}`;
    } while (after !== '');
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted().toReversed());
    const rows = await latchkey.manage('GET', `${log}?limit=500&keyId=${reader.id}&to=${iso(30)}`);
    expect(seen.slice(-5)).toEqual(rows.results.map((row: CallRow) => row['id']));
    expect(whole).toHaveLength(11);
  });

  it('limit, combined with filters, is a limit of what is shown', async () => {
    const page = await latchkey.manage('GET', `${log}?limit=1&status=404&to=${iso(30)}`);
    expect(page.results).toHaveLength(1);
    const next = await latchkey.manage(
      'GET',
      `${log}?limit=1&status=404&to=${iso(30)}&after=${page.paging.next.after}`,
    );
    expect([next.results[0].userAgent, next.paging]).toEqual(['a1', {}]);
  });
});

it('a row says who, what, decided how, from where', async () => {
  const { results } = await latchkey.manage('GET', `${log}?keyId=${writer.id}&method=DELETE`);
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({
    id: expect.stringMatching(/^call_[0-9A-Za-z]{23}$/),
    at: iso(5),
    accountId: crm.accountId,
    keyId: writer.id,
    keyName: 'Writer',
    environment: 'production',
    secretId: writer.secrets[0].id,
    secretStart: writer.secrets[0].start,
    secretState: 'retiring',
    rotationId: rotation.id,
    credential: 'bearer',
    door: 'gateway',
    serviceId: crm.serviceId,
    method: 'DELETE',
    path: '/crm/contacts/7',
    query: null,
    route: '/contacts/{id}',
    requiredScopes: ['contacts.write'],
    usedScopes: ['contacts.write'],
    missingScopes: [],
    decision: 'allowed',
    reason: null,
    wouldDeny: null,
    status: 200,
    upstreamStatus: 200,
    callerIp: '192.0.2.7',
    peerIp: '127.0.0.9',
    forwardedFor: '192.0.2.7',
    userAgent: 'a5',
  });
});
