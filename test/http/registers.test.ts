import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import type { NewCall } from '../../src/core/ports.js';
import {
  startTestLatchkey,
  type Answer,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { NewEvents } from '../support/new-events.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { askForGzip, putCalls } from '../support/reads-of-log.js';
import { slowReads } from '../support/slow-reads.js';
import { CallsKeptStore } from '../../src/store/calls-kept.store.js';
import { describeOnEachDatabase } from '../support/store.js';
import { until } from '../support/until.js';

const hostile = `<img src=x onerror="alert('1')">&lt;script>\u05d0\u05d1 𝒳 "quoted", =1+1`;
const formula = '=HYPERLINK("http://x")';
const scopes = ['latchkey.request_log.read', 'latchkey.keys.read'];
/** A whole minute that lies behind every test, and after the accounts of none. */
const noon = Date.UTC(2026, 0, 15, 12);

const iso = (time: number): string => new Date(time).toISOString();

/** What plain code makes of calls: how many, how many denied, the first and the last. */
function sumOf(calls: readonly Partial<NewCall>[]) {
  const times = calls.map(({ at }) => at as number);
  return {
    calls: calls.length,
    deniedCalls: calls.filter(({ decision }) => decision === 'denied').length,
    firstCallAt: times.length === 0 ? null : iso(Math.min(...times)),
    lastCallAt: times.length === 0 ? null : iso(Math.max(...times)),
  };
}

describeOnEachDatabase('registers', (kind) => {
  let nodes: Nodes;
  let latchkey: TestLatchkey;

  interface Tenant {
    readonly id: string;
    readonly keys: string;
    readonly auditor: Json;
    readonly at: string;
  }
  let ours: Tenant;
  let theirs: Tenant;
  let events: NewEvents;

  const openTenant = async (name = 'Rolling Donut Ltd'): Promise<Tenant> => {
    const { id } = await latchkey.manage('POST', '/v1/accounts', { name });
    const keys = `/v1/accounts/${id}/keys`;
    const auditor = await latchkey.manage('POST', keys, { name: 'Auditor', scopes });
    await latchkey.call('GET', '/latchkey/v1/self', { secret: auditor.secret });
    return { id, keys, auditor, at: `/v1/accounts/${id}/registers` };
  };

  beforeAll(async () => {
    nodes = await startNodes(kind);
    latchkey = nodes.one;
    const described = { sensitive: true, dataCategories: ['contact data', 'free text'] };
    await latchkey.manage('PUT', '/v1/scopes/contacts.read', described);
    await latchkey.manage('PUT', '/v1/scopes/contacts.write', {
      dataCategories: ['contact data'],
    });
    await latchkey.manage('PUT', '/v1/scopes/orders.read', { dataCategories: [formula] });
    await latchkey.manage('PUT', '/v1/services/crm', {
      upstream: 'http://sealed-upstream.invalid',
      mount: '/crm',
    });
  });

  afterAll(() => nodes?.remove());

  beforeEach(async () => {
    [ours, theirs] = [await openTenant(), await openTenant('Theirs')];
    events = new NewEvents(latchkey, ours.id);
    await events.skip();
  });

  const makeKey = (tenant: Tenant, settings: Json): Promise<Json> =>
    latchkey.manage('POST', tenant.keys, { name: 'Vendor', scopes: [], ...settings });

  const put = (tenant: Tenant, calls: readonly Partial<NewCall>[]): Promise<string[]> =>
    putCalls(
      latchkey,
      calls.map((call) => ({ accountId: tenant.id, reason: null, ...call })),
    );

  const ask = (path: string, tenant = ours): Promise<Answer> =>
    latchkey.ask('GET', `${tenant.at}/${path}`, { secret: tenant.auditor.secret });

  const period = (from: number, to: number): string => `from=${iso(from)}&to=${iso(to)}`;

  const csvOf = (text: string): Json[] => {
    const [names = [], ...rows] = parse(text, { record_delimiter: '\r\n' }) as string[][];
    return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
  };

  const without = (row: Json, ...names: string[]): Json =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));

  describe('of access', () => {
    const keysOf = async (query: string): Promise<Json[]> => {
      const answer = await ask(`access?${query}`);
      expect(answer.status).toBe(200);
      return answer.json.keys;
    };

    it('says of each key whom it serves, what it may, and what it did: to the call', async () => {
      const key = await makeKey(ours, {
        ...{ name: 'Mail merge', purpose: 'Newsletter', recipient: 'Mail merge GmbH, Berlin' },
        ...{ description: 'Since 2024', contactEmail: 'dpo@example.com', environment: 'staging' },
        scopes: ['contacts.read', 'contacts.write'],
        grantableScopes: ['orders.read'],
        ipAllowlist: { mode: 'report', entries: [{ cidr: '198.51.100.0/24', note: 'Office' }] },
      });
      const calls: Partial<NewCall>[] = Array.from({ length: 120 }, (_, i) => ({
        at: noon + i * 1_000,
        keyId: key.id,
        callerIp: `198.51.100.${1 + (i % 3)}`,
        serviceId: 'svc_gone',
        method: i % 2 === 0 ? 'GET' : 'POST',
        route: i % 5 === 0 ? null : '/contacts/{id}',
        ...(i % 4 === 0
          ? { decision: 'denied', reason: 'SCOPE_MISSING', usedScopes: [] }
          : { decision: 'allowed', usedScopes: i % 2 === 0 ? ['contacts.read'] : ['contacts.read', 'gone.read'] }),
      })); // prettier-ignore
      await put(ours, calls);
      await put(theirs, calls);
      const [entry, ...others] = await keysOf(period(noon, noon + 120_000));
      expect(others).toEqual([]);
      const by = (matches: (call: Partial<NewCall>) => boolean) => sumOf(calls.filter(matches));
      const used = (scope: string) => by(({ usedScopes }) => usedScopes?.includes(scope) === true);
      const contacts = { sensitive: true, dataCategories: ['contact data', 'free text'] };
      expect(entry).toEqual({
        ...{ keyId: key.id, name: 'Mail merge', description: 'Since 2024' },
        ...{ purpose: 'Newsletter', recipient: 'Mail merge GmbH, Berlin' },
        ...{ contactEmail: 'dpo@example.com', environment: 'staging', state: 'active' },
        ...{ createdAt: key.createdAt, expiresAt: null, grantableScopes: ['orders.read'] },
        ipAllowlist: { mode: 'report', entries: [{ cidr: '198.51.100.0/24', note: 'Office' }] },
        ...sumOf(calls),
        grantedDataCategories: ['contact data', 'free text'],
        usedDataCategories: ['contact data', 'free text'].map((name) => ({
          ...{ name, scopes: ['contacts.read'], ...used('contacts.read') },
        })),
        scopes: [
          {
            ...{ scope: 'contacts.read', inCatalogue: true, description: '', granted: true },
            ...{ ...contacts, ...used('contacts.read') },
          },
          {
            ...{ scope: 'contacts.write', inCatalogue: true, description: '', granted: true },
            ...{ sensitive: false, dataCategories: ['contact data'], ...sumOf([]) },
          },
          {
            ...{ scope: 'gone.read', inCatalogue: false, description: null, granted: false },
            ...{ sensitive: false, dataCategories: [], ...used('gone.read') },
          },
        ],
        routes: expect.arrayContaining(
          ['GET', 'POST'].flatMap((method) =>
            [null, '/contacts/{id}'].map((route) => ({
              ...{ serviceId: 'svc_gone', serviceName: null, method, route },
              ...by((call) => call.method === method && call.route === route),
            })),
          ),
        ),
        callers: [1, 2, 3].map((last) => ({
          ip: `198.51.100.${last}`,
          ...by(({ callerIp }) => callerIp === `198.51.100.${last}`),
        })),
        denials: [
          {
            reason: 'SCOPE_MISSING',
            ...without(
              by(({ decision }) => decision === 'denied'),
              'deniedCalls',
            ),
          },
        ],
      });
      expect(entry.routes).toHaveLength(4);
    });

    it('holds the call of the first millisecond, and not that of the last', async () => {
      const key = await makeKey(ours, {});
      const times = [noon - 1, noon, noon + 999, noon + 1_000];
      await put(
        ours,
        times.map((at) => ({ at, keyId: key.id })),
      );
      const [entry] = await keysOf(period(noon, noon + 1_000));
      expect(entry).toMatchObject({
        ...{ calls: 2, firstCallAt: iso(noon), lastCallAt: iso(noon + 999) },
      });
    });

    it('without a period: the last 30 days, to now', async () => {
      const { json } = await ask('access');
      expect(Date.parse(json.to) - Date.parse(json.from)).toBe(30 * 86_400_000);
      expect(json.to).toBe(json.madeAt);
      const later = iso(Date.now() + 3_600_000);
      expect((await ask(`access?to=${later}`)).json.to < later).toBe(true);
    });

    it('lists keys without use, revoked ones, and none that were made after it', async () => {
      const revoked = await makeKey(ours, { name: 'Revoked' });
      await latchkey.manage('POST', `${ours.keys}/${revoked.id}/revoke`);
      const keys = await keysOf('');
      expect(keys.map(({ name, state }) => [name, state])).toEqual([
        ['Auditor', 'active'],
        ['Revoked', 'revoked'],
      ]);
      expect(keys[1]).toMatchObject({ ...sumOf([]), scopes: [], routes: [], callers: [] });
      const { json } = await ask(`access?${period(noon, noon + 1)}`);
      expect([json.keys, json.keyCount]).toEqual([[], 0]);
    });

    it('goes through as many keys as there are', async () => {
      for (let i = 0; i < 104; i += 1) await makeKey(ours, { name: `K${i}` });
      const { json } = await ask('access');
      expect([json.keyCount, json.keys.length]).toEqual([105, 105]);
      expect(new Set(json.keys.map(({ keyId }: Json) => keyId)).size).toBe(105);
    });

    it('says since when the log is whole, and warns of a period that begins before', async () => {
      await put(ours, [{ at: noon }]);
      const early = (await ask(`access?${period(noon - 86_400_000 * 9, noon)}`)).json;
      // An account has no calls of before it was opened: of those none can be gone.
      expect([early.completeSince, early.isComplete]).toEqual([
        expect.stringMatching(/T00:00:00\.000Z$/),
        true,
      ]);
      expect(Date.parse(early.completeSince)).toBeLessThanOrEqual(Date.now());
      const ofAll = await latchkey.manage(
        'GET',
        '/v1/registers/incident?from=2020-01-01T00:00:00Z',
      );
      expect([ofAll.completeSince, ofAll.isComplete]).toEqual([early.completeSince, false]);
      const html = await latchkey.ask('GET', '/v1/registers/incident?from=2020-01-01T00:00:00Z&format=html', {
        secret: latchkey.operatorKey,
      }); // prettier-ignore
      expect(html.text).toContain('Of calls before that, some may be gone.');
    });

    it('CSV: the same, record by record, and no cell is a formula', async () => {
      const key = await makeKey(ours, {
        ...{ name: formula, purpose: '@SUM(A1)', recipient: 'a "b", c', scopes: ['orders.read'] },
        ipAllowlist: { mode: 'enforce', entries: [{ cidr: '198.51.100.7', note: '+1' }] },
      });
      const calls: Partial<NewCall>[] = [
        { at: noon, usedScopes: ['orders.read'], method: 'GET', route: '/orders' },
        { at: noon + 1, decision: 'denied', reason: 'IP_NOT_ALLOWED', usedScopes: [] },
      ];
      await put(
        ours,
        calls.map((call) => ({ keyId: key.id, callerIp: '198.51.100.7', ...call })),
      );
      const answer = await ask(`access?format=csv&${period(noon, Date.now() + 1_000)}`);
      expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
      const records = csvOf(answer.text);
      for (const cell of records.flatMap((record) => Object.values(record)))
        expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      const own = records.filter(({ keyId }) => keyId === key.id);
      expect(own.map(({ record, name }) => [record, name])).toEqual([
        ['key', `'${formula}`],
        ['ip_limit', '198.51.100.7'],
        ['scope', 'orders.read'],
        ['category', `'${formula}`],
        ['route', '/orders'],
        ['route', '/contacts/{id}'],
        ['caller', '198.51.100.7'],
        ['denial', 'IP_NOT_ALLOWED'],
      ]);
      expect(own[0]).toMatchObject({
        ...{ purpose: "'@SUM(A1)", recipient: 'a "b", c', calls: '2', deniedCalls: '1' },
        ...{ firstCallAt: iso(noon), lastCallAt: iso(noon + 1), ipMode: 'enforce' },
      });
      expect(own[1]).toMatchObject({ description: "'+1" });
      expect([records[0].record, records.at(-1)]).toMatchObject([
        'register',
        { record: 'end', keyCount: '2' },
      ]);
    });

    it('a page: what comes from outside is text, whatever it looks like', async () => {
      const key = await makeKey(ours, {
        ...{ name: hostile, purpose: hostile, recipient: hostile, description: hostile },
        ipAllowlist: { mode: 'enforce', entries: [{ cidr: '10.0.0.1', note: hostile }] },
      });
      await put(ours, [{ at: Date.now() - 1_000, keyId: key.id, route: hostile, method: '<b>' }]);
      await latchkey.manage('PATCH', `/v1/accounts/${ours.id}`, { name: hostile });
      for (const path of ['access', `incident?keyId=${key.id}`]) {
        const answer = await ask(`${path}${path.includes('?') ? '&' : '?'}format=html`);
        expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
        expect(answer.headers.get('content-security-policy')).toMatch(
          /^default-src 'none'; style-src 'sha256-[^']+'; frame-ancestors 'none'/,
        );
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expect(answer.text).not.toMatch(/<img|<b>|<script/);
        const shown = answer.text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'); // prettier-ignore
        expect(shown).toContain(hostile);
        expect(answer.text).toMatch(/End of the re\w+[^<]*<\/p>\s*<\/body>\s*<\/html>\s*$/);
      }
    });

    it('shows no upstream, and neither account a line of the other', async () => {
      const service = await latchkey.manage('GET', '/v1/services/crm');
      const mine = await makeKey(ours, {});
      const foreign = await makeKey(theirs, { name: 'Foreign vendor' });
      await put(ours, [{ keyId: mine.id, serviceId: service.id, callerIp: '198.51.100.77' }]);
      await put(theirs, [
        { keyId: foreign.id, callerIp: '198.51.100.77' },
        // What no bookkeeping of ours does: a row of theirs that names our key.
        { keyId: mine.id, callerIp: '198.51.100.78' },
      ]);
      for (const format of ['json', 'csv', 'html'])
        for (const path of ['access?', 'incident?ip=198.51.100.0/24&']) {
          const { text } = await ask(`${path}format=${format}`);
          expect(text).toContain('198.51.100.77');
          expect(text).toContain('crm');
          for (const other of [theirs.id, foreign.id, 'Foreign vendor', '198.51.100.78', 'sealed-upstream'])
            expect(text).not.toContain(other);
        } // prettier-ignore
      expect((await ask('incident?ip=198.51.100.0/24')).json.calls).toBe(1);
      const [status, reason] = await latchkey
        .ask('GET', `${ours.at}/access`, { secret: theirs.auditor.secret })
        .then((answer) => [answer.status, answer.json.reason]);
      expect([status, reason]).toEqual([404, 'OBJECT_NOT_FOUND']);
    });
  });

  describe('of an incident', () => {
    it('of an address: first and last call, keys, routes, data and denials, to the call', async () => {
      const [one, two] = [await makeKey(ours, { name: 'One' }), await makeKey(ours, {})];
      const calls: Partial<NewCall>[] = Array.from({ length: 90 }, (_, i) => ({
        at: noon + i * 61_000,
        ...(i % 2 === 0 ? { keyId: one.id, keyName: 'One' } : { keyId: two.id, keyName: 'Two' }),
        callerIp: i % 3 === 0 ? '203.0.113.9' : '203.0.113.10',
        ...{ method: 'GET', route: `/r${i % 4}`, serviceId: null },
        ...(i % 9 === 0
          ? { decision: 'denied', reason: i % 2 === 0 ? 'RATE_LIMITED' : 'KEY_REVOKED', usedScopes: [] }
          : { decision: 'allowed', usedScopes: i % 2 === 0 ? ['contacts.read', 'contacts.write'] : ['orders.read'] }),
      })); // prettier-ignore
      await put(ours, calls);
      await put(theirs, calls);
      const matching = calls.filter(({ callerIp }) => callerIp === '203.0.113.9');
      const by = (matches: (call: Partial<NewCall>) => boolean) => sumOf(matching.filter(matches));
      const { json } = await ask('incident?ip=203.0.113.9');
      expect(json).toMatchObject({
        ...{ accountId: ours.id, keyId: null, ip: '203.0.113.9', from: null, isComplete: true },
        ...sumOf(matching),
        callers: [{ ip: '203.0.113.9', ...sumOf(matching) }],
        keys: expect.arrayContaining([
          { accountId: ours.id, keyId: one.id, keyName: 'One', ...by(({ keyId }) => keyId === one.id) },
          { accountId: ours.id, keyId: two.id, keyName: 'Two', ...by(({ keyId }) => keyId === two.id) },
        ]),
        dataCategories: [
          { name: formula, scopes: ['orders.read'], ...by(({ usedScopes }) => usedScopes?.[0] === 'orders.read') },
          // Two scopes that both open it: a call counts once.
          { name: 'contact data', scopes: ['contacts.read', 'contacts.write'], ...by(({ usedScopes }) => usedScopes?.[0] === 'contacts.read') },
          { name: 'free text', scopes: ['contacts.read'], ...by(({ usedScopes }) => usedScopes?.[0] === 'contacts.read') },
        ],
      }); // prettier-ignore
      for (const reason of ['RATE_LIMITED', 'KEY_REVOKED'])
        expect(json.denials).toContainEqual({
          ...{
            reason,
            ...without(
              by((call) => call.reason === reason),
              'deniedCalls',
            ),
          },
        });
      expect(json.routes.map(({ route }: Json) => route).toSorted()).toEqual(
        ['/r0', '/r1', '/r2', '/r3'].filter((route) =>
          matching.some((call) => call.route === route),
        ),
      );
      const both = await ask(`incident?ip=203.0.113.8/31&keyId=${two.id}`);
      expect(both.json).toMatchObject(by(({ keyId }) => keyId === two.id));
    });

    it('of a key, and of a period to the millisecond', async () => {
      const key = await makeKey(ours, {});
      await put(ours, [
        { at: noon - 1, keyId: key.id },
        { at: noon, keyId: key.id },
        { at: noon + 1, keyId: key.id },
        { at: noon, keyId: ours.auditor.id },
      ]);
      expect((await ask(`incident?keyId=${key.id}`)).json.calls).toBe(3);
      expect((await ask(`incident?${period(noon, noon + 1)}`)).json.calls).toBe(2);
      expect((await ask(`incident?keyId=${key.id}&from=${iso(noon)}`)).json.calls).toBe(2);
      expect((await ask(`incident?keyId=${key.id}&to=${iso(noon)}`)).json).toMatchObject({
        ...{ calls: 1, lastCallAt: iso(noon - 1) },
      });
    });

    it('of nothing that was found', async () => {
      expect((await ask('incident?ip=192.0.2.99')).json).toMatchObject({
        ...{ ...sumOf([]), keys: [], callers: [], routes: [], scopes: [], denials: [] },
        dataCategories: [],
      });
      expect((await ask('incident?ip=192.0.2.99&format=html')).text).toContain('No call matches.');
    });

    it('CSV: a record for each, and a last one that says that it is whole', async () => {
      const key = await makeKey(ours, { name: formula });
      await put(ours, [
        { at: noon, keyId: key.id, keyName: formula, callerIp: '198.51.100.5', usedScopes: ['contacts.read'] },
        { at: noon + 1, keyId: key.id, keyName: formula, callerIp: null, decision: 'denied', reason: 'KEY_REVOKED', route: null },
      ]); // prettier-ignore
      const records = csvOf((await ask(`incident?keyId=${key.id}&format=csv`)).text);
      expect(records.map(({ record, name }) => [record, name])).toEqual([
        ['report', 'Rolling Donut Ltd'],
        ['total', ''],
        ['scope', 'contacts.read'],
        ['key', `'${formula}`],
        ['category', 'contact data'],
        ['category', 'free text'],
        ['route', '/contacts/{id}'],
        ['route', ''],
        ['caller', '198.51.100.5'],
        ['caller', ''],
        ['denial', 'KEY_REVOKED'],
        ['end', ''],
      ]);
    });

    it('of all accounts, to the operator: with the calls that no key was found for', async () => {
      const ip = kind === 'sqlite' ? '198.51.100.201' : '198.51.100.202';
      await put(ours, [{ callerIp: ip }]);
      await put(theirs, [{ callerIp: ip }]);
      await putCalls(latchkey, [
        { accountId: null, keyId: null, callerIp: ip, decision: 'denied', reason: 'KEY_UNKNOWN' },
      ]);
      const answer = await latchkey.manage('GET', `/v1/registers/incident?ip=${ip}`);
      expect(answer).toMatchObject({ accountId: null, calls: 3, deniedCalls: 1 });
      expect(answer.keys.map(({ accountId }: Json) => accountId).toSorted()).toEqual(
        [ours.id, theirs.id, null].toSorted(),
      );
      const refused = await latchkey.ask('GET', `/v1/registers/incident?ip=${ip}`, {
        secret: ours.auditor.secret,
      });
      expect(refused.status).toBe(404);
    });
  });

  describe('the trail', () => {
    it('has each register before it is handed out: who took it, and over what', async () => {
      const key = await makeKey(ours, {});
      await events.skip();
      const access = await ask(`access?format=csv&${period(noon, noon + 1_000)}`);
      const incident = await ask(`incident?keyId=${key.id}&ip=10.0.0.0/8`);
      const actor = { kind: 'key', id: ours.auditor.id, name: 'Auditor' };
      const idOf = ({ headers }: Answer) => headers.get('latchkey-register');
      expect(incident.json.id).toBe(idOf(incident));
      expect(await events.take()).toMatchObject([
        {
          ...{ action: 'register.access_taken', actor, callerIp: '127.0.0.1' },
          target: { type: 'register', id: idOf(access) },
          after: { format: 'csv', from: iso(noon), to: iso(noon + 1_000) },
        },
        {
          ...{ action: 'register.incident_taken', actor },
          target: { type: 'register', id: idOf(incident) },
          after: { format: 'json', keyId: key.id, ip: '10.0.0.0/8', from: null },
        },
      ]);
    });

    it.each([
      ['incident?keyId=key_00000000000000000000', 404, undefined],
      ['incident', 400, 'from'],
      ['incident?format=csv', 400, 'from'],
      ['incident?ip=10.0.0.1/8', 400, 'ip'],
      ['incident?ip=localhost', 400, 'ip'],
      ['access?format=xml', 400, 'format'],
      ['access?from=2027-01-02T00:00:00Z&to=2027-01-01T00:00:00Z', 400, 'from'],
      ['access?from=2999-01-01T00:00:00Z', 400, 'from'],
      ['access?from=2027-02-30T00:00:00Z', 400, 'from'],
      ['access?keyId=key_1', 400, 'keyId'],
      ['access?accountId=acc_1', 400, 'accountId'],
      ["incident?keyId=' OR 1 = 1 --", 404, undefined],
    ])('has nothing of %s, which is refused with %i', async (query, status, field) => {
      const answer = await ask(query.replaceAll(' ', '%20'));
      expect([answer.status, answer.json.errors?.[0]?.context?.field]).toEqual([status, field]);
      expect(await events.take()).toEqual([]);
    });

    it('has nothing of a key of another account, which is not there', async () => {
      const foreign = await makeKey(theirs, {});
      expect((await ask(`incident?keyId=${foreign.id}`)).status).toBe(404);
      expect(await events.take()).toEqual([]);
    });

    it('has nothing of a HEAD, nor of what would keep the caller’s secret', async () => {
      const { secret } = ours.auditor;
      const head = await latchkey.ask('HEAD', `${ours.at}/access?format=html`, { secret });
      expect([head.status, head.headers.get('content-type')]).toEqual([
        ...[200, 'text/html; charset=utf-8'],
      ]);
      expect((await ask(`incident?keyId=${secret}`)).status).toBe(400);
      expect(await events.take()).toEqual([]);
    });
  });

  it('takes both scopes to see what keys are set to, and one to see calls', async () => {
    const [reader] = [await makeKey(ours, { scopes: ['latchkey.request_log.read'] })];
    const status = async (path: string) =>
      (await latchkey.ask('GET', `${ours.at}/${path}`, { secret: reader.secret })).status;
    expect([await status('access'), await status('incident?ip=10.0.0.1')]).toEqual([403, 200]);
  });

  it('gzip where it is asked for', async () => {
    const key = await makeKey(ours, {});
    const path = `${ours.at}/incident?keyId=${key.id}`;
    const { headers, text } = await askForGzip(latchkey.managementUrl, path, ours.auditor.secret);
    expect([headers['content-encoding'], JSON.parse(text).calls]).toEqual(['gzip', 0]);
  });

  it('breaks off when the key that takes it is revoked, and is not taken for whole', async () => {
    for (let i = 0; i < 102; i += 1) await makeKey(ours, {});
    await events.skip();
    const end = slowReads(latchkey, () => 150);
    try {
      const taken = ask('access').then(
        ({ text }) => text,
        () => null,
      );
      await until('it is on record', async () => (await events.take()).length > 0);
      await latchkey.manage('POST', `${ours.keys}/${ours.auditor.id}/revoke`);
      expect(await taken).toBeNull();
    } finally {
      end();
    }
  });

  it('two at once for an account, and 429 for a third, which leaves no trace', async () => {
    const end = slowReads(latchkey, () => 200);
    try {
      const three = await Promise.all([ask('access'), ask('access'), ask('access')]);
      expect(three.map(({ status }) => status).toSorted()).toEqual([200, 200, 429]);
      const refused = three.find(({ status }) => status === 429);
      expect(refused?.json.reason).toBe('TOO_MANY_STREAMS');
      expect(await events.take()).toHaveLength(2);
    } finally {
      end();
    }
    expect((await ask('access')).status).toBe(200);
  });
});

