import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import {
  expectInvalid,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { sendRaw } from '../support/raw-http.js';

const minute = 60_000;

let latchkey: Management;
let now = Date.UTC(2030, 0, 1);
let keys: string;
let key: Json;
let rotations: string;

beforeAll(async () => {
  latchkey = await startManagement({}, { wallClock: () => now });
  const account = await latchkey.openAccount();
  keys = `/v1/accounts/${account.id}/keys`;
});

afterAll(() => latchkey.remove());

beforeEach(async () => {
  now += minute;
  key = await latchkey.manage('POST', keys, { name: 'Vendor', scopes: [] });
  rotations = `${keys}/${key.id}/rotations`;
});

const iso = (time: number): string => new Date(time).toISOString();

const ask = (method: string, path: string, body?: unknown) =>
  latchkey.ask(method, path, { secret: latchkey.operatorKey, body });

const open = (graceSeconds: number): Promise<Json> =>
  latchkey.manage('POST', rotations, { graceSeconds });

/** What the access listener says to a secret: 200, or the reason. */
const saidTo = async (secret: string): Promise<unknown> => {
  const { status, json } = await latchkey.call('GET', '/latchkey/v1/self', { secret });
  return json.reason ?? status;
};

const statesOf = async (): Promise<string[]> => {
  const { secrets } = await latchkey.manage('GET', `${keys}/${key.id}`);
  return secrets.map((secret: Json) => secret.state);
};

describe('POST …/rotations', () => {
  it('201: both secrets, the new one once and no-store, the grace from now', async () => {
    const answer = await ask('POST', rotations, { graceSeconds: 3600 });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { secret, ...rotation } = answer.json;
    const [retiring, replacing] = (await latchkey.manage('GET', `${keys}/${key.id}`)).secrets;
    const unused = { calls: 0, deniedCalls: 0, brownoutCalls: 0, lastUsedAt: null, callers: [] };
    expect(rotation).toEqual({
      id: expect.stringMatching(/^rot_[0-9A-Za-z]{20}$/),
      keyId: key.id,
      state: 'open',
      startedAt: iso(now),
      graceEndsAt: iso(now + 60 * minute),
      endedAt: null,
      brownouts: [],
      ...{ verdict: 'new_not_used_yet', quietSince: iso(now), quietSeconds: 86_400 },
      retiring: { secretId: key.secrets[0].id, ...unused },
      replacing: { secretId: replacing.id, ...unused },
    });
    expect(replacing).toMatchObject({ state: 'current', start: secret.slice(0, 12) });
    expect(retiring).toMatchObject({ state: 'retiring', expiresAt: rotation.graceEndsAt });
    expect(await latchkey.manage('GET', `${rotations}/${rotation.id}`)).toEqual(rotation);
    const { id, startedAt, graceEndsAt } = rotation;
    const shown = await latchkey.manage('GET', `${keys}/${key.id}`);
    expect(shown.openRotation).toEqual({ id, state: 'open', startedAt, graceEndsAt });
  });

  it.each([-1, 7_776_001, 1e9, 1.5, '7d', '60', true, null, [60], {}])(
    '#50 400: graceSeconds %p',
    async (graceSeconds) => {
      await expectInvalid(latchkey, 'POST', rotations, { graceSeconds }, ['graceSeconds']);
      expect(await statesOf()).toEqual(['current']);
    },
  );

  it.each<[text: string]>([['{"graceSeconds":1e400}'], ['{"graceSeconds":-1e-400, "x":1}']])(
    '#50 400: %s',
    async (body) => {
      const headers = { 'content-type': 'application/json' };
      const secret = latchkey.operatorKey;
      expect((await latchkey.ask('POST', rotations, { secret, headers, body })).status).toBe(400);
    },
  );

  it.each(['secret', 'keyId', 'state', 'startedAt', 'id'])('#67 400: a %s', async (field) => {
    await expectInvalid(latchkey, 'POST', rotations, { graceSeconds: 60, [field]: 'x' }, [field]);
  });

  it('without graceSeconds, the grace is a week', async () => {
    const rotation = await latchkey.manage('POST', rotations, {});
    expect(rotation.graceEndsAt).toBe(iso(now + 7 * 24 * 60 * minute));
  });

  it('the longest grace is 90 days', async () => {
    const rotation = await open(7_776_000);
    expect(rotation.graceEndsAt).toBe(iso(now + 90 * 24 * 60 * minute));
  });

  it('grace 0 ends the old secret at once, and the next rotation can begin', async () => {
    const first = await open(0);
    expect([first.state, first.graceEndsAt]).toEqual(['expired', iso(now)]);
    expect([await saidTo(key.secret), await saidTo(first.secret)]).toEqual(['SECRET_EXPIRED', 200]);
    const second = await open(0);
    expect(await saidTo(first.secret)).toBe('SECRET_EXPIRED');
    expect(await saidTo(second.secret)).toBe(200);
    expect(await statesOf()).toEqual(['expired', 'expired', 'current']);
  });

  it('409 while one is open, naming it; 201 once its grace is over, at the millisecond', async () => {
    const { id, graceEndsAt } = await open(60);
    const request = { method: 'POST', path: rotations, secret: latchkey.operatorKey };
    const body = { graceSeconds: 60 };
    now += minute - 1;
    const conflict = refusals.conflict('ROTATION_OPEN');
    const answer = await expectRefused(latchkey, { ...request, body }, conflict);
    expect(answer.json.errors[0].context).toEqual({ rotationId: id, graceEndsAt });
    now += 1;
    expect((await ask('POST', rotations, body)).status).toBe(201);
    expect((await latchkey.manage('GET', `${rotations}/${id}`)).state).toBe('expired');
  });

  it('#46 of many at once, one is 201 and the others are 409', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask('POST', rotations, { graceSeconds: 60 })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    expect(await statesOf()).toEqual(['retiring', 'current']);
  });

  it.each([
    ['revoked', 'KEY_REVOKED'],
    ['expired', 'KEY_EXPIRED'],
  ])('409 for a key that is %s', async (state, code) => {
    const at = `${keys}/${key.id}`;
    if (state === 'revoked') await latchkey.manage('POST', `${at}/revoke`);
    else await latchkey.manage('PATCH', at, { expiresAt: iso(now + minute) });
    now += minute;
    const body = { graceSeconds: 60 };
    const request = { method: 'POST', path: rotations, secret: latchkey.operatorKey, body };
    await expectRefused(latchkey, request, refusals.conflict(code));
    expect(await statesOf()).toHaveLength(1);
  });

  it('404 for a key or a rotation that is not there', async () => {
    const secret = latchkey.operatorKey;
    const none = rotations.replace(/key_\w+/, 'key_00000000000000000000');
    const body = { graceSeconds: 60 };
    await expectRefused(latchkey, { method: 'POST', path: none, secret, body }, refusals.notFound);
    const read = { method: 'GET', path: `${rotations}/rot_00000000000000000000`, secret };
    await expectRefused(latchkey, read, refusals.notFound);
  });
});

