import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import { mainTables } from '../support/main-tables.js';
import {
  expectDenied,
  expectInvalid,
  expectRefused,
  startManagement,
  type Management,
} from '../support/management.js';
import { sendRaw } from '../support/raw-http.js';
import {
  operationsOfKeys as operations,
  requestFor,
  sampleOf,
} from '../support/sample-requests.js';
import { fillIn, openTenant, type Tenant } from '../support/tenants.js';

let latchkey: Management;
let tenant: Tenant;

beforeAll(async () => {
  latchkey = await startManagement();
  tenant = await openTenant(latchkey);
});

afterAll(() => latchkey.remove());

describe('every operation of the management API', () => {
  it('400 for a query parameter that is unknown, and none for hapikey', async () => {
    for (const { method, template } of operations) {
      const path = fillIn(template, tenant);
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
    }
  });
});

describe('#67 what no body has', () => {
  // An import takes a document whole, whatever is in it.
  const taking = operations.filter(
    ({ method, template }) => method !== 'GET' && !template.endsWith('/openapi'),
  );

  it.each(taking.map((operation) => [`${operation.method} ${operation.template}`, operation] as const))(
    '%s: 400, and nothing is done',
    async (_name, operation) => {
      const { method, path, body } = requestFor(operation, tenant);
      const before = await mainTables(latchkey);
      for (const field of ['accountId', 'role', 'id', 'isOperator', 'revision'])
        await expectInvalid(latchkey, method, path, { ...body as Json, [field]: 'x' }, [field]);
      expect(await mainTables(latchkey)).toEqual(before);
    },
  );
}); // prettier-ignore

describe('#71 a body of another type', () => {
  const withBody = operations.filter((operation) => sampleOf(operation).body !== undefined);

  it.each(withBody.map((operation) => [`${operation.method} ${operation.template}`, operation] as const))(
    '%s → 415, and nothing is done',
    async (_name, operation) => {
      const unsupported = {
        ...{ status: 415, reason: 'UNSUPPORTED_MEDIA_TYPE', category: 'INVALID_REQUEST' },
      };
      const { body, ...request } = requestFor(operation, tenant, latchkey.operatorKey);
      for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'application/json-patch+json']) {
        const headers = { ...request.headers, 'content-type': type };
        const before = await mainTables(latchkey);
        const odd = { ...request, body: JSON.stringify(body), headers };
        await expectRefused(latchkey, odd, unsupported, { keyId: latchkey.operatorKeyId });
        expect(await mainTables(latchkey)).toEqual(before);
      }
    },
  );
}); // prettier-ignore

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
    ['beside the pages of the console', 'GET', '/nothing', 'ROUTE_UNKNOWN'],
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
    const path = `/v1/accounts/${tenant.accountId}`;
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
