import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import {
  expectInvalid,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';

const minute = 60_000;
const day = 24 * 60 * minute;
const iso = (time: number) => new Date(time).toISOString();

let now = Date.UTC(2030, 0, 1);
let latchkey: Management;
let keys: string;
let key: Json;
let rotations: string;

beforeAll(async () => {
  latchkey = await startManagement({}, { wallClock: () => now });
  keys = `/v1/accounts/${(await latchkey.openAccount()).id}/keys`;
});

afterAll(() => latchkey.remove());

beforeEach(async () => {
  now += minute;
  key = await latchkey.manage('POST', keys, { name: 'Nightly sync', scopes: [] });
  rotations = `${keys}/${key.id}/rotations`;
});

const open = (body: Json): Promise<Json> => latchkey.manage('POST', rotations, body);
const read = (id: string): Promise<Json> => latchkey.manage('GET', `${rotations}/${id}`);
const self = (secret: string) => latchkey.call('GET', '/latchkey/v1/self', { secret });
const saidTo = async (secret: string): Promise<unknown> => {
  const { status, json } = await self(secret);
  return json.reason ?? status;
};

describe('a rotation that is to begin later', () => {
  it('gives its secret at once, and has the old one retire from its start to its end', async () => {
    const [startsAt, endsAt] = [now + day, now + day + 60 * minute];
    const rotation = await open({ startsAt: iso(startsAt), graceSeconds: 3_600 });
    expect(rotation).toMatchObject({
      ...{ state: 'scheduled', startedAt: iso(startsAt), graceEndsAt: iso(endsAt) },
      secret: expect.any(String),
    });
    const shown = await latchkey.manage('GET', `${keys}/${key.id}`);
    expect(shown.openRotation).toMatchObject({ id: rotation.id, state: 'scheduled' });
    expect(shown.secrets.map(({ state }: Json) => state)).toEqual(['current', 'current']);

    now = startsAt - 1;
    const before = await self(key.secret);
    expect(before.json).toMatchObject({
      secret: { state: 'current' },
      rotation: { id: rotation.id, state: 'scheduled', side: 'retiring' },
    });
    expect(before.headers.get('latchkey-secret-retires')).toBeNull();
    expect(await saidTo(rotation.secret)).toBe(200);

    now = startsAt;
    const during = await self(key.secret);
    expect(during.json).toMatchObject({
      secret: { state: 'retiring' },
      rotation: { state: 'open' },
    });
    expect(during.headers.get('latchkey-secret-retires')).toBe(iso(endsAt));
    expect(during.headers.get('deprecation')).toBe(`@${startsAt / 1000}`);
    expect(await read(rotation.id)).toMatchObject({ state: 'open' });

    now = endsAt - 1;
    expect(await saidTo(key.secret)).toBe(200);
    now = endsAt;
    expect([await saidTo(key.secret), await saidTo(rotation.secret)]).toEqual([
      'SECRET_EXPIRED',
      200,
    ]);
    expect(await read(rotation.id)).toMatchObject({ state: 'expired' });
  });

  it('without grace the old secret ends as the rotation begins, to the millisecond', async () => {
    const startsAt = now + minute;
    const { secret } = await open({ startsAt: iso(startsAt), graceSeconds: 0 });
    now = startsAt - 1;
    expect([await saidTo(key.secret), await saidTo(secret)]).toEqual([200, 200]);
    now = startsAt;
    expect([await saidTo(key.secret), await saidTo(secret)]).toEqual(['SECRET_EXPIRED', 200]);
  });

  it("is the key's only one: another is refused while it waits", async () => {
    const { id } = await open({ startsAt: iso(now + day), graceSeconds: 60 });
    const request = {
      method: 'POST',
      path: rotations,
      secret: latchkey.operatorKey,
      body: { graceSeconds: 60 },
    };
    const answer = await expectRefused(latchkey, request, refusals.conflict('ROTATION_OPEN'));
    expect(answer.json.errors[0].context).toMatchObject({ rotationId: id });
  });

  it('can be cancelled while it waits, and not once its new secret is used', async () => {
    const startsAt = iso(now + day);
    const first = await open({ startsAt, graceSeconds: 60 });
    await latchkey.manage('POST', `${rotations}/${first.id}/cancel`);
    expect([await saidTo(key.secret), await saidTo(first.secret)]).toEqual([200, 'SECRET_REVOKED']);

    const second = await open({ startsAt, graceSeconds: 60 });
    await self(second.secret);
    const request = {
      method: 'POST',
      path: `${rotations}/${second.id}/cancel`,
      secret: latchkey.operatorKey,
    };
    const answer = await expectRefused(
      latchkey,
      request,
      refusals.conflict('REPLACING_SECRET_USED'),
    );
    expect(answer.json.errors[0].context.traffic).toMatchObject({ calls: 1 });
  });

  it('can be finished while it waits: the old secret ends now', async () => {
    const { id, secret } = await open({ startsAt: iso(now + day), graceSeconds: 60 });
    now += minute;
    const finished = await latchkey.manage('POST', `${rotations}/${id}/finish`);
    expect(finished).toMatchObject({ state: 'finished', startedAt: iso(now), endedAt: iso(now) });
    expect([await saidTo(key.secret), await saidTo(secret)]).toEqual(['SECRET_EXPIRED', 200]);
  });

  it('can be moved, and reissued while its new secret is unused', async () => {
    const startsAt = now + day;
    const { id, secret } = await open({ startsAt: iso(startsAt), graceSeconds: 60 });
    const extend = `${rotations}/${id}/extend`;
    const moved = await latchkey.manage('POST', extend, { graceEndsAt: iso(startsAt + day) });
    expect(moved).toMatchObject({ state: 'scheduled', graceEndsAt: iso(startsAt + day) });
    await expectInvalid(latchkey, 'POST', extend, { graceEndsAt: iso(startsAt - 1) }, [
      'graceEndsAt',
    ]);
    const again = await latchkey.manage('POST', `${rotations}/${id}/reissue`);
    expect(again.state).toBe('scheduled');
    expect([await saidTo(secret), await saidTo(again.secret)]).toEqual(['SECRET_REVOKED', 200]);
  });

  it('takes brownouts only in the time in which the old secret retires', async () => {
    const startsAt = now + day;
    const { id } = await open({ startsAt: iso(startsAt), graceSeconds: 3_600 });
    const brownouts = (at: number) => ({
      brownouts: [{ startsAt: iso(at), endsAt: iso(at + minute) }],
    });
    await expectInvalid(latchkey, 'PUT', `${rotations}/${id}/brownouts`, brownouts(startsAt - 1), [
      'brownouts',
    ]);
    await latchkey.manage('PUT', `${rotations}/${id}/brownouts`, brownouts(startsAt));
    now = startsAt;
    expect(await saidTo(key.secret)).toBe('SECRET_BROWNOUT');
  });

  it.each([
    ['now', 0],
    ['in the past', -1],
    ['more than 90 days ahead', 90 * day + 1],
  ])('400: to begin %s', async (_name, inMs) => {
    const body = { startsAt: iso(now + inMs), graceSeconds: 60 };
    await expectInvalid(latchkey, 'POST', rotations, body, ['startsAt']);
  });
});

describe('a grace until an instant', () => {
  it('ends the old secret then', async () => {
    const endsAt = now + minute + 1;
    const rotation = await open({ graceEndsAt: iso(endsAt) });
    expect(rotation).toMatchObject({ state: 'open', graceEndsAt: iso(endsAt) });
    now = endsAt - 1;
    expect(await saidTo(key.secret)).toBe(200);
    now = endsAt;
    expect(await saidTo(key.secret)).toBe('SECRET_EXPIRED');
  });

  it.each([
    ['in the past', -1],
    ['more than 90 days ahead', 90 * day + 1],
  ])('400: %s', async (_name, inMs) => {
    const body = { graceEndsAt: iso(now + inMs) };
    await expectInvalid(latchkey, 'POST', rotations, body, ['graceEndsAt']);
  });

  it('400: said in both ways', async () => {
    const both = { graceSeconds: 60, graceEndsAt: iso(now + minute) };
    await expectInvalid(latchkey, 'POST', rotations, both, ['graceSeconds']);
  });
});