describe('what a rotation tells of its two secrets', () => {
  const self = (secret: string) => latchkey.call('GET', '/latchkey/v1/self', { secret });
  const day = 24 * 60 * minute;

  it('says when the old one can be ended', async () => {
    const { id, secret } = await open(3 * 86_400);
    const judged = async () => {
      const { verdict, quietSince } = await latchkey.manage('GET', `${rotations}/${id}`);
      return [verdict, quietSince];
    };
    const startedAt = now;
    now += minute;
    await self(key.secret);
    expect(await judged()).toEqual(['new_not_used_yet', iso(now)]);
    await self(secret);
    expect(await judged()).toEqual(['still_in_use', iso(now)]);
    const lastAt = now;
    now = lastAt + day - 1;
    expect(await judged()).toEqual(['still_in_use', iso(lastAt)]);
    now += 1;
    expect(await judged()).toEqual(['safe_to_finish', iso(lastAt)]);
    await latchkey.manage('POST', `${rotations}/${id}/finish`);
    expect(await judged()).toEqual([null, iso(lastAt)]);
    expect(lastAt).toBeGreaterThan(startedAt);
  });

  it('is finished only if it is safe, where that is asked for', async () => {
    const { id, secret } = await open(3 * 86_400);
    const finish = {
      method: 'POST',
      path: `${rotations}/${id}/finish`,
      secret: latchkey.operatorKey,
      body: { onlyIfSafe: true },
    };
    const refused = async () => {
      const answer = await expectRefused(latchkey, finish, refusals.conflict('NOT_SAFE_TO_FINISH'));
      return answer.json.errors[0].context;
    };
    await self(key.secret);
    expect(await refused()).toMatchObject({ verdict: 'new_not_used_yet', traffic: { calls: 1 } });
    await self(secret);
    expect(await refused()).toMatchObject({ verdict: 'still_in_use', quietSince: iso(now) });
    now += day;
    const finished = await latchkey.manage('POST', finish.path, finish.body);
    expect(finished.state).toBe('finished');
    await expectRefused(latchkey, finish, refusals.conflict('ROTATION_NOT_OPEN'));
  });

  it('goes on telling for thirty days after its end who still knocks with the old one', async () => {
    const { id } = await open(60);
    now += minute;
    expect((await self(key.secret)).json.reason).toBe('SECRET_EXPIRED');
    const knocked = now;
    const retiring = async () => (await latchkey.manage('GET', `${rotations}/${id}`)).retiring;
    expect(await retiring()).toMatchObject({
      ...{ calls: 1, deniedCalls: 1, lastUsedAt: iso(knocked) },
      callers: [{ ip: '127.0.0.1', calls: 1, deniedCalls: 1, lastSeenAt: iso(knocked) }],
    });
    now = knocked + 30 * day - 1;
    await self(key.secret);
    expect((await retiring()).calls).toBe(2);
    now += 1;
    await self(key.secret);
    expect((await retiring()).calls).toBe(2);
  });

  it('counts the calls of each from startedAt on, by address and user agent, denied ones too', async () => {
    const call = (secret: string, agent: string, from = '127.0.0.1', path = '/latchkey/v1/self') =>
      sendRaw(latchkey.accessUrl, {
        target: path,
        headers: [
          ['Authorization', `Bearer ${secret}`],
          ['User-Agent', agent],
        ],
        from,
      });
    await call(key.secret, 'before');
    now += 1;
    const { id, secret, startedAt } = await open(3600);
    const seen = [now];
    const at = (): string => iso(seen.at(-1) as number);
    await call(key.secret, 'old/1');
    for (const path of ['/latchkey/v1/self', '/nowhere']) {
      seen.push((now += minute));
      await call(key.secret, 'old/2', '127.0.0.5', path);
    }
    await call(secret, 'new/1');
    const rotation = await latchkey.manage('GET', `${rotations}/${id}`);
    expect(rotation.retiring).toEqual({
      secretId: key.secrets[0].id,
      calls: 3,
      deniedCalls: 1,
      brownoutCalls: 0,
      lastUsedAt: at(),
      callers: [
        {
          ip: '127.0.0.5',
          userAgent: 'old/2',
          calls: 2,
          deniedCalls: 1,
          brownoutCalls: 0,
          firstSeenAt: iso(seen[1] as number),
          lastSeenAt: at(),
          routes: ['/latchkey/v1/self'],
        },
        {
          ip: '127.0.0.1',
          userAgent: 'old/1',
          calls: 1,
          deniedCalls: 0,
          brownoutCalls: 0,
          firstSeenAt: startedAt,
          lastSeenAt: startedAt,
          routes: ['/latchkey/v1/self'],
        },
      ],
    });
    expect(rotation.replacing).toMatchObject({
      calls: 1,
      lastUsedAt: at(),
      callers: [{ ip: '127.0.0.1', userAgent: 'new/1', calls: 1 }],
    });
    const shown = await latchkey.manage('GET', `${keys}/${key.id}`);
    expect(shown).toMatchObject({
      lastUsedAt: at(),
      secrets: [{ lastUsedAt: at() }, { lastUsedAt: at() }],
    });
  });
});