it('a period from which days were taken out of the log is said not to be whole', async () => {
  const day = 86_400_000;
  let now = Date.UTC(2027, 2, 1, 12);
  const latchkey = await startTestLatchkey({}, { wallClock: () => now });
  try {
    const { id } = await latchkey.manage<Json>('POST', '/v1/accounts', {
      name: 'Rolling Donut Ltd',
    });
    const { secret } = await latchkey.manage<Json>('POST', `/v1/accounts/${id}/keys`, {
      ...{ name: 'Vendor', scopes: [] },
    });
    const call = async () => {
      const { status } = await latchkey.call('GET', '/latchkey/v1/self', { secret });
      expect(status).toBe(200);
    };
    const at = `/v1/accounts/${id}/registers/incident`;
    await call();
    now += 5 * day;
    await call();
    // What comes in the very millisecond in which a report is made is in none.
    now += 1;
    const whole = await latchkey.manage<Json>('GET', `${at}?from=${iso(now - 6 * day)}`);
    expect(whole).toMatchObject({ calls: 2, isComplete: true, from: iso(now - 6 * day) });
    const today = now - (now % day);
    await latchkey.app.get(CallsKeptStore).noteRemoval('everybody', today);
    const since = new Date(now).toISOString().slice(0, 10);
    for (const query of ['', `&from=${iso(now - 5 * day)}`, `&from=${iso(now - day)}`]) {
      const cut = await latchkey.manage<Json>('GET', `${at}?ip=127.0.0.1${query}`);
      expect(cut).toMatchObject({ isComplete: false, completeSince: `${since}T00:00:00.000Z` });
    }
    const options = { secret: latchkey.operatorKey };
    const page = await latchkey.ask('GET', `${at}?ip=127.0.0.1&format=html`, options);
    expect(page.text).toContain('Of calls before that, some may be gone.');
    now += 1;
    const later = await latchkey.manage<Json>('GET', `${at}?from=${since}T00:00:00Z&ip=127.0.0.1`);
    expect(later.isComplete).toBe(true);
  } finally {
    await latchkey.remove();
  }
});
