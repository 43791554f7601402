import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial } from '../support/denials.js';
import type { Answer, Json, TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { ask as askAs, askers } from '../support/forward-auth.js';
import { describeOnEachDatabase } from '../support/store.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';
import { checkOf, makeVerifier, verify } from '../support/verify.js';

const second = 1_000;
const day = 86_400_000;
const iso = (time: number) => new Date(time).toISOString();
const rolling = (requests: number, windowSeconds = 10) => ({
  rolling: { requests, windowSeconds },
});
const daily = (requests: number) => ({ daily: { requests } });

describeOnEachDatabase('limits of keys and accounts', (kind) => {
  let now = Date.parse('2030-01-01T12:00:00Z');
  let nodes: Nodes;
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let upstreamHeaders: Record<string, string> = {};
  let rows: NewRows;
  let crm: Crm;

  beforeAll(async () => {
    upstream = await startUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...upstreamHeaders });
      response.end('{}');
    });
    nodes = await startNodes(kind, { wallClock: () => now }, { TRUSTED_PROXIES: '127.0.0.1' });
    latchkey = nodes.one;
    rows = new NewRows(latchkey);
    crm = await publishCrm(latchkey, upstream.url);
  });

  afterAll(async () => {
    await nodes?.remove();
    await upstream.close();
  });

  beforeEach(async () => {
    now = Math.ceil((now + 1) / day) * day + day / 2;
    upstreamHeaders = {};
    upstream.calls.splice(0);
    await setAccount({ rateLimits: null, timeZone: 'UTC' });
  });

  const setAccount = (settings: Json) =>
    latchkey.manage('PATCH', `/v1/accounts/${crm.accountId}`, settings);
  const pathOf = (key: Json) => `/v1/accounts/${crm.accountId}/keys/${key.id}`;
  const makeKey = (rateLimits: Json | null, settings: Json = {}) =>
    crm.makeKey({ rateLimits, ...settings });
  const call = (key: Json, path = '/crm/contacts', method = 'GET'): Promise<Answer> =>
    latchkey.call(method, path, { secret: key.secret });
  const saidTo = async (key: Json, path?: string, method?: string): Promise<unknown> => {
    const { status, json } = await call(key, path, method);
    return json?.reason ?? status;
  };
  const times = async (count: number, ask: () => Promise<unknown>): Promise<unknown[]> => {
    const said: unknown[] = [];
    for (let i = 0; i < count; i += 1) said.push(await ask());
    return said;
  };
  const limitsOf = async (key: Json): Promise<Json[]> =>
    (await latchkey.manage('GET', `${pathOf(key)}/limits`)).limits;
  const usedOf = async (key: Json): Promise<number[]> =>
    (await limitsOf(key)).map(({ used }) => used);
  const limitHeadersOf = ({ headers }: Answer): Record<string, string> =>
    Object.fromEntries([...headers.entries()].filter(([name]) => /ratelimit/.test(name)));

  describe('at the gateway', () => {
    it('§3 RATE_LIMITED: 429, told which limit and until when, with one row, and nothing forwarded', async () => {
      const key = await makeKey({ ...rolling(2), ...daily(50) });
      expect(await times(2, () => saidTo(key))).toEqual([200, 200]);
      now += 2_500;
      await rows.skip();
      const answer = await call(key);
      const detail = expectDenial(answer, 'RATE_LIMITED', await rows.take(1), {
        ...{ keyId: key.id, door: 'gateway', route: '/contacts', usedScopes: [] },
      });
      expect(detail).toMatchObject({ in: 'limits' });
      expect(detail.context).toEqual({
        ...{ policyName: 'TEN_SECONDLY_ROLLING', appliesTo: 'key', limit: 2, used: 2 },
        ...{ remaining: 0, intervalMilliseconds: 10_000, resetsAt: iso(now + 7_500) },
      });
      expect(answer.json.policyName).toBe('TEN_SECONDLY_ROLLING');
      expect(answer.headers.get('retry-after')).toBe('8');
      expect(limitHeadersOf(answer)).toMatchObject({
        ratelimit: '"TEN_SECONDLY_ROLLING";r=0;t=8, "DAILY";r=48;t=43198',
        'x-latchkey-ratelimit-remaining': '0',
      });
      expect(upstream.calls).toHaveLength(2);
    });

    it('§4 429: an allowed call is told how its limits stand, in both ways', async () => {
      await setAccount({ rateLimits: { ...rolling(30, 60), ...daily(7) } });
      const key = await makeKey({ ...rolling(5), ...daily(9) });
      expect(limitHeadersOf(await call(key))).toEqual({
        'ratelimit-policy':
          '"TEN_SECONDLY_ROLLING";q=5;w=10, "DAILY";q=9;w=86400, "ACCOUNT_MINUTELY_ROLLING";q=30;w=60, "ACCOUNT_DAILY";q=7;w=86400',
        ratelimit:
          '"TEN_SECONDLY_ROLLING";r=4;t=10, "DAILY";r=8;t=43200, "ACCOUNT_MINUTELY_ROLLING";r=29;t=60, "ACCOUNT_DAILY";r=6;t=43200',
        'x-latchkey-ratelimit-max': '5',
        'x-latchkey-ratelimit-remaining': '4',
        'x-latchkey-ratelimit-interval-milliseconds': '10000',
        'x-latchkey-ratelimit-daily': '7',
        'x-latchkey-ratelimit-daily-remaining': '6',
      });
    });

    it('a key without limits is told of none', async () => {
      const answer = await call(await makeKey(null));
      expect([answer.status, limitHeadersOf(answer)]).toEqual([200, {}]);
    });

    it('what the upstream says of its own limits goes on to the caller, but not in our name', async () => {
      upstreamHeaders = {
        ...{ RateLimit: '"upstream";r=1;t=2', 'X-HubSpot-RateLimit-Max': '100' },
        'X-Latchkey-RateLimit-Max': '999',
      };
      const told = limitHeadersOf(await call(await makeKey(rolling(5))));
      expect(told).toMatchObject({
        ratelimit: '"upstream";r=1;t=2, "TEN_SECONDLY_ROLLING";r=4;t=10',
        'x-hubspot-ratelimit-max': '100',
        'x-latchkey-ratelimit-max': '5',
      });
      expect(limitHeadersOf(await call(await makeKey(null)))).toEqual({
        ratelimit: '"upstream";r=1;t=2',
        'x-hubspot-ratelimit-max': '100',
      });
    });

    it('the window rolls, to the millisecond', async () => {
      const key = await makeKey(rolling(2));
      expect(await saidTo(key)).toBe(200);
      now += 4 * second;
      expect(await times(2, () => saidTo(key))).toEqual([200, 'RATE_LIMITED']);
      now += 6 * second - 1;
      expect(await saidTo(key)).toBe('RATE_LIMITED');
      now += 1;
      expect(await times(2, () => saidTo(key))).toEqual([200, 'RATE_LIMITED']);
    });

    it('HEAD counts as GET does; what is denied for anything else, and a public route, count not', async () => {
      const key = await makeKey(rolling(2));
      expect(await saidTo(key, '/crm/orders')).toBe('SCOPE_MISSING');
      expect(await saidTo(key, '/crm/nowhere')).toBe('ROUTE_UNKNOWN');
      expect(await saidTo(key, '/crm/status')).toBe(200);
      expect(await usedOf(key)).toEqual([0]);
      const head = await call(key, '/crm/contacts', 'HEAD');
      expect([head.status, head.headers.get('x-latchkey-ratelimit-remaining')]).toEqual([200, '1']);
      expect(await saidTo(key)).toBe(200);
      expect(await saidTo(key, '/crm/orders')).toBe('SCOPE_MISSING');
      expect((await call(key, '/crm/contacts', 'HEAD')).status).toBe(429);
      expect(await usedOf(key)).toEqual([2]);
    });

    it('an upstream that fails has been called all the same', async () => {
      const key = await makeKey(rolling(1));
      await latchkey.manage('PUT', '/v1/services/crm', { upstream: 'http://127.0.0.1:1', mount: '/crm' }); // prettier-ignore
      try {
        const failed = await call(key);
        expect([failed.status, limitHeadersOf(failed)['x-latchkey-ratelimit-remaining']]).toEqual([502, '0']); // prettier-ignore
        expect(await saidTo(key)).toBe('RATE_LIMITED');
      } finally {
        await latchkey.manage('PUT', '/v1/services/crm', { upstream: upstream.url, mount: '/crm' });
      }
    });
  });

  describe('the day', () => {
    it('ends at midnight in the account’s time zone, and not at ours', async () => {
      now = Date.parse('2031-07-01T12:00:00+09:00');
      await setAccount({ timeZone: 'Asia/Tokyo' });
      const key = await makeKey(daily(1));
      expect(await times(2, () => saidTo(key))).toEqual([200, 'RATE_LIMITED']);
      expect((await call(key)).headers.get('retry-after')).toBe('43200');
      now = Date.parse('2031-07-02T00:00:00+09:00') - 1;
      expect(await saidTo(key)).toBe('RATE_LIMITED');
      now += 1;
      expect(await times(2, () => saidTo(key))).toEqual([200, 'RATE_LIMITED']);
    });

    it.each([
      ['2032-03-28T00:00:00+01:00', 23],
      ['2032-10-31T00:00:00+02:00', 25],
    ])(
      'of the night when clocks are moved has its own length: %s, %i hours',
      async (begins, hours) => {
        now = Date.parse(begins);
        await setAccount({ timeZone: 'Europe/Dublin', rateLimits: null });
        await setAccount({ timeZone: 'Europe/Berlin' });
        const key = await makeKey(daily(1));
        expect(await saidTo(key)).toBe(200);
        now += hours * 3_600_000 - 1;
        const refused = await call(key);
        expect([
          refused.status,
          refused.json.policyName,
          refused.headers.get('retry-after'),
        ]).toEqual(
          [429, 'DAILY', '1'], // prettier-ignore
        );
        now += 1;
        expect(await saidTo(key)).toBe(200);
      },
    );
  });

  describe('whose calls they are', () => {
    it('the account’s limits hold over all its keys together, and over no other account’s', async () => {
      await setAccount({ rateLimits: rolling(3) });
      const [one, two] = [await makeKey(null), await makeKey(null)];
      const said = [await saidTo(one), await saidTo(two), await saidTo(one), await saidTo(two)];
      expect(said).toEqual([200, 200, 200, 'RATE_LIMITED']);
      const refused = await call(one);
      expect(refused.json.errors[0].context).toMatchObject({ appliesTo: 'account', limit: 3 });
      expect(refused.json.message).toMatch(/^This key's account has reached its limit/);
      const { id } = await latchkey.manage('POST', '/v1/accounts', { name: 'Other' });
      const body = { name: 'K', scopes: ['contacts.read'] };
      expect(await saidTo(await latchkey.manage('POST', `/v1/accounts/${id}/keys`, body))).toBe(
        200,
      );
    });

    it('a rotation neither resets nor doubles a limit: both secrets count for their key', async () => {
      const key = await makeKey({ ...rolling(4), ...daily(5) });
      expect(await times(2, () => saidTo(key))).toEqual([200, 200]);
      const rotation = await latchkey.manage('POST', `${pathOf(key)}/rotations`, {
        graceSeconds: 60,
      });
      const fresh = { ...key, secret: rotation.secret };
      expect(await usedOf(key)).toEqual([2, 2]);
      expect([
        await saidTo(fresh),
        await saidTo(key),
        await saidTo(fresh),
        await saidTo(key),
      ]).toEqual(
        [200, 200, 'RATE_LIMITED', 'RATE_LIMITED'], // prettier-ignore
      );
      await latchkey.manage('POST', `${pathOf(key)}/rotations/${rotation.id}/finish`);
      expect(await saidTo(fresh)).toBe('RATE_LIMITED');
      now += 10 * second;
      expect(await times(2, () => saidTo(fresh))).toEqual([200, 'RATE_LIMITED']);
      expect((await call(fresh)).json.policyName).toBe('DAILY');
    });

    it('calls to Latchkey itself count for nobody: whoever looks after keys is never told to wait', async () => {
      await setAccount({ rateLimits: rolling(1) });
      const scopes = [
        'contacts.read',
        'latchkey.keys.read',
        'latchkey.keys.write',
        'latchkey.verify',
      ];
      const key = await makeKey(rolling(1), { scopes, grantableScopes: scopes });
      expect(await times(2, () => saidTo(key))).toEqual([200, 'RATE_LIMITED']);
      const manage = (method: string, path: string) =>
        latchkey.ask(method, path, { secret: key.secret });
      const other = await makeKey(null);
      expect((await manage('GET', pathOf(other))).status).toBe(200);
      expect((await manage('POST', `${pathOf(other)}/revoke`)).status).toBe(200);
      const self = await call(key, '/latchkey/v1/self');
      expect([self.status, self.json.limits.length]).toEqual([200, 2]);
      const asked = await verify(latchkey, key.secret, checkOf('x'));
      expect([asked.status, asked.json.reason]).toEqual([200, 'KEY_UNKNOWN']);
      expect(await usedOf(key)).toEqual([1, 1]);
    });
  });

  describe('how they stand', () => {
    it('a key sees its own at self, in the body and in the headers, for which nothing is counted', async () => {
      await setAccount({ rateLimits: daily(8) });
      const key = await makeKey(rolling(3));
      expect(await saidTo(key)).toBe(200);
      const self = await call(key, '/latchkey/v1/self');
      expect(self.json.limits).toEqual([
        {
          ...{ policyName: 'TEN_SECONDLY_ROLLING', appliesTo: 'key', limit: 3, used: 1 },
          ...{ remaining: 2, intervalMilliseconds: 10_000, resetsAt: iso(now + 10_000) },
        },
        {
          ...{ policyName: 'DAILY', appliesTo: 'account', limit: 8, used: 1, remaining: 7 },
          ...{ intervalMilliseconds: day, resetsAt: iso(now + day / 2) },
        },
      ]);
      expect(limitHeadersOf(self)['ratelimit']).toBe(
        '"TEN_SECONDLY_ROLLING";r=2;t=10, "ACCOUNT_DAILY";r=7;t=43200',
      );
      expect(limitHeadersOf(await call(key, '/latchkey/v1/self'))).toEqual(limitHeadersOf(self));
    });

    it('whoever looks after keys sees those of a key and of an account', async () => {
      await setAccount({ rateLimits: daily(8), timeZone: 'Europe/Dublin' });
      const key = await makeKey(rolling(3));
      await call(key);
      const ofKey = await latchkey.manage('GET', `${pathOf(key)}/limits`);
      expect(ofKey).toEqual({
        timeZone: 'Europe/Dublin',
        limits: (await call(key, '/latchkey/v1/self')).json.limits,
      });
      const ofAccount = await latchkey.manage('GET', `/v1/accounts/${crm.accountId}/limits`);
      expect(ofAccount.limits).toEqual([ofKey.limits[1]]);
      const without = await latchkey.manage('GET', `${pathOf(await makeKey(null))}/limits`);
      expect(without.limits).toEqual([ofKey.limits[1]]);
      expect(await limitsOf(await makeKey({ ...rolling(1), ...daily(1) }))).toMatchObject([
        { used: 0, remaining: 1, resetsAt: iso(now + 10_000) },
        { used: 0, remaining: 1 },
        { appliesTo: 'account', used: 1 },
      ]);
    });
  });

  describe('§7 verify', () => {
    it('each check counts for the key that is verified, in the words and headers of the gateway', async () => {
      const verifier = await makeVerifier(latchkey);
      const key = await makeKey(rolling(2));
      const checks = Array.from({ length: 3 }, () => checkOf(key.secret));
      const { status, json } = await verify(latchkey, verifier.secret, { checks });
      expect(status).toBe(200);
      expect(json.results.map(({ decision, status: told }: Json) => [decision, told])).toEqual([
        ['allowed', 200],
        ['allowed', 200],
        ['denied', 429],
      ]);
      const [first, , third] = json.results;
      const gateway = await call(key);
      expect(first.headers).toMatchObject({ 'X-Latchkey-RateLimit-Remaining': '1' });
      expect(third).toMatchObject({ reason: 'RATE_LIMITED', retryAfterSeconds: 10 });
      expect([third.message, third.limits]).toEqual([
        gateway.json.message,
        [gateway.json.errors[0].context],
      ]);
      expect(third.headers).toMatchObject({ 'Retry-After': '10', RateLimit: gateway.headers.get('ratelimit') }); // prettier-ignore
    });

    it('a check without a path counts as well, and one that is denied for anything else does not', async () => {
      const verifier = await makeVerifier(latchkey);
      const key = await makeKey(rolling(1));
      const reasonOf = async (told: Json) =>
        (await verify(latchkey, verifier.secret, checkOf(key.secret, told))).json.reason;
      const scopesAlone = { path: undefined, scopes: ['contacts.read'] };
      expect(await reasonOf({ path: '/crm/orders' })).toBe('SCOPE_MISSING');
      expect([await reasonOf(scopesAlone), await reasonOf(scopesAlone), await saidTo(key)]).toEqual(
        [null, 'RATE_LIMITED', 'RATE_LIMITED'], // prettier-ignore
      );
    });
  });

  it.each(askers)('§7 forward-auth by %s: a call counts for its key, and is told as at the gateway', async (asker) => {
    const key = await makeKey(rolling(1));
    const headers: [string, string][] = [['Authorization', `Bearer ${key.secret}`]];
    const ask = () => askAs(latchkey.accessUrl, asker, { target: '/crm/contacts', headers });
    const admitted = await ask();
    expect([admitted.status, admitted.headers.get('ratelimit')]).toEqual([200, '"TEN_SECONDLY_ROLLING";r=0;t=10']);
    const refused = await ask();
    const told = refused.headers.get('x-latchkey-status') ?? String(refused.status);
    expect([told, refused.headers.get('retry-after')]).toEqual(['429', '10']);
    expect(refused.headers.get('ratelimit')).toBe('"TEN_SECONDLY_ROLLING";r=0;t=10');
    expect(await saidTo(key)).toBe('RATE_LIMITED');
    expect(await usedOf(key)).toEqual([1]);
  }); // prettier-ignore

  it('a limit that is changed holds from the next call on, and what was used stays used', async () => {
    const key = await makeKey(rolling(1));
    expect(await times(2, () => saidTo(key))).toEqual([200, 'RATE_LIMITED']);
    await latchkey.manage('PATCH', pathOf(key), { rateLimits: rolling(3) });
    expect(await times(3, () => saidTo(key))).toEqual([200, 200, 'RATE_LIMITED']);
    await latchkey.manage('PATCH', pathOf(key), { rateLimits: rolling(2) });
    const refused = await call(key);
    expect(refused.json.errors[0].context).toMatchObject({ limit: 2, used: 3, remaining: 0 });
    await latchkey.manage('PATCH', pathOf(key), { rateLimits: null });
    expect(await times(4, () => saidTo(key))).toEqual([200, 200, 200, 200]);
    await latchkey.manage('PATCH', pathOf(key), { rateLimits: rolling(4) });
    expect(await times(2, () => saidTo(key))).toEqual([200, 'RATE_LIMITED']);
  });

  it('calls at the same time get no more than there is', async () => {
    const key = await makeKey({ ...rolling(150), ...daily(120) });
    expect(await saidTo(key)).toBe(200);
    const said = await Promise.all(Array.from({ length: 200 }, () => saidTo(key)));
    expect(said.filter((each) => each === 200)).toHaveLength(119);
    expect(await usedOf(key)).toEqual([120, 120]);
  });
});
