import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import { expectDenied, startManagement, type Management } from '../support/management.js';
import { fillIn, operatorScopes, tenantScopes } from '../support/operations.js';
import { sendRaw } from '../support/raw-http.js';

let latchkey: Management;
let ids: Record<string, string>;

beforeAll(async () => {
  latchkey = await startManagement();
  const account = await latchkey.openAccount();
  const key = await latchkey.makeKey(account.id);
  ids = { accountId: account.id, keyId: key.id };
});

afterAll(() => latchkey.remove());

/** Every operation there is: what is added to the API is held to this without being named here. */
const eachOperation = async (
  check: (operation: {
    method: string;
    path: string;
    template: string;
    scopes: readonly string[];
  }) => Promise<void>,
): Promise<void> => {
  const { operations } = latchkey.description;
  expect(operations.length).toBeGreaterThan(30);
  for (const { method, template, requiredScopes } of operations) {
    await check({ method, template, path: fillIn(template, ids), scopes: requiredScopes });
  }
};

describe('every operation of the management API', () => {
  it('#1 401 CREDENTIALS_MISSING without a key, and one row that names the route', async () => {
    await eachOperation(async ({ method, path, template }) => {
      const route = template.replace(/\{(\w+)\}/g, ':$1');
      await expectDenied(latchkey, { method, path }, 'CREDENTIALS_MISSING', { keyId: null, route });
    });
  });

  it('403 SCOPE_MISSING for a key that holds every management scope but its own', async () => {
    const all = [...tenantScopes, ...operatorScopes];
    const keyWithout = new Map<string, Json>();
    for (const scope of all) {
      const scopes = all.filter((other) => other !== scope);
      const key = await latchkey.makeKey(latchkey.operatorAccountId, { scopes });
      keyWithout.set(scope, key);
    }
    await eachOperation(async ({ method, path, scopes }) => {
      expect(scopes).toHaveLength(1);
      const key = keyWithout.get(scopes[0] as string);
      const detail = await expectDenied(
        latchkey,
        { method, path, secret: key.secret },
        'SCOPE_MISSING',
        { keyId: key.id, requiredScopes: scopes, missingScopes: scopes },
      );
      expect(detail.context).toEqual({ requiredGranularScopes: scopes, missingScopes: scopes });
    });
  });

  it('400 for a query parameter that is unknown, and none for hapikey', async () => {
    await eachOperation(async ({ method, path }) => {
      const query = `?nope=1&hapikey=${latchkey.operatorKey}`;
      const body = method === 'GET' ? undefined : {};
      const answer = await latchkey.ask(method, path + query, { body });
      expect([method, path, answer.status, answer.json.reason]).toEqual([
        method,
        path,
        400,
        'VALIDATION_FAILED',
      ]);
      const fields = answer.json.errors.map((detail: Json) => [detail.in, detail.context.field]);
      expect(fields).toEqual([['query', 'nope']]);
    });
  });

  it('says which scopes it needs, and none is open to everybody', async () => {
    await eachOperation(async ({ scopes }) => {
      expect([...tenantScopes, ...operatorScopes]).toEqual(expect.arrayContaining([...scopes]));
    });
  });
});

