import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectNoSecret } from '../support/denials.js';
import { doorNames } from '../support/doors.js';
import { doorsOf, everyDoorScopes, expectAtEveryDoor } from '../support/every-door.js';
import type { CallRow, Json } from '../support/latchkey.js';
import {
  expectInvalid,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { NewEvents } from '../support/new-events.js';
import { NewRows } from '../support/new-rows.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const minute = 60_000;
const day = 24 * 60 * minute;

let latchkey: Management;
let upstream: RecordingUpstream;
let crm: Crm;
let rows: NewRows;
let events: NewEvents;
let now = Date.UTC(2030, 0, 1);
let key: Json;
let at: string;

beforeAll(async () => {
  upstream = await startUpstream();
  latchkey = await startManagement({}, { wallClock: () => now });
  crm = await publishCrm(latchkey, upstream.url);
  rows = new NewRows(latchkey);
  events = new NewEvents(latchkey, crm.accountId);
});

beforeEach(async () => {
  now += minute;
  key = await crm.makeKey({ scopes: everyDoorScopes });
  at = `/v1/accounts/${crm.accountId}/keys/${key.id}`;
  await events.skip();
});

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

const iso = (time: number): string => new Date(time).toISOString();
const read = (path = at): Promise<Json> => latchkey.manage('GET', path);
const statesOf = async (): Promise<string[]> =>
  (await read()).secrets.map((secret: Json) => secret.state);

const open = async (graceSeconds = 3600): Promise<Json> => {
  const rotation = await latchkey.manage('POST', `${at}/rotations`, { graceSeconds });
  await events.skip();
  return rotation;
};

const step = ({ id }: Json, name: string, body?: Json): Promise<Json> =>
  latchkey.manage('POST', `${at}/rotations/${id}/${name}`, body);

/** The same as a request that is expected to be refused. */
const refusedStep = ({ id }: Json, name: string, body?: Json) => ({
  ...{ method: 'POST', path: `${at}/rotations/${id}/${name}`, body },
  secret: latchkey.operatorKey,
});

/** Every door lets it in, or denies it for this reason. */
const expectSaid = (secret: string, expected: string | 200, row: CallRow = {}): Promise<void> =>
  expectAtEveryDoor(latchkey, rows, secret, expected, { keyId: key.id, ...row });

const expectEvent = (action: string, before: Json, after: Json, rotation: Json): Promise<void> => {
  const actor = { kind: 'key', id: latchkey.operatorKeyId };
  const target = { type: 'key', id: key.id };
  const secrets = [key.secret, rotation.secret];
  return events.expectOne({ action, actor, target, before, after }, secrets);
};

describe('cancel', () => {
  it.each(doorNames)(
    '#51 after the new secret was used (%s) → 409 with its traffic; forced, it ends all the same',
    async (door) => {
      const rotation = await open();
      now += 1000;
      expect((await doorsOf(latchkey)[door](rotation.secret)).status).toBe(200);
      await rows.skip();
      const request = refusedStep(rotation, 'cancel', {});
      const used = refusals.conflict('REPLACING_SECRET_USED');
      const answer = await expectRefused(latchkey, request, used, {
        keyId: latchkey.operatorKeyId,
      });
      const traffic = {
        secretId: rotation.replacing.secretId,
        calls: 1,
        deniedCalls: 0,
        brownoutCalls: 0,
        lastUsedAt: iso(now),
        callers: [
          {
            ...{ ip: '127.0.0.1', userAgent: 'node', calls: 1, deniedCalls: 0, brownoutCalls: 0 },
            ...{ firstSeenAt: iso(now), lastSeenAt: iso(now), routes: [expect.any(String)] },
          },
        ],
      };
      expect(answer.json.errors[0].context).toEqual({ traffic });
      expect(await events.take()).toEqual([]);
      expect(await statesOf()).toEqual(['retiring', 'current']);

      const cancelled = await step(rotation, 'cancel', { force: true });
      expect(cancelled).toMatchObject({
        state: 'cancelled',
        endedAt: iso(now),
        replacing: traffic,
      });
      await expectSaid(rotation.secret, 'SECRET_REVOKED', {
        ...{
          secretId: rotation.replacing.secretId,
          secretState: 'revoked',
          rotationId: rotation.id,
        },
      });
      await expectEvent(
        'rotation.cancelled',
        { id: rotation.id, standing: 'open', endedAt: null },
        { id: rotation.id, standing: 'cancelled', endedAt: iso(now) },
        rotation,
      );
    },
  );

  it('the old secret is current again, for good: nothing retires it any more', async () => {
    const rotation = await open(60);
    await step(rotation, 'cancel');
    now += 2 * minute;
    const { secrets, openRotation } = await read();
    expect(openRotation).toBeNull();
    expect(secrets).toMatchObject([{ state: 'current', expiresAt: null }, { state: 'revoked' }]);
    const answer = await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
    expect(answer.json).toMatchObject({
      secret: { state: 'current', endsAt: null },
      rotation: null,
    });
    for (const header of ['latchkey-secret-retires', 'deprecation', 'sunset'])
      expect(answer.headers.has(header)).toBe(false);
    expect((await read(`${at}/rotations/${rotation.id}`)).state).toBe('cancelled');
  });

  it.each([[{ force: 'true' }], [{ force: null }], [{ force: 1 }]])('400: %j', async (body) => {
    const { id } = await open();
    await expectInvalid(latchkey, 'POST', `${at}/rotations/${id}/cancel`, body, ['force']);
    expect(await statesOf()).toEqual(['retiring', 'current']);
  });
});

it('finish ends the old secret at once, at every door; the new one stays', async () => {
  const rotation = await open();
  await expectSaid(key.secret, 200);
  now += minute;
  expect(await step(rotation, 'finish')).toMatchObject({ state: 'finished', endedAt: iso(now) });
  await expectSaid(key.secret, 'SECRET_EXPIRED', {
    ...{ secretId: key.secrets[0].id, secretState: 'expired', rotationId: rotation.id },
  });
  const denied = await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
  const context = { endedAt: iso(now), rotationId: rotation.id };
  expect(denied.json.errors[0].context).toEqual(context);
  await expectSaid(rotation.secret, 200);
  const open1 = { id: rotation.id, standing: 'open', endedAt: null };
  const after = { ...open1, standing: 'finished', endedAt: iso(now) };
  await expectEvent('rotation.finished', open1, after, rotation);
});

describe('extend', () => {
  it.each([
    ['later', 90 * minute],
    ['sooner', 1000],
    ['to 90 days after the start, the latest there is', 90 * day],
  ])('%s: the old secret works to the last millisecond, and is told when', async (_name, byMs) => {
    const rotation = await open();
    const graceEndsAt = iso(now + byMs);
    expect(await step(rotation, 'extend', { graceEndsAt })).toMatchObject({
      ...{ state: 'open', graceEndsAt, startedAt: rotation.startedAt, endedAt: null },
    });
    now += byMs - 1;
    const last = await latchkey.call('GET', '/crm/contacts', { secret: key.secret });
    expect(last.status).toBe(200);
    expect(last.headers.get('latchkey-secret-retires')).toBe(graceEndsAt);
    now += 1;
    await expectSaid(key.secret, 'SECRET_EXPIRED', { rotationId: rotation.id });
    await expectSaid(rotation.secret, 200);
    const before = { id: rotation.id, graceEndsAt: rotation.graceEndsAt };
    const after = { id: rotation.id, graceEndsAt };
    await expectEvent('rotation.extended', before, after, rotation);
  });

  it('the longest grace counts from the start, however often it is moved', async () => {
    const rotation = await open(60);
    const path = `${at}/rotations/${rotation.id}/extend`;
    await step(rotation, 'extend', { graceEndsAt: iso(now + 90 * day) });
    now += 80 * day;
    for (const time of [now + 10 * day + 1, now - 1, now - 80 * day]) {
      await expectInvalid(latchkey, 'POST', path, { graceEndsAt: iso(time) }, ['graceEndsAt']);
    }
    const kept = await read(`${at}/rotations/${rotation.id}`);
    expect(kept).toMatchObject({ state: 'open', graceEndsAt: iso(now + 10 * day) });
    expect(await events.take()).toHaveLength(1);
  });
});

const endings: [state: string, end: (rotation: Json) => Promise<unknown>][] = [
  ['finished', (rotation) => step(rotation, 'finish')],
  ['expired', async () => (now += 60 * minute)],
  ['cancelled', (rotation) => step(rotation, 'cancel')],
];

describe.each(endings)('a rotation that is %s', (state, end) => {
  it.each(['finish', 'cancel', 'extend', 'reissue'])(
    '409 for %s; nothing is changed, and no event written',
    async (name) => {
      const rotation = await open();
      await end(rotation);
      await events.skip();
      const before = [await read(), await read(`${at}/rotations/${rotation.id}`)];
      const body =
        name === 'extend' ? { graceEndsAt: iso(now + minute) } : name === 'cancel' ? { force: true } : undefined;
      const refused = refusals.conflict('ROTATION_NOT_OPEN');
      const answer = await expectRefused(latchkey, refusedStep(rotation, name, body), refused);
      expect(answer.json.errors[0].context).toEqual({ state });
      expectNoSecret([key.secret, rotation.secret], answer, []);
      expect([await read(), await read(`${at}/rotations/${rotation.id}`)]).toEqual(before);
      expect(await events.take()).toEqual([]);
    },
  ); // prettier-ignore

  it('makes way for a new one, which retires the secret that is current', async () => {
    const first = await open();
    await end(first);
    const current = state === 'cancelled' ? key.secret : first.secret;
    const second = await open(60);
    expect((await read()).openRotation.id).toBe(second.id);
    await expectSaid(current, 200);
    await expectSaid(second.secret, 200);
    now += minute;
    await expectSaid(current, 'SECRET_EXPIRED', { rotationId: second.id });
    await expectSaid(second.secret, 200);
    expect((await read(`${at}/rotations/${first.id}`)).state).toBe(state);
  });
});

it.each(['finish', 'cancel', 'extend', 'reissue'])(
  '404 for %s of a rotation of another key, of another account, or of none',
  async (name) => {
    const rotation = await open();
    const neighbour = await crm.makeKey();
    const account = await latchkey.openAccount();
    const foreign = await latchkey.makeKey(account.id);
    const keys = `/v1/accounts/${crm.accountId}/keys`;
    const body = name === 'extend' ? { graceEndsAt: iso(now + minute) } : undefined;
    await events.skip();
    for (const path of [
      `${keys}/${neighbour.id}/rotations/${rotation.id}`,
      `/v1/accounts/${account.id}/keys/${foreign.id}/rotations/${rotation.id}`,
      `/v1/accounts/${account.id}/keys/${key.id}/rotations/${rotation.id}`,
      `${keys}/${key.id}/rotations/rot_00000000000000000000`,
    ]) {
      const request = { method: 'POST', path: `${path}/${name}`, secret: latchkey.operatorKey, body };
      await expectRefused(latchkey, request, refusals.notFound);
    }
    expect((await read(`${at}/rotations/${rotation.id}`)).state).toBe('open');
    expect(await events.take()).toEqual([]);
  },
); // prettier-ignore

it('#47 a key revoked in the grace ends with both its secrets, and its rotation with it', async () => {
  const rotation = await open();
  now += minute;
  await latchkey.manage('POST', `${at}/revoke`);
  for (const secret of [key.secret, rotation.secret]) await expectSaid(secret, 'KEY_REVOKED');
  const ended = { state: 'finished', endedAt: iso(now) };
  expect(await read(`${at}/rotations/${rotation.id}`)).toMatchObject(ended);
  await expectEvent('key.revoked', { standing: 'active' }, { standing: 'revoked' }, rotation);
  for (const name of ['finish', 'cancel', 'extend', 'reissue']) {
    const body = name === 'extend' ? { graceEndsAt: iso(now + minute) } : undefined;
    const revoked = refusals.conflict('KEY_REVOKED');
    await expectRefused(latchkey, refusedStep(rotation, name, body), revoked);
  }
});
