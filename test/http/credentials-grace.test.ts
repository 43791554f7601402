import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial, expectNoSecret } from '../support/denials.js';
import {
  startTestLatchkey,
  type Answer,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const graceSeconds = 3_600;

describe('rotation, seen by the callers', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let rows: NewRows;
  let now = Date.parse('2030-06-01T12:00:00.123Z');

  beforeAll(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey({}, { wallClock: () => now });
    crm = await publishCrm(latchkey, upstream.url);
    rows = new NewRows(latchkey);
  });

  afterAll(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  const rotationsOf = (key: Json) => `/v1/accounts/${crm.accountId}/keys/${key.id}/rotations`;
  const rotate = (key: Json) => latchkey.manage('POST', rotationsOf(key), { graceSeconds });
  const doors: [string, (secret: string) => Promise<Answer>][] = [
    ['gateway', (secret) => latchkey.call('GET', `/crm/contacts?hapikey=${secret}`)],
    ['gateway, unsafe', (secret) => latchkey.call('POST', '/crm/contacts', { secret, body: {} })],
    ['self', (secret) => latchkey.call('GET', '/latchkey/v1/self', { secret })],
    [
      'management',
      (secret) => latchkey.ask('GET', '/v1/accounts', { headers: { 'x-access-token': secret } }),
    ],
  ];
  const scopes = ['contacts.read', 'contacts.write', 'latchkey.accounts.read'];

  it.each(doors)(
    '#45 both secrets work to the last millisecond of the grace, then the old one says when it ended and by which rotation (%s)',
    async (_name, send) => {
      const key = await crm.makeKey({ scopes });
      const startedAt = now;
      const rotation = await rotate(key);
      const endsAt = startedAt + graceSeconds * 1000;
      expect(rotation.graceEndsAt).toBe(new Date(endsAt).toISOString());
      const [old, fresh] = [key.secret, rotation.secret];
      for (const time of [startedAt, endsAt - 1]) {
        now = time;
        for (const secret of [old, fresh]) expect((await send(secret)).status).toBe(200);
      }
      await rows.skip();
      now = endsAt;
      const denied = await send(old);
      const made = await rows.take(1);
      const row = {
        keyId: key.id,
        secretId: key.secrets[0].id,
        secretState: 'expired',
        rotationId: rotation.id,
      };
      const detail = expectDenial(denied, 'SECRET_EXPIRED', made, {
        ...row,
        at: new Date(endsAt).toISOString(),
        callerIp: '127.0.0.1',
      });
      expect(detail.context).toEqual({ endedAt: rotation.graceEndsAt, rotationId: rotation.id });
      expect(denied.json.message).toContain(rotation.graceEndsAt);
      expectNoSecret([old, fresh], denied, made);
      expect((await send(fresh)).status).toBe(200);
      await rows.skip();
      // #52: a clock that goes back brings no secret back to life.
      now = endsAt - 60_000;
      expectDenial(await send(old), 'SECRET_EXPIRED', await rows.take(1), row);
      now = endsAt + 1;
    },
  );

  it('#45 in the grace the old secret is told when it retires, the new one is not', async () => {
    const key = await crm.makeKey({ scopes });
    const rotation = await rotate(key);
    for (const [, send] of doors.slice(0, 3)) {
      const old = await send(key.secret);
      expect(old.headers.get('latchkey-secret-retires')).toBe(rotation.graceEndsAt);
      expect(old.headers.get('deprecation')).toBe(
        `@${Math.floor(Date.parse(rotation.startedAt) / 1000)}`,
      );
      expect(old.headers.get('sunset')).toBe(new Date(rotation.graceEndsAt).toUTCString());
      const fresh = await send(rotation.secret);
      for (const name of ['latchkey-secret-retires', 'deprecation', 'sunset'])
        expect(fresh.headers.get(name)).toBeNull();
    }
    await rows.skip();
    await doors[0]?.[1](key.secret);
    await doors[0]?.[1](rotation.secret);
    expect(await rows.take(2)).toMatchObject([
      { secretState: 'retiring', rotationId: rotation.id, secretStart: key.secrets[0].start },
      {
        secretState: 'current',
        rotationId: rotation.id,
        secretStart: rotation.secret.slice(0, 12),
      },
    ]);
  });

  it('#45 without grace the old secret ends with the answer', async () => {
    const key = await crm.makeKey({ scopes });
    const rotation = await latchkey.manage('POST', rotationsOf(key), { graceSeconds: 0 });
    await rows.skip();
    for (const [, send] of doors) {
      expectDenial(await send(key.secret), 'SECRET_EXPIRED', await rows.take(1), {
        rotationId: rotation.id,
      });
      expect((await send(rotation.secret)).status).toBe(200);
      await rows.skip();
    }
  });

  it('#47 a key revoked in the grace ends with both its secrets', async () => {
    const key = await crm.makeKey({ scopes });
    const rotation = await rotate(key);
    await latchkey.manage('POST', rotationsOf(key).replace(/rotations$/, 'revoke'));
    await rows.skip();
    for (const [, send] of doors) {
      for (const secret of [key.secret, rotation.secret]) {
        expectDenial(await send(secret), 'KEY_REVOKED', await rows.take(1), { keyId: key.id });
      }
    }
  });
});