describe('the ways to carry a management key', () => {
  it.each<
    [kind: string, send: (secret: string) => { path: string; headers?: Record<string, string> }]
  >([
    ['hapikey', (secret) => ({ path: `?hapikey=${secret}` })],
    ['hapikey', (secret) => ({ path: `?limit=5&hap%69key=${secret}` })],
    ['bearer', (secret) => ({ path: '', headers: { authorization: `bearer  ${secret}` } })],
    ['access_token', (secret) => ({ path: '', headers: { 'x-access-token': secret } })],
  ])('%s', async (credential, send) => {
    const { path, headers } = send(latchkey.operatorKey);
    await latchkey.newRows.skip();
    const answer = await latchkey.ask('GET', `/v1/accounts${path}`, {
      ...(headers && { headers }),
    });
    expect(answer.status).toBe(200);
    const [row] = await latchkey.newRows.take(1);
    expect(row).toMatchObject({
      id: answer.headers.get('x-correlation-id'),
      credential,
      door: 'management',
      route: '/v1/accounts',
      status: 200,
    });
    expect(JSON.stringify(row)).not.toContain(latchkey.operatorKey);
  });

  it('#5 two at once → 400, under the key whose secrets they are', async () => {
    await expectDenied(
      latchkey,
      {
        method: 'GET',
        path: `/v1/accounts?hapikey=${latchkey.operatorKey}`,
        secret: latchkey.operatorKey,
      },
      'CREDENTIALS_MALFORMED',
      { keyId: latchkey.operatorKeyId, query: 'hapikey=***' },
    );
  });

  it('an account without hapikey → 403', async () => {
    const account = await latchkey.openAccount({ allowHapikey: false });
    const key = await latchkey.makeKey(account.id, { scopes: ['latchkey.keys.read'] });
    const path = `/v1/accounts/${account.id}/keys`;
    await expectDenied(
      latchkey,
      { method: 'GET', path: `${path}?hapikey=${key.secret}` },
      'HAPIKEY_NOT_ALLOWED',
      { keyId: key.id, route: '/v1/accounts/:accountId/keys' },
    );
    expect((await latchkey.ask('GET', path, { secret: key.secret })).status).toBe(200);
  });
});

describe('what leads nowhere', () => {
  it.each<[what: string, method: string, path: string, reason: string]>([
    ['an unknown path', 'GET', '/v1/nope', 'ROUTE_UNKNOWN'],
    ['the root', 'GET', '/', 'ROUTE_UNKNOWN'],
    ['a final slash', 'GET', '/v1/accounts/', 'ROUTE_UNKNOWN'],
    ['another method', 'DELETE', '/v1/accounts', 'METHOD_NOT_ALLOWED'],
    ['another method below an id', 'PUT', '/v1/accounts/acc_1', 'METHOD_NOT_ALLOWED'],
    ['a part longer than any name', 'GET', `/v1/accounts/${'x'.repeat(400)}`, 'ROUTE_UNKNOWN'],
    ['a bad escape', 'GET', '/v1/accounts/%zz', 'PATH_INVALID'],
    ['bytes that are no UTF-8', 'GET', '/v1/accounts/%ff', 'PATH_INVALID'],
  ])('%s: as the operator, and without a key', async (_what, method, path, reason) => {
    const { operatorKey: secret, operatorKeyId: keyId } = latchkey;
    await expectDenied(latchkey, { method, path, secret }, reason, { keyId });
    const unknownToAll = reason === 'PATH_INVALID' ? reason : 'CREDENTIALS_MISSING';
    await expectDenied(latchkey, { method, path }, unknownToAll, { keyId: null });
  });

  it('405 says which methods the path takes', async () => {
    const secret = latchkey.operatorKey;
    const answer = await latchkey.ask('DELETE', '/v1/accounts', { secret });
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it.each([
    ['dot segments', '/v1/accounts/../scopes'],
    ['an empty segment', '/v1//accounts'],
    ['an encoded dot segment', '/v1/accounts/%2e%2e'],
    ['a fragment', '/v1/accounts#x'],
  ])('#85 %s → 400 PATH_INVALID, with the operator key', async (_what, target) => {
    const headers = [['Authorization', `Bearer ${latchkey.operatorKey}`]] as const;
    const answer = await sendRaw(latchkey.managementUrl, { target, headers });
    expect([answer.status, answer.json.reason]).toEqual([400, 'PATH_INVALID']);
  });

  it('HEAD is answered as GET, without a body', async () => {
    const path = `/v1/accounts/${ids['accountId']}`;
    const secret = latchkey.operatorKey;
    const [got, head] = [
      await sendRaw(latchkey.managementUrl, { target: `${path}?hapikey=${secret}` }),
      await sendRaw(latchkey.managementUrl, {
        method: 'HEAD',
        target: `${path}?hapikey=${secret}`,
      }),
    ];
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers.get('content-length')).toBe(got.headers.get('content-length'));
    const refused = await sendRaw(latchkey.managementUrl, { method: 'HEAD', target: path });
    expect([refused.status, refused.text]).toEqual([401, '']);
  });
});
