import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { craftSecret } from '../support/crafted-secrets.js';
import { publishCrm } from '../support/crm.js';
import { expectDenial, expectNoSecret } from '../support/denials.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

/** A request at fault in every way there is, and what it takes to mend it. */
interface Scene {
  readonly accountPath: string;
  /** Its secret has no fault of its own; what was done to it and to its account can be undone. */
  readonly key: Json;
  readonly expired: Json;
  readonly revoked: Json;
  readonly reissued: Json;
  forwardedFor: string;
  path: string;
  method: string;
  secret: string;
  by: readonly ('hapikey' | 'bearer')[];
}

type Step = [
  reason: string,
  mend: (scene: Scene) => unknown,
  context?: (scene: Scene) => Record<string, unknown>,
];

let latchkey: TestLatchkey;
let upstream: RecordingUpstream;
let rows: NewRows;
let now = Date.parse('2030-01-01T00:00:00.000Z');
const expiresAfterMs = 1000;

beforeAll(async () => {
  upstream = await startUpstream();
  const environment = { TRUSTED_PROXIES: '127.0.0.1' };
  latchkey = await startTestLatchkey(environment, { wallClock: () => now });
  await publishCrm(latchkey, upstream.url, { open: false });
  rows = new NewRows(latchkey);
});

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

/** By the order of contract §3: the reason, what takes its cause away, and what else its answer says. */
const steps: Step[] = [
  ['CALLER_UNDETERMINED', (scene) => (scene.forwardedFor = '203.0.113.9')],
  ['PATH_INVALID', (scene) => (scene.path = '/crm/nowhere')],
  ['CREDENTIALS_MISSING', (scene) => (scene.by = ['hapikey', 'bearer'])],
  ['CREDENTIALS_MALFORMED', (scene) => (scene.by = ['hapikey'])],
  ['KEY_UNKNOWN', (scene) => (scene.secret = scene.expired.secret)],
  [
    'SECRET_EXPIRED',
    (scene) => (scene.secret = scene.revoked.secret),
    (scene) => ({ endedAt: scene.expired.expiresAt }),
  ],
  ['KEY_REVOKED', (scene) => (scene.secret = scene.reissued.secret)],
  ['SECRET_REVOKED', (scene) => (scene.secret = scene.key.secret)],
  ['KEY_SUSPENDED', ({ accountPath, key }) => post(`${accountPath}/keys/${key.id}/resume`)],
  ['ACCOUNT_SUSPENDED', ({ accountPath }) => post(`${accountPath}/resume`)],
  ['HAPIKEY_NOT_ALLOWED', (scene) => (scene.by = ['bearer'])],
  [
    'IP_NOT_ALLOWED',
    ({ accountPath }) => put(`${accountPath}/ip-allowlist`, { mode: 'off', entries: [] }),
    (scene) => ({ callerIp: scene.forwardedFor }),
  ],
  ['SERVICE_NOT_AVAILABLE', ({ accountPath }) => put(`${accountPath}/services/crm`, {})],
  ['ROUTE_UNKNOWN', (scene) => (scene.path = '/crm/orders')],
  ['METHOD_NOT_ALLOWED', (scene) => (scene.method = 'GET'), () => ({ allow: ['GET', 'HEAD'] })],
  [
    'SCOPE_MISSING',
    ({ accountPath, key }) =>
      latchkey.manage('PATCH', `${accountPath}/keys/${key.id}`, { scopes: ['orders.read'] }),
    () => ({ requiredGranularScopes: ['orders.read'], missingScopes: ['orders.read'] }),
  ],
  [
    'RATE_LIMITED',
    ({ accountPath, key }) =>
      latchkey.manage('PATCH', `${accountPath}/keys/${key.id}`, { rateLimits: null }),
    () => ({
      ...{ policyName: 'TEN_SECONDLY_ROLLING', appliesTo: 'key', limit: 1, used: 1, remaining: 0 },
      ...{ intervalMilliseconds: 10_000, resetsAt: new Date(now + 9_000).toISOString() },
    }),
  ],
];

const post = (path: string) => latchkey.manage('POST', path);
const put = (path: string, body: Json) => latchkey.manage('PUT', path, body);

