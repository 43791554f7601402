import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NewCall } from '../../src/core/ports.js';
import { callLogMigrator } from '../../src/store/call-log/call-log-data-source.js';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { migrateCallLog } from '../../src/store/call-log/migrate-call-log.js';
import type { LastUse } from '../../src/store/call-log/usage/usage.store.js';
import { completedOutcome, exampleCall, TestCallLog } from '../support/call-log.js';
import { Usage1796000000000 } from '../../src/store/migrations/call-log/1796000000000-usage.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';

const hour = 3_600_000;
const base = Date.parse('2026-11-01T00:00:00Z');

describeOnEachDatabase('what keys are used for', (kind) => {
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

  const write = (fields: Partial<NewCall>, by = writer) =>
    by.write(exampleCall(by, { rotationId: null, ...fields }));
  const expectRowsCounted = () => log.expectCaughtUp();

  it('is what counting the rows says, whatever the calls and the groups', async () => {
    const calls = fc.array(fc.array(aCall(), { maxLength: 40 }), { maxLength: 4 });
    const property = fc.asyncProperty(calls, async (groups) => {
      for (const group of groups) await Promise.all(group.map((call) => write(call)));
      await expectRowsCounted();
    });
    // Few, since each counts the rows of all before it as well.
    await fc.assert(property, { numRuns: 30 });
  });

  it('is counted once for a call that is written before its outcome is known', async () => {
    const call = exampleCall(writer, { method: 'POST', status: null, reason: null, at: base });
    await writer.write(call);
    writer.complete(call.position, completedOutcome);
    await write({ method: 'POST', at: base + 1 });
    await writer.stop();
    expect(await log.store.find(call.id)).toMatchObject({ status: 204 });
    expect(await log.usage.usesOf('key_1', 'route')).toEqual([
      {
        ...{ name: 'svc_1 POST /contacts/{id}', calls: 2, deniedCalls: 0 },
        ...{ firstUsedAt: base, lastUsedAt: base + 1 },
      },
    ]);
    await expectRowsCounted();
  });

  it('tells a thousand addresses apart, others by block, and loses no call', async () => {
    const ipOf = (i: number) => `10.0.${i >> 8}.${i & 255}`;
    for (let round = 0; round < 2; round += 1)
      await Promise.all(upTo(2_000).map((i) => write({ callerIp: ipOf(i) })));
    const callers = await log.usage.usesOf('key_1', 'caller');
    expect(sumOf(callers)).toBe(4_000);
    const own = callers.filter(({ name }) => !name.includes('/'));
    expect(own).toHaveLength(1_000);
    for (const caller of own) expect(caller.calls).toBe(2);
    expect(
      callers
        .map(({ name }) => name)
        .filter((name) => name.includes('/'))
        .sort(),
    ).toEqual(['10.0.3.0/24', '10.0.4.0/24', '10.0.5.0/24', '10.0.6.0/24', '10.0.7.0/24']);
    expect(await placesOf('key_1')).toEqual({ caller: 1_005, route: 1, scope: 1 });
  }, 30_000);

  it('tells another thousand blocks apart, and counts everybody else in one', async () => {
    await Promise.all(upTo(2_500).map((i) => write({ callerIp: `10.${i >> 8}.${i & 255}.1` })));
    const callers = await log.usage.usesOf('key_1', 'caller');
    expect(callers).toHaveLength(2_001);
    expect(callers.find(({ name }) => name === '*')).toMatchObject({ calls: 500 });
  }, 30_000);

  it.each(['route', 'scope'] as const)(
    'tells a thousand names of a %s apart',
    async (named) => {
      const fieldsOf = (i: number) =>
        named === 'route' ? { route: `/r/${i}` } : { usedScopes: [`scope.${i}`] };
      for (let round = 0; round < 2; round += 1)
        await Promise.all(upTo(1_200).map((i) => write(fieldsOf(i))));
      await write({ keyId: 'key_2', secretId: 'sec_2', ...fieldsOf(1_199) });
      const uses = await log.usage.usesOf('key_1', named);
      expect(uses).toHaveLength(1_001);
      expect(uses.find(({ name }) => name === '*')).toMatchObject({ calls: 400 });
      expect(sumOf(uses)).toBe(2_400);
      expect(await log.usage.usesOf('key_2', named)).toMatchObject([{ calls: 1 }]);
    },
    30_000,
  );

  it('tells when each of several keys used its scopes last, and of no other', async () => {
    await Promise.all([
      write({ at: base + 1, usedScopes: ['a.read', 'a.write'] }),
      write({ at: base + 2, usedScopes: ['a.read'] }),
      write({ at: base + 3, usedScopes: ['a.read'], keyId: 'key_2', secretId: 'sec_2' }),
      write({ at: base + 4, usedScopes: ['a.read'], keyId: 'key_3', secretId: 'sec_3' }),
    ]);
    expect(await log.usage.scopesUsedByKeys(['key_1', 'key_2', 'key_none'])).toEqual(
      new Map([
        [
          'key_1',
          new Map([
            ['a.read', base + 2],
            ['a.write', base + 1],
          ]),
        ],
        ['key_2', new Map([['a.read', base + 3]])],
      ]),
    );
    expect(await log.usage.scopesUsedByKeys([])).toEqual(new Map());
  });

  it('counts a route whose name no index could hold with the others', async () => {
    await write({ route: `/{${'語'.repeat(1_000)}}` });
    await write({ route: '/a b\0' });
    const names = (await log.usage.usesOf('key_1', 'route')).map(({ name }) => name).sort();
    expect(names).toEqual(['*', 'svc_1 GET /a b\\u0000']);
  });

  it('is known by key and by secret, also once the rows are gone', async () => {
    const use = { callerIp: '192.0.2.1', userAgent: 'a/1', route: '/a' };
    await write({ ...use, at: base + 5, secretId: 'sec_2' });
    await write({ ...use, at: base + 4, callerIp: '192.0.2.2' });
    await write({ at: base + 3, keyId: 'key_2', secretId: 'sec_3', route: null, userAgent: null });
    await log.query('DELETE FROM call');
    const last = { at: base + 5, ip: '192.0.2.1', userAgent: 'a/1', route: '/a' };
    const before = { ...last, at: base + 4, ip: '192.0.2.2' };
    const other = { at: base + 3, ip: '203.0.113.7', userAgent: null, route: null };
    const never = upTo(2_000).map(String);
    expect(await log.usage.lastUseOf(['key_2', 'key_1', ...never])).toEqual(
      new Map<string, LastUse>([
        ['key_1', last],
        ['key_2', other],
      ]),
    );
    expect(await log.usage.lastUseOfSecrets(['sec_1', ...never, 'sec_2'])).toEqual(
      new Map([
        ['sec_1', before],
        ['sec_2', last],
      ]),
    );
    expect(await log.usage.lastUseOf([])).toEqual(new Map());
    expect(await log.usage.secretsOf('key_1')).toEqual([
      { secretId: 'sec_2', calls: 1, deniedCalls: 0, lastUse: last },
      { secretId: 'sec_1', calls: 1, deniedCalls: 0, lastUse: before },
    ]);
  });

  it('is told by the hour, with the reasons of what was denied', async () => {
    const denied = { decision: 'denied', reason: 'SCOPE_MISSING' } as const;
    await Promise.all([
      write({ at: base - 1 }),
      write({ at: base }),
      write({ at: base + hour - 1, ...denied, secretId: 'sec_2' }),
      write({ at: base + hour - 1, ...denied }),
      write({ at: base + 1, ...denied, reason: 'IP_NOT_ALLOWED' }),
      write({ at: base + 2 * hour }),
      write({ at: base + 3 * hour }),
      write({ at: base, keyId: 'key_2', secretId: 'sec_3' }),
    ]);
    const period = { from: base, to: base + 3 * hour };
    expect(await log.usage.hoursOf('key_1', period)).toEqual([
      {
        ...{ hour: base, calls: 4, deniedCalls: 3 },
        denials: [
          { reason: 'SCOPE_MISSING', calls: 2 },
          { reason: 'IP_NOT_ALLOWED', calls: 1 },
        ],
      },
      { hour: base + 2 * hour, calls: 1, deniedCalls: 0, denials: [] },
    ]);
  });

  it('tells the hours of several keys at once, and of no other', async () => {
    const denied = { decision: 'denied', reason: 'SCOPE_MISSING' } as const;
    await Promise.all([
      write({ at: base - 1 }),
      write({ at: base }),
      write({ at: base + hour - 1, ...denied, secretId: 'sec_2' }),
      write({ at: base + 2 * hour }),
      write({ at: base + hour, keyId: 'key_2', secretId: 'sec_3', ...denied }),
      write({ at: base, keyId: 'key_3', secretId: 'sec_4' }),
    ]);
    expect(await log.usage.hoursOfKeys(['key_1', 'key_2', 'key_none'], base + 5)).toEqual(
      new Map([
        [
          'key_1',
          [
            { hour: base, calls: 2, deniedCalls: 1 },
            { hour: base + 2 * hour, calls: 1, deniedCalls: 0 },
          ],
        ],
        ['key_2', [{ hour: base + hour, calls: 1, deniedCalls: 1 }]],
      ]),
    );
    expect(await log.usage.hoursOfKeys([], base)).toEqual(new Map());
    const nothing = undefined as unknown as number;
    await expect(log.usage.hoursOfKeys(['key_1'], nothing)).rejects.toThrow('not given');
  });

  it('names the scopes that a key, or an account, ever used', async () => {
    const other = { keyId: 'key_2', secretId: 'sec_2' };
    await write({ at: base, usedScopes: ['a', 'b'] });
    await write({ at: base + 1, ...other, usedScopes: ['a'] });
    await write({ at: base + 2, decision: 'denied', usedScopes: [], missingScopes: ['c'] });
    await write({ at: base + 3, accountId: 'acc_2', keyId: 'key_3', secretId: 'sec_3' });
    const ofKey = await log.usage.scopesUsed({ keyId: 'key_1' });
    expect(ofKey).toEqual(new Map([['a', base], ['b', base]])); // prettier-ignore
    const ofAccount = await log.usage.scopesUsed({ accountId: 'acc_1' });
    expect(ofAccount).toEqual(new Map([['a', base + 1], ['b', base]])); // prettier-ignore
    const nothing = undefined as unknown as string;
    await expect(log.usage.scopesUsed({ keyId: nothing })).rejects.toThrow('not given');
    await expect(log.usage.scopesUsed({ accountId: nothing })).rejects.toThrow('not given');
    await expect(log.usage.usesOf(nothing, 'scope')).rejects.toThrow('not given');
    await expect(log.usage.lastUseOf([nothing])).rejects.toThrow('not given');
    const period = { from: 0, to: nothing as unknown as number };
    await expect(log.usage.hoursOf('key_1', period)).rejects.toThrow('not given');
  });

  it('lists who used a key for the first time that others had used before', async () => {
    const before = Date.now();
    await write({ at: base, callerIp: '192.0.2.1' });
    await write({ at: base, callerIp: '192.0.2.1', keyId: 'key_2', secretId: 'sec_2' });
    expect(await log.usage.callersFirstSeenAfter(before, 10)).toEqual([]);
    await write({ at: base + 3, callerIp: '192.0.2.3', decision: 'denied' });
    // They are told in the order in which they were counted, to the millisecond.
    await writer.caughtUp();
    await sleep(2);
    await write({ at: base + 2, callerIp: '192.0.2.2' });
    await write({ at: base + 1, callerIp: '192.0.2.3' });
    const found = await log.usage.callersFirstSeenAfter(before, 10);
    expect(found).toEqual([
      {
        ...{ addedAt: expect.any(Number), keyId: 'key_1', ip: '192.0.2.3' },
        ...{ firstSeenAt: base + 1, lastSeenAt: base + 3, calls: 2, deniedCalls: 1 },
      },
      {
        ...{ addedAt: expect.any(Number), keyId: 'key_1', ip: '192.0.2.2' },
        ...{ firstSeenAt: base + 2, lastSeenAt: base + 2, calls: 1, deniedCalls: 0 },
      },
    ]);
    const [first, second] = found as [(typeof found)[0], (typeof found)[0]];
    expect(await log.usage.callersFirstSeenAfter(before, 1)).toEqual([first]);
    expect(await log.usage.callersFirstSeenAfter(first, 10)).toEqual([second]);
    expect(await log.usage.callersFirstSeenAfter(second, 10)).toEqual([]);
    expect(await log.usage.callersFirstSeenAfter(second.addedAt + 1, 10)).toEqual([]);
  });

  it('is counted since an update that says so; the last use, and its route, from the log before it', async () => {
    const migrator = callLogMigrator(log.url);
    await write({ at: base + 1, route: '/first' });
    await write({ at: base + 2, route: '/last' });
    await write({ at: base + 1, route: '/late' });
    await write({ at: base + 3, route: null, secretId: 'sec_2' });
    await writer.stop();
    await migrator.initialize();
    const since = migrator.migrations.findIndex((one) => one instanceof Usage1796000000000);
    expect(since).toBeGreaterThan(0);
    for (const _migration of migrator.migrations.slice(since)) await migrator.undoLastMigration();
    await migrator.destroy();
    const begun = Date.now();
    await migrateCallLog(log.url);
    expect(await log.usage.countingSince()).toBeGreaterThanOrEqual(begun);
    expect(await log.usage.countingSince()).toBeLessThanOrEqual(Date.now());
    const uses = await log.usage.lastUseOfSecrets(['sec_1', 'sec_2']);
    expect(uses.get('sec_1')).toMatchObject({ at: base + 2, route: '/last' });
    expect(uses.get('sec_2')).toMatchObject({ at: base + 3, route: null });
    expect(await log.usage.usesOf('key_1', 'caller')).toEqual([]);
  });

  if (kind === 'postgres') {
    it('is counted once where nodes write at the same time, and none waits for another for ever', async () => {
      const nodes = [
        writer,
        await log.writer({ nodeId: 'nod_2' }),
        await log.writer({ nodeId: 'nod_3' }),
      ];
      const mixed = (node: number, i: number): Partial<NewCall> => {
        // Each node meets the keys in another order, and has a secret of its own for each: what they share is the keys.
        const n = (i * [1, 7, 9][node]! + 3 * node) % 40;
        const secretId = `sec_${n % 10}_${node}`;
        const fields = { keyId: `key_${n % 10}`, secretId, route: `/r/${n % 7}` };
        return { ...fields, callerIp: `192.0.2.${(n * 3) % 13}`, usedScopes: [`s.${n % 3}`, 's'] };
      };
      for (let round = 0; round < 20; round += 1) {
        const writes = nodes.flatMap((by, node) => upTo(60).map((i) => write(mixed(node, i), by)));
        await Promise.all(writes);
      }
      await expectRowsCounted();
    }, 30_000);

    it('never has more places than there are, whoever gives them', async () => {
      const nodes = [writer, await log.writer({ nodeId: 'nod_2' })];
      const ipOf = (i: number) => `10.0.${i >> 8}.${i & 255}`;
      await Promise.all(
        nodes.flatMap((by) => upTo(1_500).map((i) => write({ callerIp: ipOf(i) }, by))),
      );
      const callers = await log.usage.usesOf('key_1', 'caller');
      expect(callers.filter(({ name }) => !name.includes('/'))).toHaveLength(1_000);
      expect(sumOf(callers)).toBe(3_000);
      expect((await placesOf('key_1'))?.caller).toBe(callers.length);
    }, 30_000);
  }

  async function placesOf(keyId: string) {
    const [row] = await log.query<Record<'caller' | 'route' | 'scope', string>>(
      `SELECT caller, route, scope FROM key_usage_places WHERE key_id = '${keyId}'`,
    );
    return row && Object.fromEntries(Object.entries(row).map(([name, n]) => [name, Number(n)]));
  }
});

function aCall(): fc.Arbitrary<Partial<NewCall>> {
  const fields = fc.record({
    at: fc.integer({ min: base, max: base + 3 * hour }),
    secret: fc.option(fc.integer({ min: 1, max: 6 })),
    callerIp: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1', null),
    userAgent: fc.constantFrom('a/1', null),
    serviceId: fc.constantFrom('svc_1', null),
    method: fc.constantFrom('GET', 'POST'),
    route: fc.constantFrom('/contacts', '/contacts/{id}', null),
    reason: fc.constantFrom('SCOPE_MISSING', 'IP_NOT_ALLOWED', null),
    scopes: fc.subarray(['a', 'b', 'c']),
  });
  return fields.map(({ secret, scopes, reason, ...call }) => ({
    ...call,
    reason,
    // Of every key two secrets.
    keyId: secret === null ? null : `key_${secret >> 1}`,
    secretId: secret === null ? null : `sec_${secret}`,
    decision: reason === null ? 'allowed' : 'denied',
    usedScopes: reason === null ? scopes : [],
    status: null,
  }));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function sumOf(uses: readonly { readonly calls: number }[]): number {
  return uses.reduce((sum, { calls }) => sum + calls, 0);
}
