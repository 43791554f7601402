import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { NewCall } from '../../src/core/ports.js';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { exampleCall, TestCallLog } from '../support/call-log.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';

const base = Date.parse('2026-11-01T00:00:00Z');

describeOnEachDatabase('what the secrets of a rotation are used for', (kind) => {
  let home: TestDatabase;
  let log: TestCallLog;
  let writer: CallLogWriter;

  beforeEach(async () => {
    home = await makeDatabase(kind);
    log = await TestCallLog.create(home);
    writer = await log.writer();
  });

  afterEach(async () => {
    await log.close();
    await home.remove();
  });

  const write = (fields: Partial<NewCall>, by = writer) => by.write(exampleCall(by, fields));
  const traffic = (secretId = 'sec_1', rotationId = 'rot_1') =>
    log.rotationUsage.trafficOf(rotationId, secretId);

  it('is counted by rotation and secret, and by address and user agent, whatever the group', async () => {
    const old = { callerIp: '192.0.2.1', userAgent: 'old/1' };
    await Promise.all([
      write({ ...old, at: base + 2 }),
      write({ ...old, at: base + 1, decision: 'denied', route: '/orders' }),
      write({ ...old, at: base + 5, userAgent: null, callerIp: null, route: null }),
      write({ at: base, secretId: 'sec_2' }),
      write({ at: base, rotationId: 'rot_2' }),
      write({ at: base, rotationId: null }),
    ]);
    await write({ ...old, at: base + 9, route: '/orders' });
    expect(await traffic()).toEqual({
      ...{ calls: 4, deniedCalls: 1, brownoutCalls: 0, lastUsedAt: base + 9 },
      callers: [
        {
          ...{ ip: '192.0.2.1', userAgent: 'old/1', calls: 3, deniedCalls: 1, brownoutCalls: 0 },
          ...{ firstSeenAt: base + 1, lastSeenAt: base + 9 },
          routes: ['/contacts/{id}', '/orders'],
        },
        {
          ...{ ip: null, userAgent: null, calls: 1, deniedCalls: 0, brownoutCalls: 0 },
          ...{ firstSeenAt: base + 5, lastSeenAt: base + 5, routes: [] },
        },
      ],
    });
    expect((await traffic('sec_2')).calls).toBe(1);
    expect((await traffic('sec_1', 'rot_2')).calls).toBe(1);
    expect(await traffic('sec_3')).toEqual({
      ...{ calls: 0, deniedCalls: 0, brownoutCalls: 0, lastUsedAt: null, callers: [] },
    });
  });

  it('is read in sum for several rotations at once, and only for those', async () => {
    await Promise.all([
      write({ at: base + 1 }),
      write({ at: base + 2, decision: 'denied' }),
      write({ at: base + 3, secretId: 'sec_2' }),
      write({ at: base + 4, rotationId: 'rot_2' }),
      write({ at: base + 5, rotationId: 'rot_3' }),
    ]);
    const sum = (calls: number, deniedCalls: number, lastUsedAt: number) => ({
      ...{ calls, deniedCalls, brownoutCalls: 0, lastUsedAt },
    });
    expect(await log.rotationUsage.useOfRotations(['rot_1', 'rot_2', 'rot_none'])).toEqual(
      new Map([
        [
          'rot_1',
          new Map([
            ['sec_1', sum(2, 1, base + 2)],
            ['sec_2', sum(1, 0, base + 3)],
          ]),
        ],
        ['rot_2', new Map([['sec_1', sum(1, 0, base + 4)]])],
      ]),
    );
    expect(await log.rotationUsage.useOfRotations([])).toEqual(new Map());
  });

  it('tells a thousand callers apart, others by block, and loses no call', async () => {
    const ipOf = (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    // Each round is written in groups; the first thousand keep their places in the second.
    for (let round = 0; round < 2; round += 1) {
      const writes = Array.from({ length: 3_000 }, (_, i) => {
        return write({ at: base + round * 10_000 + i, callerIp: ipOf(i), userAgent: `agent/${i}` });
      });
      await Promise.all(writes);
    }
    const { calls, callers } = await traffic();
    expect(calls).toBe(6_000);
    expect(callers.reduce((sum, caller) => sum + caller.calls, 0)).toBe(6_000);
    const own = callers.filter(({ ip }) => !ip?.includes('/'));
    expect(own).toHaveLength(1_000);
    for (const caller of own) expect(caller).toMatchObject({ calls: 2 });
    const blocks = callers.filter(({ ip }) => ip?.includes('/'));
    // 10.0.3.0/24 up to 10.0.11.0/24: the addresses from the thousandth on.
    expect(blocks.map(({ ip }) => ip).sort()).toEqual(
      [3, 4, 5, 6, 7, 8, 9, 10, 11].map((third) => `10.0.${third}.0/24`).sort(),
    );
    expect(blocks.every(({ userAgent }) => userAgent === null)).toBe(true);
  });

  it('tells another thousand blocks apart, and counts everybody else in one', async () => {
    const writes = Array.from({ length: 2_500 }, (_, i) =>
      write({ at: base + i, callerIp: `10.${i >> 8}.${i & 255}.1`, userAgent: 'agent' }),
    );
    await Promise.all(writes);
    const { callers } = await traffic();
    expect(callers).toHaveLength(2_001);
    expect(callers.find(({ ip }) => ip === '*')).toMatchObject({ userAgent: null, calls: 500 });
  });

  it('counts apart what was refused because of a brownout', async () => {
    const refused = { decision: 'denied', reason: 'SECRET_BROWNOUT' } as const;
    await Promise.all([
      write(refused),
      write(refused),
      write({ decision: 'denied', reason: null }),
    ]);
    await write(refused);
    expect(await traffic()).toMatchObject({
      ...{ calls: 4, deniedCalls: 4, brownoutCalls: 3 },
      callers: [{ calls: 4, deniedCalls: 4, brownoutCalls: 3 }],
    });
  });

  it('is taken away when no watch can reach back to it, and nothing newer with it', async () => {
    const day = 86_400_000;
    const now = Date.now();
    await write({ at: now - 211 * day, secretId: 'sec_old' });
    await write({ at: now - 209 * day, secretId: 'sec_new' });
    // A writer looks when it has just begun.
    const next = await log.writer({ nodeId: 'nod_next' });
    await write({ at: now }, next);
    expect(await traffic('sec_old')).toMatchObject({ calls: 0, callers: [] });
    expect(await traffic('sec_new')).toMatchObject({ calls: 1, callers: [{ calls: 1 }] });
  });

  it('is known to be counted since the log was begun', async () => {
    const since = await log.rotationUsage.countingSince();
    expect(since).toBeGreaterThan(Date.now() - 60_000);
    expect(since).toBeLessThanOrEqual(Date.now());
  });

  it('keeps at most twenty routes of a caller', async () => {
    await Promise.all(Array.from({ length: 15 }, (_, i) => write({ route: `/a/${i}` })));
    await Promise.all(Array.from({ length: 15 }, (_, i) => write({ route: `/b/${i}` })));
    const [caller] = (await traffic()).callers;
    expect(caller?.calls).toBe(30);
    expect(caller?.routes).toHaveLength(20);
    expect(caller?.routes.slice(0, 15)).toEqual(Array.from({ length: 15 }, (_, i) => `/a/${i}`));
  });

  it('is counted once where nodes write at the same time', async () => {
    if (kind === 'sqlite') return;
    const nodes = [
      writer,
      await log.writer({ nodeId: 'nod_2' }),
      await log.writer({ nodeId: 'nod_3' }),
    ];
    const writes = nodes.flatMap((node) =>
      Array.from({ length: 400 }, (_, i) =>
        write({ at: base + i, callerIp: `192.0.2.${i % 7}`, secretId: `sec_${i % 3}` }, node),
      ),
    );
    await Promise.all(writes);
    const traffics = await Promise.all(['sec_0', 'sec_1', 'sec_2'].map((id) => traffic(id)));
    expect(traffics.reduce((sum, { calls }) => sum + calls, 0)).toBe(1_200);
    for (const { calls, callers } of traffics) {
      expect(callers.reduce((sum, caller) => sum + caller.calls, 0)).toBe(calls);
      expect(callers).toHaveLength(7);
    }
  });
});