async function everythingAtFault(): Promise<Scene> {
  const account = await latchkey.manage('POST', '/v1/accounts', { name: 'A', allowHapikey: false });
  const accountPath = `/v1/accounts/${account.id}`;
  const makeKey = (settings: Json = {}) =>
    latchkey.manage('POST', `${accountPath}/keys`, { name: 'K', scopes: [], ...settings });
  const key = await makeKey({ rateLimits: { rolling: { requests: 1 } } });
  await useUp(key, accountPath);
  const expired = await makeKey({ expiresAt: new Date(now + expiresAfterMs).toISOString() });
  const [revoked, reissued] = [await makeKey(), await makeKey()];
  await post(`${accountPath}/keys/${reissued.id}/reissue`);
  for (const { id } of [key, expired, revoked, reissued])
    await post(`${accountPath}/keys/${id}/suspend`);
  for (const { id } of [expired, revoked]) await post(`${accountPath}/keys/${id}/revoke`);
  await put(`${accountPath}/ip-allowlist`, { mode: 'enforce', entries: [] });
  await post(`${accountPath}/suspend`);
  now += expiresAfterMs;
  const secret = craftSecret('lk_prod', 'N'.repeat(32));
  return {
    ...{ accountPath, key, expired, revoked, reissued, secret },
    ...{ forwardedFor: 'unknown', path: '/crm//nowhere', method: 'PUT', by: [] },
  };
}

/** Lets the key through once, for which nothing may stand in its way yet. */
async function useUp(key: Json, accountPath: string): Promise<void> {
  await put(`${accountPath}/services/crm`, {});
  const { status } = await latchkey.call('GET', '/crm/ping', {
    secret: key.secret,
    headers: { 'x-forwarded-for': '203.0.113.9' },
  });
  expect([status, upstream.calls.splice(0).length]).toEqual([200, 1]);
  await latchkey.manage('DELETE', `${accountPath}/services/crm`);
}

function send({ path, method, secret, by, forwardedFor }: Scene): Promise<RawAnswer> {
  const target = by.includes('hapikey') ? `${path}?hapikey=${secret}` : path;
  const headers: HeaderLine[] = [['X-Forwarded-For', forwardedFor]];
  if (by.includes('bearer')) headers.push(['Authorization', `Bearer ${secret}`]);
  return sendRaw(latchkey.accessUrl, { method, target, headers });
}

describe('§3 the first reason that holds is the one that is told', () => {
  it.each(steps.map(([reason], i) => [reason, i] as const))(
    '%s, with the reasons after it there too',
    async (reason, i) => {
      const scene = await everythingAtFault();
      for (const [, mend] of steps.slice(0, i)) await mend(scene);
      await rows.skip();
      const answer = await send(scene);
      const made = await rows.take(1);
      const detail = expectDenial(answer, reason, made, { door: 'gateway', path: scene.path });
      expect(detail.context).toEqual(steps[i]?.[2]?.(scene) ?? {});
      expect(answer.headers.get('allow')).toBe(
        reason === 'METHOD_NOT_ALLOWED' ? 'GET, HEAD' : undefined,
      );
      if (reason === 'SCOPE_MISSING')
        expect(answer.headers.get('www-authenticate')).toBe(
          'Bearer realm="latchkey", error="insufficient_scope", scope="orders.read"',
        );
      expectNoSecret([scene.secret], answer, made);
      expect(upstream.calls).toEqual([]);
    },
  );

  it('a call with nothing left to mend is let through', async () => {
    const scene = await everythingAtFault();
    for (const [, mend] of steps) await mend(scene);
    expect((await send(scene)).status).toBe(200);
    expect(upstream.calls.splice(0)).toMatchObject([{ method: 'GET', url: '/orders' }]);
  });

  it('a rotation that ended a secret is named, and when it did', async () => {
    const scene = await everythingAtFault();
    for (const [, mend] of steps) await mend(scene);
    const at = `${scene.accountPath}/keys/${scene.key.id}/rotations`;
    const rotation = await latchkey.manage('POST', at, { graceSeconds: 60 });
    now += 60_000;
    await rows.skip();
    const detail = expectDenial(await send(scene), 'SECRET_EXPIRED', await rows.take(1));
    expect(detail.context).toEqual({ endedAt: rotation.graceEndsAt, rotationId: rotation.id });
  });
});
