import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial } from '../support/denials.js';
import type { Json } from '../support/latchkey.js';
import {
  expectInvalid,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const minute = 60_000;
const iso = (time: number) => new Date(time).toISOString();

let now = Date.parse('2030-01-01T00:00:00.000Z');
let latchkey: Management;
let upstream: RecordingUpstream;
let crm: Crm;
let key: Json;
let rotation: Json;
let path: string;

beforeAll(async () => {
  upstream = await startUpstream();
  latchkey = await startManagement({}, { wallClock: () => now });
  crm = await publishCrm(latchkey, upstream.url);
});

beforeEach(async () => {
  now += minute;
  key = await crm.makeKey();
  const rotations = `/v1/accounts/${crm.accountId}/keys/${key.id}/rotations`;
  rotation = await latchkey.manage('POST', rotations, { graceSeconds: 86_400 });
  path = `${rotations}/${rotation.id}`;
  upstream.calls.length = 0;
  await latchkey.newRows.skip();
});

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

const call = (secret: string) => latchkey.call('GET', '/crm/contacts', { secret });
const plan = (...windows: [number, number][]): Promise<Json> =>
  latchkey.manage('PUT', `${path}/brownouts`, {
    brownouts: windows.map(([startsAt, endsAt]) => ({
      startsAt: iso(startsAt),
      endsAt: iso(endsAt),
    })),
  });

describe('a brownout', () => {
  it('refuses the old secret to the millisecond, and lets the new one through', async () => {
    const [startsAt, endsAt] = [now + 5 * minute, now + 15 * minute];
    const planned = await plan([startsAt, endsAt]);
    expect(planned.brownouts).toEqual([{ startsAt: iso(startsAt), endsAt: iso(endsAt) }]);
    now = startsAt - 1;
    expect((await call(key.secret)).status).toBe(200);
    await latchkey.newRows.skip();
    now = startsAt;
    const refused = await call(key.secret);
    const detail = expectDenial(refused, 'SECRET_BROWNOUT', await latchkey.newRows.take(1), {
      ...{ keyId: key.id, secretState: 'retiring', rotationId: rotation.id },
    });
    expect(detail.context).toEqual({ worksAgainAt: iso(endsAt), rotationId: rotation.id });
    expect(refused.json.message).toContain(iso(endsAt));
    expect(refused.headers.get('retry-after')).toBe('600');
    expect(refused.headers.get('latchkey-secret-retires')).toBe(rotation.graceEndsAt);
    expect((await call(rotation.secret)).status).toBe(200);
    now = endsAt - 1;
    expect((await call(key.secret)).headers.get('retry-after')).toBe('1');
    now = endsAt;
    expect((await call(key.secret)).status).toBe(200);
    expect(upstream.calls).toHaveLength(3);
    const shown = await latchkey.manage('GET', path);
    expect(shown.retiring).toMatchObject({ calls: 4, deniedCalls: 2, brownoutCalls: 2 });
    expect(shown.replacing).toMatchObject({ calls: 1, brownoutCalls: 0 });
  });

  it('is in force on what a node remembers, and can be taken back before it begins', async () => {
    await call(key.secret);
    await plan([now + minute, now + 2 * minute]);
    expect((await plan()).brownouts).toEqual([]);
    now += minute;
    expect((await call(key.secret)).status).toBe(200);
    await plan([now, now + minute]);
    expect((await call(key.secret)).json.reason).toBe('SECRET_BROWNOUT');
    // It has begun, so it stays.
    expect((await plan()).brownouts).toHaveLength(1);
    expect((await call(key.secret)).json.reason).toBe('SECRET_BROWNOUT');
  });

  it('is on the trail', async () => {
    const planned = await plan([now + minute, now + 2 * minute]);
    const events = `/v1/accounts/${crm.accountId}/audit-events?limit=1`;
    expect((await latchkey.manage('GET', events)).results).toMatchObject([
      {
        action: 'rotation.brownouts_planned',
        target: { type: 'key', id: key.id },
        before: { brownouts: [] },
        after: { brownouts: planned.brownouts },
      },
    ]);
  });

  it('does not outlive its rotation: after the end the reason is the end', async () => {
    await plan([now + minute, now + 2 * minute]);
    now += minute;
    await latchkey.manage('POST', `${path}/finish`);
    expect((await call(key.secret)).json.reason).toBe('SECRET_EXPIRED');
  });

  it('goes with a cancelled rotation, whose old secret works on', async () => {
    await plan([now + minute, now + 2 * minute]);
    now += minute;
    await latchkey.manage('POST', `${path}/cancel`);
    expect((await call(key.secret)).status).toBe(200);
  });
});

describe('PUT …/brownouts', () => {
  const window = (startsAt: unknown, endsAt: unknown) => ({ brownouts: [{ startsAt, endsAt }] });
  const invalid: [string, () => unknown, string[]][] = [
    ['nothing', () => ({}), ['brownouts']],
    ['no list', () => ({ brownouts: 'tomorrow' }), ['brownouts']],
    ['no times', () => window('soon', 5), ['brownouts.0.startsAt', 'brownouts.0.endsAt']],
    ['the past', () => window(iso(now - 1), iso(now + minute)), ['brownouts']],
    ['more than an hour', () => window(iso(now), iso(now + 61 * minute)), ['brownouts']],
    ['beyond the grace', () => window(rotation.graceEndsAt, iso(now + 86_460_000)), ['brownouts']],
    ['another property', () => ({ brownouts: [], force: true }), ['force']],
  ];
  it.each(invalid)('400: %s', async (_name, body, fields) => {
    await expectInvalid(latchkey, 'PUT', `${path}/brownouts`, body(), fields);
    expect((await latchkey.manage('GET', path)).brownouts).toEqual([]);
  });

  it('409 once the rotation is over', async () => {
    await latchkey.manage('POST', `${path}/finish`);
    const request = { method: 'PUT', path: `${path}/brownouts`, secret: latchkey.operatorKey };
    const refused = refusals.conflict('ROTATION_NOT_OPEN');
    await expectRefused(latchkey, { ...request, body: { brownouts: [] } }, refused);
  });
});
