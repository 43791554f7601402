import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { openConnection } from '../support/raw-connection.js';
import { sendRaw, type HeaderLine, type RawRequest } from '../support/raw-http.js';

/** Contract §6, copied by hand. */
const members = [
  ...['id', 'at', 'accountId', 'keyId', 'keyName', 'environment', 'secretId', 'secretStart'],
  ...['secretState', 'rotationId', 'credential', 'door', 'actor', 'serviceId', 'method', 'host'],
  ...['path', 'query', 'route', 'requiredScopes', 'usedScopes', 'missingScopes', 'decision'],
  ...['reason', 'wouldDeny', 'status', 'upstreamStatus', 'callerIp', 'peerIp', 'forwardedFor'],
  ...['userAgent', 'clientRequestId', 'durationMs', 'upstreamMs', 'requestBytes', 'responseBytes'],
  ...['nodeId', 'seq'],
];

const hour = 3_600_000;
const start = Date.UTC(2030, 0, 1);
const trustedProxy = '127.0.0.9';

let latchkey: TestLatchkey;
let upstream: HttpServer;
let crm: Crm;
let account: string;
let rows: NewRows;
let now = start;
/** When an upstream has sent its first byte, it waits for this before it sends the rest. */
let rest: Promise<void> = Promise.resolve();

beforeAll(async () => {
  upstream = await startHttpServer((_request, response) => {
    response.writeHead(200, { 'content-length': 8 });
    response.write('half');
    void rest.then(() => response.end('rest'));
  });
  // Without a budget for any others, so that nobody's calls but those with a genuine secret are sure to have rows.
  const environment = { JUNK_ROWS_PER_MINUTE: '0', TRUSTED_PROXIES: trustedProxy };
  latchkey = await startTestLatchkey(environment, { wallClock: () => now });
  crm = await publishCrm(latchkey, upstream.url);
  account = `/v1/accounts/${crm.accountId}`;
  const settings = { upstream: 'http://127.0.0.1:1', mount: '/dead' };
  const routes = [{ method: 'GET', path: '/*', scopeSets: [] }];
  for (const [name, own] of [['dead', {}], ['bound', { open: false }]] as const) {
    await latchkey.manage('PUT', `/v1/services/${name}`, { ...settings, mount: `/${name}`, ...own });
    await latchkey.manage('PUT', `/v1/services/${name}/routes`, { routes });
  }
  rows = new NewRows(latchkey);
}); // prettier-ignore

beforeEach(() => rows.skip());

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

describe('§6 a call', () => {
  it('§6 has exactly the members that the contract names, whatever it was', async () => {
    const { secret } = await crm.makeKey();
    await rows.skip();
    await latchkey.call('GET', '/crm/contacts', { secret });
    await latchkey.call('POST', '/crm/contacts', { secret });
    await latchkey.call('GET', '/latchkey/v1/self', { secret });
    await latchkey.ask('GET', '/v1/accounts', { secret });
    const made = await rows.take(4);
    expect(made.map(({ door, status }) => [door, status])).toEqual([
      ['gateway', 200],
      ['gateway', 403],
      ['self', 200],
      ['management', 403],
    ]);
    for (const row of made) expect(Object.keys(row).sort()).toEqual(members.toSorted());
  });

  it.each(['GET', 'DELETE'])(
    '§6 durationMs of a %s runs to our first byte, and no further',
    async (method) => {
      const scopes = ['contacts.read', 'contacts.write'];
      const { secret } = await crm.makeKey({ scopes });
      await rows.skip();
      let sendRest = (): void => {};
      rest = new Promise((resolve) => (sendRest = resolve));
      const caller = await openConnection(latchkey.accessUrl);
      const beganMs = performance.now();
      const headers = `Host: a\r\nX-Access-Token: ${secret}\r\nConnection: close`;
      await caller.write(`${method} /crm/contacts/7 HTTP/1.1\r\n${headers}\r\n\r\n`);
      await caller.until(/half$/);
      // The caller had it after it was sent, so whatever was measured until then is less than this.
      const firstByteMs = performance.now() - beganMs;
      await new Promise((resolve) => setTimeout(resolve, firstByteMs + 50));
      sendRest();
      await caller.untilClosed();
      const [row] = await rows.takeCompleted(1);
      expect(row).toMatchObject({ method, status: 200, path: '/crm/contacts/7' });
      expect(row?.['durationMs']).toBeGreaterThanOrEqual(row?.['upstreamMs']);
      expect(row?.['upstreamMs']).toBeGreaterThan(0);
      expect(row?.['durationMs']).toBeLessThan(firstByteMs + 1);
    },
  );

  it('§6 path and query are kept to 2 KB, user agent and forwarded-for to 512 bytes, marked when cut', async () => {
    const { secret } = await crm.makeKey();
    await rows.skip();
    const send = (length: number, headerLength: number) =>
      sendRaw(latchkey.accessUrl, {
        target: `/${'p'.repeat(length - 1)}?${'q'.repeat(length)}`,
        headers: [
          ['X-Access-Token', secret],
          ['User-Agent', 'u'.repeat(headerLength)],
          ['X-Forwarded-For', 'f'.repeat(headerLength)],
        ],
      });
    await send(2048, 512);
    await send(2049, 513);
    const [whole, cut] = await rows.take(2);
    const cutTo = (text: string, bytes: number) => `${text.slice(0, bytes - 3)}…`;
    const [path, query] = [`/${'p'.repeat(2047)}`, 'q'.repeat(2048)];
    const [userAgent, forwardedFor] = ['u'.repeat(512), 'f'.repeat(512)];
    expect(whole).toMatchObject({ path, query, userAgent, forwardedFor });
    expect(cut).toMatchObject({
      ...{ path: cutTo(path, 2048), query: cutTo(query, 2048) },
      ...{ userAgent: cutTo(userAgent, 512), forwardedFor: cutTo(forwardedFor, 512) },
    });
  });
});