describe('the steps of an open rotation', () => {
  const step = (id: string, name: string, body?: unknown) =>
    latchkey.manage('POST', `${rotations}/${id}/${name}`, body);

  it('finish: the old secret ends now', async () => {
    const { id, secret } = await open(3600);
    now += minute;
    expect(await step(id, 'finish')).toMatchObject({ state: 'finished', endedAt: iso(now) });
    expect([await saidTo(key.secret), await saidTo(secret)]).toEqual(['SECRET_EXPIRED', 200]);
    expect((await latchkey.manage('GET', `${keys}/${key.id}`)).openRotation).toBeNull();
  });

  it('cancel: the new one ends, the old one stays', async () => {
    const { id, secret } = await open(3600);
    expect(await step(id, 'cancel', {})).toMatchObject({ state: 'cancelled', endedAt: iso(now) });
    expect([await saidTo(key.secret), await saidTo(secret)]).toEqual([200, 'SECRET_REVOKED']);
    expect(await statesOf()).toEqual(['current', 'revoked']);
    now += 120 * minute;
    expect(await saidTo(key.secret)).toBe(200);
  });

  it('#51 cancel: 409 with its traffic once the new one was used, unless forced', async () => {
    const { id, secret } = await open(3600);
    await saidTo(secret);
    const path = `${rotations}/${id}/cancel`;
    const request = { method: 'POST', path, secret: latchkey.operatorKey };
    const conflict = refusals.conflict('REPLACING_SECRET_USED');
    const answer = await expectRefused(latchkey, { ...request, body: { force: false } }, conflict);
    expect(answer.json.errors[0].context.traffic).toMatchObject({ calls: 1, callers: [{}] });
    expect(await saidTo(secret)).toBe(200);
    await step(id, 'cancel', { force: true });
    expect([await saidTo(key.secret), await saidTo(secret)]).toEqual([200, 'SECRET_REVOKED']);
  });

  it('extend: later or sooner, to the millisecond', async () => {
    const { id } = await open(60);
    const later = iso(now + 5 * minute);
    expect(await step(id, 'extend', { graceEndsAt: later })).toMatchObject({ graceEndsAt: later });
    const sooner = iso(now + 1000);
    await step(id, 'extend', { graceEndsAt: sooner });
    now += 999;
    expect(await saidTo(key.secret)).toBe(200);
    now += 1;
    expect(await saidTo(key.secret)).toBe('SECRET_EXPIRED');
  });

  it('extend 400: into the past, beyond 90 days, what is no time', async () => {
    const { id, graceEndsAt } = await open(60);
    const path = `${rotations}/${id}/extend`;
    const tooLate = iso(now + 90 * 24 * 60 * minute + 1);
    for (const bad of [iso(now - 1), tooLate, '2030-02-30T00:00:00Z', 60, null, undefined]) {
      await expectInvalid(latchkey, 'POST', path, { graceEndsAt: bad }, ['graceEndsAt']);
    }
    const read = await latchkey.manage('GET', `${rotations}/${id}`);
    expect(read.graceEndsAt).toBe(graceEndsAt);
  });

  it('#98 reissue: another new secret while the first was never used; 409 after', async () => {
    const { id, secret } = await open(3600);
    const again = await ask('POST', `${rotations}/${id}/reissue`);
    expect([again.status, again.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect([await saidTo(secret), await saidTo(again.json.secret)]).toEqual([
      'SECRET_REVOKED',
      200,
    ]);
    const request = { method: 'POST', path: `${rotations}/${id}/reissue` };
    const conflict = refusals.conflict('SECRET_USED');
    await expectRefused(latchkey, { ...request, secret: latchkey.operatorKey }, conflict);
  });

  it.each(['finish', 'cancel', 'extend', 'reissue'])(
    '%s: 409 once it is not open',
    async (name) => {
      const { id } = await open(60);
      now += minute;
      const body = name === 'extend' ? { graceEndsAt: iso(now + minute) } : undefined;
      const request = { method: 'POST', path: `${rotations}/${id}/${name}`, body };
      const conflict = refusals.conflict('ROTATION_NOT_OPEN');
      await expectRefused(latchkey, { ...request, secret: latchkey.operatorKey }, conflict);
    },
  );
});
