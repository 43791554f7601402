import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { LogUnavailableError, type NewCall } from '../../src/core/ports.js';
import { completedOutcome, exampleCall, TestCallLog } from '../support/call-log.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';

const modes = ['durable', 'committed', 'buffered'] as const;

describeOnEachDatabase('the call log', (kind) => {
  let home: TestDatabase;
  let log: TestCallLog;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    log = await TestCallLog.create(home);
  });

  afterEach(() => log.clear());

  afterAll(async () => {
    await log.close();
    await home.remove();
  });

  const seqs = async () => {
    const rows = await log.query<{ seq: string }>('SELECT seq FROM call ORDER BY seq');
    return rows.map(({ seq }) => Number(seq));
  };
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

  describe('a row', () => {
    const nothing: Partial<NewCall> = {
      ...{ accountId: null, keyId: null, keyName: null, environment: null, secretId: null },
      ...{ secretStart: null, secretState: null, rotationId: null, credential: 'none' },
      ...{ actor: null, serviceId: null, host: null, query: null, route: null, reason: null },
      ...{ requiredScopes: [], usedScopes: [], missingScopes: [], wouldDeny: null, status: null },
      ...{ upstreamStatus: null, callerIp: null, forwardedFor: null, userAgent: null },
      ...{ clientRequestId: null, durationMs: null, upstreamMs: null },
      ...{ requestBytes: null, responseBytes: null },
    };
    const wide: Partial<NewCall> = {
      ...{
        accountId: 'acc_🗝',
        keyName: 'Schlüssel "🗝", \\ { } 漢字',
        actor: '🧑‍💻',
        host: '例え.🌍',
      },
      ...{ path: '/😀/%F0%9F%98%80', query: 'q=🎈', route: '/{🎈}', userAgent: '🦊/1' },
      ...{
        requiredScopes: ['a"b', '🗝.read', '{,}'],
        usedScopes: ['NULL', ''],
        missingScopes: ['\\'],
      },
      ...{ clientRequestId: '𝒳', forwardedFor: "', ''); --" },
    };
    const rows: [string, Partial<NewCall>][] = [
      ['a value in every field', {}],
      ['nothing where nothing is allowed', nothing],
      ['characters of four bytes, quotes and braces', wide],
      ['an IPv6 caller', { callerIp: '2001:db8::7', peerIp: '::1' }],
      ['long texts', { path: `/${'p'.repeat(2047)}`, userAgent: '🦊'.repeat(128) }],
      [
        'large and fractional numbers',
        { requestBytes: 2 ** 53 - 1, durationMs: 0.1 + 0.2, upstreamMs: 0 },
      ],
    ];

    it.each(rows)('comes back as it went in: %s', async (_what, fields) => {
      const writer = await log.writer({ nodeId: 'nod_🌐' });
      const call = exampleCall(writer, fields);
      await writer.write(call);
      expect(await log.store.find(call.id)).toEqual({ ...call, nodeId: 'nod_🌐', seq: 1 });
    });

    it('is kept even with what PostgreSQL takes in no text', async () => {
      const writer = await log.writer();
      const call = exampleCall(writer, { host: 'a\0b', actor: '\ud800' });
      await writer.write(call);
      expect((await log.store.find(call.id))?.actor).toContain('\ufffd');
    });

    it('is found by its whole id only', async () => {
      const writer = await log.writer();
      const call = exampleCall(writer);
      await writer.write(call);
      const otherTail = `${call.id.slice(0, -1)}${call.id.endsWith('0') ? '1' : '0'}`;
      for (const id of [otherTail, 'call_1', '', "' OR 1 = 1"])
        expect(await log.store.find(id)).toBeNull();
    });
  });

  describe('a write', () => {
    it.each(['durable', 'committed'] as const)(
      'that is %s resolves when others see the row',
      async (mode) => {
        const writer = await log.writer({ mode });
        const one = async () => {
          const call = exampleCall(writer);
          await writer.write(call);
          expect((await log.store.find(call.id))?.id).toBe(call.id);
        };
        await Promise.all(Array.from({ length: 100 }, one));
      },
    );

    it('that is buffered resolves at once', async () => {
      const writer = await log.writer({ mode: 'buffered' });
      const unblock = await log.blockWriters();
      const calls = Array.from({ length: 10 }, () => exampleCall(writer));
      await Promise.all(calls.map((call) => writer.write(call)));
      expect(await seqs()).toEqual([]);
      await unblock();
      await writer.stop();
      expect(await seqs()).toEqual(upTo(10));
    });

    it('beyond the bound of the queue is lost and counted if buffered', async () => {
      const writer = await log.writer({ mode: 'buffered', queueMax: 10 });
      await Promise.all(Array.from({ length: 50 }, () => writer.write(exampleCall(writer))));
      expect(writer.lostRows).toBe(40);
      await writer.stop();
      expect(await seqs()).toEqual(upTo(10));
    });

    it('beyond the bound of the queue is refused at once otherwise', async () => {
      const writer = await log.writer({ queueMax: 10 });
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, () => writer.write(exampleCall(writer))),
      );
      const refused = results.filter((result) => result.status === 'rejected');
      expect(refused).toHaveLength(40);
      for (const { reason } of refused) expect(reason).toBeInstanceOf(LogUnavailableError);
      expect(writer.healthy).toBe(true);
      expect(await seqs()).toEqual(upTo(10));
    });

    it('shares its commit with others, in groups of a bounded size', async () => {
      const writer = await log.writer();
      const writes = Array.from({ length: 2500 }, () => writer.write(exampleCall(writer)));
      expect(new Set(writes).size).toBe(3);
      await Promise.all(writes);
      expect(writer.waitingRows).toBe(0);
      expect(await seqs()).toEqual(upTo(2500));
    });
  });

  describe('after a restart', () => {
    it('the numbers of a node go on without a gap, and those of another are its own', async () => {
      for (let start = 0; start < 3; start += 1) {
        const writer = await log.writer();
        await Promise.all([1, 2, 3, 4].map(() => writer.write(exampleCall(writer))));
        await writer.stop();
      }
      expect(await seqs()).toEqual(upTo(12));
      const other = await log.writer({ nodeId: 'nod_2' });
      await other.write(exampleCall(other, { path: '/other' }));
      const { calls } = await log.store.search({ path: '/other' }, { limit: 1 });
      expect(calls[0]).toMatchObject({ nodeId: 'nod_2', seq: 1 });
    });

    it('positions go on upwards, even if the clock was set back', async () => {
      const clocks = [1_800_000_000_000, 1_800_000_000_000, 1_700_000_000_000, 1_900_000_000_000.5];
      const positions: number[] = [];
      for (const [i, at] of clocks.entries()) {
        // On PostgreSQL each node has positions of its own; a SQLite file has one order, whoever writes it.
        const writer = await log.writer({ nodeId: kind === 'sqlite' ? `nod_${i}` : 'nod_1' });
        const calls = [1, 2, 3].map(() => exampleCall(writer, { at: Math.floor(at) }));
        positions.push(...calls.map((call) => call.position));
        await Promise.all(calls.map((call) => writer.write(call)));
        await writer.stop();
      }
      expect(
        positions.every((position, i) => i === 0 || position > (positions[i - 1] as number)),
      ).toBe(true);
      expect(positions.every(Number.isSafeInteger)).toBe(true);
    });

    it('a row of before the clock was set back is found by its time', async () => {
      const ahead = await log.writer();
      await ahead.write(exampleCall(ahead, { at: 1_800_000_000_000, path: '/ahead' }));
      const behind = exampleCall(ahead, { at: 1_700_000_000_000, path: '/behind' });
      await ahead.write(behind);
      const { calls } = await log.store.search(
        { from: behind.at, to: behind.at + 1 },
        { limit: 10 },
      );
      expect(calls.map(({ path }) => path)).toEqual(['/behind']);
    });
  });

  describe('a completion', () => {
    it('changes the outcome of its row, and nothing else', async () => {
      const writer = await log.writer();
      const calls = [1, 2, 3].map(() => exampleCall(writer, { status: null, reason: null }));
      await Promise.all(calls.map((call) => writer.write(call)));
      for (const call of calls)
        writer.complete(call.position, { ...completedOutcome, status: 201 });
      await writer.stop();
      for (const [i, call] of calls.entries()) {
        const expected = { ...call, ...completedOutcome, status: 201, nodeId: 'nod_1', seq: i + 1 };
        expect(await log.store.find(call.id)).toEqual(expected);
      }
    });

    it('may follow its row in the same turn', async () => {
      const writer = await log.writer({ mode: 'buffered' });
      const call = exampleCall(writer, { status: null });
      void writer.write(call);
      writer.complete(call.position, completedOutcome);
      await writer.stop();
      expect(await log.store.find(call.id)).toMatchObject(completedOutcome);
    });

    it('that comes last wins', async () => {
      const writer = await log.writer();
      const call = exampleCall(writer);
      await writer.write(call);
      for (let status = 200; status < 300; status += 1) {
        writer.complete(call.position, { ...completedOutcome, status });
      }
      await writer.stop();
      expect(await log.store.find(call.id)).toMatchObject({ status: 299 });
    });

    it('of a position that is not there changes nothing', async () => {
      const writer = await log.writer();
      const call = exampleCall(writer);
      await writer.write(call);
      writer.complete(call.position + 1, completedOutcome);
      await writer.stop();
      expect(await log.store.find(call.id)).toMatchObject({ status: call.status });
    });
  });

  it('counts the use of each secret with its rows', async () => {
    const writer = await log.writer();
    const use = (fields: Partial<NewCall>) => writer.write(exampleCall(writer, fields));
    await Promise.all([
      use({ at: 1000, secretId: 'sec_a', callerIp: '192.0.2.1', userAgent: 'first' }),
      use({
        at: 3000,
        secretId: 'sec_a',
        callerIp: '192.0.2.3',
        userAgent: 'last',
        decision: 'denied',
      }),
      use({ at: 2000, secretId: 'sec_b', keyId: 'key_b', accountId: 'acc_b', userAgent: null }),
      use({ secretId: null }),
    ]);
    await use({ at: 2500, secretId: 'sec_a', callerIp: '192.0.2.2', userAgent: 'late' });
    expect(await log.usage.secretsOf('key_1')).toEqual([
      {
        ...{ secretId: 'sec_a', calls: 3, deniedCalls: 1 },
        lastUse: { at: 3000, ip: '192.0.2.3', userAgent: 'last', route: '/contacts/{id}' },
      },
    ]);
    expect(await log.usage.secretsOf('key_b')).toMatchObject([
      { secretId: 'sec_b', calls: 1, deniedCalls: 0 },
    ]);
    await log.expectCaughtUp();
  });

  it.each(modes)(
    'writes what waits when it stops, and takes nothing after that (%s)',
    async (mode) => {
      const writer = await log.writer({ mode });
      const calls = Array.from({ length: 3000 }, () => exampleCall(writer, { status: null }));
      const writes = calls.map((call) => writer.write(call));
      for (const call of calls) writer.complete(call.position, completedOutcome);
      await Promise.all([writer.stop(), writer.stop()]);
      await Promise.all(writes);
      expect(await seqs()).toEqual(upTo(3000));
      const [{ open } = { open: -1 }] = await log.query<{ open: number }>(
        'SELECT count(*) AS open FROM call WHERE status IS NULL',
      );
      expect(Number(open)).toBe(0);
      expect(writer.healthy).toBe(false);
      const late = writer.write(exampleCall(writer));
      if (mode === 'buffered') await late;
      else await expect(late).rejects.toThrow(LogUnavailableError);
      expect(writer.lostRows).toBe(1);
    },
  );
});
