import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial, expectEnvelope, expectNoSecret } from '../support/denials.js';
import {
  startTestLatchkey,
  type Answer,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const catalogue = ['a', 'a.read', 'a.readwrite', 'A.READ', 'a.*', '*', 'b', 'c', 'd'];

/** One route per line: what opens it. */
const routes: [string, string[][]][] = [
  ['/read', [['a.read']]],
  ['/readwrite', [['a.readwrite']]],
  ['/any', []],
  ['/both', [['a.read', 'b']]],
  ['/either', [['a.read'], ['b']]],
  [
    '/fewest-missing',
    [
      ['a', 'b', 'c'],
      ['a.read', 'd'],
    ],
  ],
  [
    '/smallest',
    [
      ['a', 'b', 'c'],
      ['a', 'd'],
    ],
  ],
  [
    '/first',
    [
      ['c', 'a'],
      ['d', 'a'],
      ['b', 'a'],
    ],
  ],
];

/** Which key opens which route: no answer is 200, else the nearest set and what of it is missing. */
const calls: [string, string[], string, ([string[], string[]] | 'open')][] = [
  ['#29 its own scope opens', ['a.read'], '/read', 'open'],
  ['#29 a.read does not open a.readwrite', ['a.read'], '/readwrite', [['a.readwrite'], ['a.readwrite']]],
  ['#29 a.readwrite does not open a.read', ['a.readwrite'], '/read', [['a.read'], ['a.read']]],
  ['#29 a beginning of the name does not', ['a'], '/read', [['a.read'], ['a.read']]],
  ['#29 another case does not', ['A.READ'], '/read', [['a.read'], ['a.read']]],
  ['#29 nothing is a wildcard', ['a.*', '*'], '/read', [['a.read'], ['a.read']]],
  ['no scope at all, where any key will do', [], '/any', 'open'],
  ['no scope at all, where one is needed', [], '/read', [['a.read'], ['a.read']]],
  ['one of two needed', ['a.read'], '/both', [['a.read', 'b'], ['b']]],
  ['both of two needed', ['b', 'a.read'], '/both', 'open'],
  ['the second set suffices', ['b'], '/either', 'open'],
  ['nearest set: the fewest missing', ['d'], '/fewest-missing', [['a.read', 'd'], ['a.read']]],
  ['nearest set: then the smallest', ['a', 'b'], '/smallest', [['a', 'd'], ['d']]],
  ['nearest set: fewest missing goes before smallest', ['b', 'c'], '/smallest', [['a', 'b', 'c'], ['a']]],
  ['nearest set: then the first declared', ['a'], '/first', [['c', 'a'], ['c']]],
]; // prettier-ignore

describe('scopes', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let rows: NewRows;

  beforeAll(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey();
    crm = await publishCrm(latchkey, upstream.url);
    for (const scope of catalogue)
      await latchkey.manage('PUT', `/v1/scopes/${encodeURIComponent(scope)}`, {});
    await latchkey.manage('PUT', '/v1/services/abc', { upstream: upstream.url, mount: '/abc' });
    const declared = routes.map(([path, scopeSets]) => ({ method: 'GET', path, scopeSets }));
    await latchkey.manage('PUT', '/v1/services/abc/routes', { routes: declared });
    rows = new NewRows(latchkey);
  });

  beforeEach(async () => {
    await rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  function expectScopeMissing(
    answer: Answer,
    required: string[],
    missing: string[],
    made: Json[],
    row: Json,
  ): void {
    const detail = expectDenial(answer, 'SCOPE_MISSING', made, {
      requiredScopes: required,
      missingScopes: missing,
      usedScopes: [],
      ...row,
    });
    expect(detail).toMatchObject({
      in: 'scopes',
      context: { requiredGranularScopes: required, missingScopes: missing },
    });
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="latchkey", error="insufficient_scope", scope="${required.join(' ')}"`,
    );
    for (const scope of missing) expect(answer.json.message).toContain(scope);
  }

  it.each(calls)('%s: %j at %s', async (_name, scopes, path, expected) => {
    const key = await crm.makeKey({ scopes });
    await rows.skip();
    const answer = await latchkey.call('GET', `/abc${path}`, { secret: key.secret });
    const made = await rows.take(1);
    const row = {
      door: 'gateway',
      keyId: key.id,
      method: 'GET',
      path: `/abc${path}`,
      route: path,
      callerIp: '127.0.0.1',
    };
    if (expected === 'open') {
      expect([answer.status, made.length]).toEqual([200, 1]);
      expect(made[0]).toMatchObject({ ...row, missingScopes: [], decision: 'allowed' });
      expect(scopes).toEqual(expect.arrayContaining(made[0]?.['usedScopes']));
    } else {
      expectScopeMissing(answer, ...expected, made, row);
      expectNoSecret([key.secret], answer, made);
      expect(upstream.calls).toEqual([]);
    }
  });

  it('management routes need their management scope: any other key is told which', async () => {
    const key = await crm.makeKey({ scopes: ['latchkey.keys.read', 'a.read'] });
    await rows.skip();
    for (const [method, path, scope] of [
      ['GET', '/v1/accounts', 'latchkey.accounts.read'],
      ['GET', `/v1/accounts/${crm.accountId}/request-log`, 'latchkey.request_log.read'],
      ['POST', `/v1/accounts/${crm.accountId}/keys`, 'latchkey.keys.write'],
      ['PUT', '/v1/scopes/z', 'latchkey.scopes.write'],
    ] as const) {
      const answer = await latchkey.ask(method, path, {
        secret: key.secret,
        ...(method !== 'GET' && { body: {} }),
      });
      expectScopeMissing(answer, [scope], [scope], await rows.take(1), {
        door: 'management',
        keyId: key.id,
        path,
      });
    }
    expect(
      (await latchkey.ask('GET', `/v1/accounts/${crm.accountId}/keys`, { secret: key.secret }))
        .status,
    ).toBe(200);
  });

  it("a grant of the operator's scopes counts in the operator's account alone", async () => {
    const body = { name: 'k', scopes: ['latchkey.accounts.write'] };
    const answer = await latchkey.ask('POST', `/v1/accounts/${crm.accountId}/keys`, {
      secret: latchkey.operatorKey,
      body,
    });
    expect(answer.status).toBe(403);
    expectEnvelope(answer, { reason: 'SCOPE_NOT_GRANTABLE', category: 'FORBIDDEN' });
  });

  const refused: [string, Json, string][] = [
    ['twice the same', ['a.read', 'a.read'], 'VALIDATION_FAILED'],
    ['an empty name', [''], 'VALIDATION_FAILED'],
    ['a space', ['a.read b'], 'VALIDATION_FAILED'],
    ['a quote', ['a"read'], 'VALIDATION_FAILED'],
    ['one that is not in the catalogue', ['a.read', 'a.reed'], 'VALIDATION_FAILED'],
    ['another case of a known one', ['B'], 'VALIDATION_FAILED'],
    ['a known one with a newline', ['a.read\n'], 'VALIDATION_FAILED'],
    ['__proto__', ['__proto__'], 'VALIDATION_FAILED'],
    ['no text', [7], 'VALIDATION_FAILED'],
    ['null', [null], 'VALIDATION_FAILED'],
    ['no list', 'a.read', 'VALIDATION_FAILED'],
    ['an object', { 0: 'a.read' }, 'VALIDATION_FAILED'],
    ['nothing', null, 'VALIDATION_FAILED'],
  ];

  it.each(['scopes', 'grantableScopes'])(
    '#30 %s: duplicate, empty, unknown or unreadable ones are refused, and nothing is made',
    async (field) => {
      const keys = `/v1/accounts/${crm.accountId}/keys`;
      const key = await crm.makeKey();
      const before = await latchkey.manage('GET', keys);
      for (const [name, value, reason] of refused) {
        const create = await latchkey.ask('POST', keys, {
          secret: latchkey.operatorKey,
          body: { name: 'k', scopes: [], [field]: value },
        });
        expect([name, create.status]).toEqual([name, 400]);
        const detail = expectEnvelope(create, { reason, category: 'VALIDATION_ERROR' });
        expect([name, detail.in, detail.context.field]).toEqual([name, 'body', field]);
        const change = await latchkey.ask('PATCH', `${keys}/${key.id}`, {
          secret: latchkey.operatorKey,
          body: { [field]: value },
        });
        expect([name, change.status]).toEqual([name, 400]);
      }
      expect(await latchkey.manage('GET', keys)).toEqual(before);
    },
  );

  it('#30 scopes must be given: a key without any is asked for by an empty list', async () => {
    const keys = `/v1/accounts/${crm.accountId}/keys`;
    const create = await latchkey.ask('POST', keys, {
      secret: latchkey.operatorKey,
      body: { name: 'k' },
    });
    expect(create.status).toBe(400);
    expectEnvelope(create, { reason: 'VALIDATION_FAILED', category: 'VALIDATION_ERROR' });
  });

  it.each([
    ['/abc/unknown'],
    ['/abc/READ'],
    ['/abc/read/'],
    ['/abc/read/more'],
    ['/abc'],
    ['/abcread'],
    ['/nothing'],
  ])('#32 %s is declared nowhere: 404, whatever the key holds', async (path) => {
    const key = await crm.makeKey({ scopes: catalogue });
    await rows.skip();
    const answer = await latchkey.call('GET', path, { secret: key.secret });
    expectDenial(answer, 'ROUTE_UNKNOWN', await rows.take(1), { keyId: key.id, path, route: null });
    expect(upstream.calls).toEqual([]);
  });

  it('a service that is not open to all is there for nobody without a binding', async () => {
    await latchkey.manage('PUT', '/v1/services/closed', {
      upstream: upstream.url,
      mount: '/closed',
      open: false,
    });
    const declared = [{ method: 'GET', path: '/x', scopeSets: [] }];
    await latchkey.manage('PUT', '/v1/services/closed/routes', { routes: declared });
    const key = await crm.makeKey();
    await rows.skip();
    for (const path of ['/closed/x', '/closed/unknown']) {
      const answer = await latchkey.call('GET', path, { secret: key.secret });
      expectDenial(answer, 'SERVICE_NOT_AVAILABLE', await rows.take(1), { keyId: key.id, path });
    }
    expect(upstream.calls).toEqual([]);
  });
});