interface GenuineCall {
  readonly what: string;
  readonly said: string | number;
  readonly settings?: Json;
  /** What becomes of the key before the call. @returns another secret of it to call with */
  readonly before?: (key: Json, at: string) => Promise<string | void>;
  readonly request?: (secret: string) => Partial<RawRequest>;
  readonly target?: string;
  /** At the management listener. */
  readonly manages?: true;
}

const list = { mode: 'enforce', entries: [] };
const act = (rest: string, body?: Json) => async (_key: Json, at: string) =>
  void (await latchkey.manage('POST', at + rest, body));
const beyond = async (): Promise<void> => void (now += hour);
const twice = (secret: string) => ({
  headers: [0, 1].map((): HeaderLine => ['X-Access-Token', secret]),
});
const from =
  (...lines: HeaderLine[]) =>
  (secret: string) => ({
    from: trustedProxy,
    headers: [['X-Access-Token', secret] as const, ...lines],
  });

const genuineCalls: GenuineCall[] = [
  { what: 'one that is let through', said: 200 },
  { what: 'HEAD', said: 200, request: () => ({ method: 'HEAD' }) },
  { what: 'self', said: 200, target: '/latchkey/v1/self' },
  { what: 'a route that needs no scope', said: 200, target: '/crm/ping' },
  { what: 'a scope that is missing', said: 'SCOPE_MISSING', target: '/crm/orders' },
  { what: 'an unknown route', said: 'ROUTE_UNKNOWN', target: '/crm/nowhere' },
  { what: 'nowhere at all', said: 'ROUTE_UNKNOWN', target: '/' },
  { what: 'another method', said: 'METHOD_NOT_ALLOWED', request: () => ({ method: 'PATCH' }) },
  { what: 'an invalid path', said: 'PATH_INVALID', target: '/crm/../contacts' },
  { what: 'a caller that nobody knows', said: 'CALLER_UNDETERMINED', request: from(['X-Forwarded-For', 'wat']) },
  { what: 'its secret twice', said: 'CREDENTIALS_MALFORMED', request: twice },
  { what: 'a service it has no access to', said: 'SERVICE_NOT_AVAILABLE', target: '/bound/a' },
  { what: 'an upstream that is not there', said: 'UPSTREAM_UNREACHABLE', target: '/dead/a' },
  { what: 'a list that does not admit it', said: 'IP_NOT_ALLOWED', settings: { ipAllowlist: list } },
  { what: 'a suspended key', said: 'KEY_SUSPENDED', before: act('/suspend') },
  { what: 'a revoked key', said: 'KEY_REVOKED', before: act('/revoke') },
  { what: 'an expired key', said: 'SECRET_EXPIRED', settings: { expiresAt: '2030-01-01T00:30:00.000Z' }, before: beyond },
  { what: 'a retiring secret', said: 200, before: act('/rotations', { graceSeconds: 60 }) },
  { what: 'a retired secret', said: 'SECRET_EXPIRED', before: act('/rotations', { graceSeconds: 0 }) },
  { what: 'a secret ended by a reissue', said: 'SECRET_REVOKED', before: act('/reissue') },
  { what: 'management', said: 200, target: '/v1/scopes', manages: true },
  { what: 'management, beyond its scopes', said: 'SCOPE_MISSING', target: '/v1/services', manages: true },
  { what: 'management, nowhere', said: 'ROUTE_UNKNOWN', target: '/v1/nowhere', manages: true },
  { what: 'management, a bad parameter', said: 'VALIDATION_FAILED', target: '/v1/scopes?limit=x', manages: true },
  { what: 'management, an unknown object', said: 'OBJECT_NOT_FOUND', target: '/v1/scopes/nowhere', manages: true },
]; // prettier-ignore

describe('§6 one row per call with a genuine secret, always', () => {
  it.each(genuineCalls.map((each) => [each.what, each] as const))('§6 %s', async (_what, each) => {
    now = start;
    const scopes = ['contacts.read', 'latchkey.scopes.read'];
    const key = await crm.makeKey({ scopes, ...each.settings });
    await each.before?.(key, `${account}/keys/${key.id}`);
    await rows.skip();
    const headers: HeaderLine[] = [['X-Access-Token', key.secret]];
    const answer = await sendRaw(each.manages ? latchkey.managementUrl : latchkey.accessUrl, {
      ...{ target: each.target ?? '/crm/contacts', headers },
      ...each.request?.(key.secret),
    });
    expect(answer.json?.reason ?? answer.status).toBe(each.said);
    expect(await rows.take(1)).toMatchObject([
      { id: answer.headers.get('x-correlation-id'), keyId: key.id, status: answer.status },
    ]);
  });

  it('§6 of 300 at once, each its own, in the midst of a flood without one', async () => {
    const { id, secret } = await crm.makeKey();
    await rows.skip();
    const ids = await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        const junk = latchkey.call('GET', '/crm/contacts', { secret: `junk-${i}` });
        const target = i % 2 === 0 ? '/crm/contacts' : '/crm/orders';
        const answer = await latchkey.call('GET', target, { secret });
        expect((await junk).status).toBe(401);
        return answer.headers.get('x-correlation-id');
      }),
    );
    await rows.take(300);
    const made = await latchkey.rows(`&keyId=${id}`);
    expect(made.map((row) => row['id']).sort()).toEqual(ids.sort());
  });
});
