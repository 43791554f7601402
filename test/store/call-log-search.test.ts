import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Call } from '../../src/core/call.js';
import type { NewCall } from '../../src/core/ports.js';
import { positionsPerMs } from '../../src/store/call-log/call-columns.js';
import { InvalidCursorError } from '../../src/store/call-log/read/call-cursor.js';
import { InvalidFilterError, type CallFilter } from '../../src/store/call-log/read/call-filter.js';
import { callIndexes, callIndexNames } from '../../src/store/call-log/days/call-indexes.js';
import type { CallOrder } from '../../src/store/call-log/read/call-table.js';
import type { CallsStore } from '../../src/store/call-log/read/calls.store.js';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { exampleCall, TestCallLog } from '../support/call-log.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';

const start = 1_800_000_000_000;

/** One call a second, no two alike. */
const fields: readonly Partial<NewCall>[] = [
  { path: '/contacts/1', callerIp: '10.1.2.3', status: 200, reason: null },
  { path: '/contacts/2', callerIp: '10.1.2.4', method: 'POST', status: 201 },
  { path: '/Contacts/3', callerIp: '10.1.3.3', userAgent: 'Mozilla/5.0 100% sure' },
  { path: '/contacts_1', callerIp: '10.2.0.1', keyId: 'key_2', secretId: 'sec_2' },
  { path: '/%_\\', route: '/{any}', callerIp: '2001:db8::1', userAgent: null },
  { path: '/deals/1', route: '/deals/{id}', callerIp: '2001:db8::ffff', accountId: 'acc_2' },
  { path: '/deals/1/notes', route: null, callerIp: '2001:db9::1', status: null },
  { decision: 'denied', reason: 'IP_NOT_ALLOWED', status: 403, callerIp: '255.255.255.255' },
  {
    decision: 'denied',
    reason: 'KEY_UNKNOWN',
    status: 401,
    accountId: null,
    keyId: null,
    secretId: null,
  },
  {
    ...{ door: 'management', method: 'DELETE', callerIp: '::1', path: '/v1/ÄÖ' },
    ...{ accountId: 'acc_2', credential: 'session' },
  },
  {
    door: 'verify',
    callerIp: null,
    reason: 'CALLER_UNDETERMINED',
    decision: 'denied',
    status: 400,
  },
  { secretId: 'sec_3', callerIp: '0.0.0.0', userAgent: 'CURL/8' },
  { callerIp: '192.0.2.1', wouldDeny: 'IP_NOT_ALLOWED' },
];

/** What each filter must find, said without the database. */
const filters: readonly (readonly [CallFilter, (call: Call) => boolean])[] = [
  [{ accountId: 'acc_1' }, (call) => call.accountId === 'acc_1'],
  [{ accountId: 'ACC_1' }, () => false],
  [{ keyId: 'key_2' }, (call) => call.keyId === 'key_2'],
  [{ secretId: 'sec_1' }, (call) => call.secretId === 'sec_1'],
  [{ secretId: 'sec_none' }, () => false],
  [{ ip: '10.1.2.3' }, (call) => call.callerIp === '10.1.2.3'],
  [{ ip: '10.1.0.0/16' }, (call) => call.callerIp?.startsWith('10.1.') === true],
  [{ ip: '0.0.0.0/0' }, (call) => call.callerIp?.includes('.') === true],
  [{ ip: '2001:db8::/32' }, (call) => call.callerIp?.startsWith('2001:db8:') === true],
  [{ ip: '::/0' }, (call) => call.callerIp?.includes(':') === true],
  [{ method: 'POST' }, (call) => call.method === 'POST'],
  [{ path: '/contacts' }, (call) => call.path.startsWith('/contacts')],
  [{ path: '/contacts/' }, (call) => call.path.startsWith('/contacts/')],
  [{ path: '/v1/Ä' }, (call) => call.path.startsWith('/v1/Ä')],
  [{ path: '/%' }, (call) => call.path.startsWith('/%')],
  [{ path: '/deals/{id}' }, (call) => call.route === '/deals/{id}'],
  [{ path: '' }, () => true],
  [{ status: 403 }, (call) => call.status === 403],
  [{ decision: 'denied' }, (call) => call.decision === 'denied'],
  [{ reason: 'KEY_UNKNOWN' }, (call) => call.reason === 'KEY_UNKNOWN'],
  [{ wouldDeny: 'IP_NOT_ALLOWED' }, (call) => call.wouldDeny === 'IP_NOT_ALLOWED'],
  [{ door: 'management' }, (call) => call.door === 'management'],
  [{ by: 'people' }, (call) => call.credential === 'session'],
  [{ by: 'callers' }, (call) => call.credential !== 'session'],
  [{ from: start + 4000 }, (call) => call.at >= start + 4000],
  [{ to: start + 4000 }, (call) => call.at < start + 4000],
  [{ from: start + 2000, to: start + 2001 }, (call) => call.at === start + 2000],
  [{ from: -1, to: 8.64e15 }, () => true],
  [{ q: 'contacts' }, (call) => call.path.toLowerCase().includes('contacts')],
  [{ q: 'CURL' }, (call) => call.userAgent?.toLowerCase().includes('curl') === true],
  [{ q: '%' }, (call) => `${call.path}${call.userAgent}`.includes('%')],
  [{ q: '_' }, (call) => `${call.path}${call.userAgent}`.includes('_')],
  [{ q: '\\' }, (call) => `${call.path}${call.userAgent}`.includes('\\')],
  [{ q: "' OR 1 = 1 --" }, () => false],
  [{ q: 'a\0' }, () => false],
  [{}, () => true],
];

describeOnEachDatabase('a search of the call log', (kind) => {
  let home: TestDatabase;
  let log: TestCallLog;
  let writer: CallLogWriter;
  let calls: readonly Call[];

  beforeAll(async () => {
    home = await makeDatabase(kind);
    log = await TestCallLog.create(home);
    writer = await log.writer();
    const given = fields.map((one, i) => exampleCall(writer, { at: start + i * 1000, ...one }));
    await Promise.all(given.map((call) => writer.write(call)));
    calls = given.map((call, i) => ({ ...call, nodeId: 'nod_1', seq: i + 1 })).reverse();
  });

  afterAll(async () => {
    await log.close();
    await home.remove();
  });

  const search = async (filter: CallFilter) =>
    (await log.store.search(filter, { limit: 100 })).calls;

  const singles = filters.map(([filter, matches]) => ({
    name: JSON.stringify(filter),
    filter,
    matches,
  }));

  it.each(singles)('finds what matches $name, newest first', async ({ filter, matches }) => {
    expect(await search(filter)).toEqual(calls.filter(matches));
  });

  it.each(singles)('finds what matches $name and any other', async ({ filter, matches }) => {
    for (const [other, alsoMatches] of filters) {
      const both = { ...filter, ...other };
      // Two filters of one field are no pair.
      if (Object.keys(both).length < Object.keys(filter).length + Object.keys(other).length)
        continue;
      const expected = calls.filter((call) => matches(call) && alsoMatches(call));
      const found = await search(both);
      expect([both, found.map(({ id }) => id)]).toEqual([both, expected.map(({ id }) => id)]);
    }
  });

  it.each(['10.0.0.300', '10.0.0.1/8', '::ffff:10.1.2.3', 'localhost', ''])(
    'refuses what is no address or network: %p',
    async (ip) => {
      await expect(search({ ip })).rejects.toThrow(InvalidFilterError);
      await expect(search({ ip })).rejects.toMatchObject({ field: 'ip' });
    },
  );

  describe('page by page', () => {
    const pages = async (
      filter: CallFilter,
      limit: number,
      betweenPages?: () => Promise<unknown>,
      order: CallOrder = 'newest',
    ) => {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await log.store.search(filter, {
          ...{ limit, order },
          ...(after !== undefined && { after }),
        });
        expect(page.calls.length).toBeLessThanOrEqual(limit);
        found.push(...page.calls.map(({ id }) => id));
        after = page.next ?? undefined;
        await betweenPages?.();
      } while (after !== undefined);
      return found;
    };

    it.each([1, 2, 5, 12, 13])('gives every call once, %i at a time', async (limit) => {
      const all = calls.map(({ id }) => id);
      expect(await pages({ to: start + 100_000 }, limit)).toEqual(all);
      const ofAccount = calls.filter(({ accountId }) => accountId === 'acc_2').map(({ id }) => id);
      expect(await pages({ accountId: 'acc_2' }, limit)).toEqual(ofAccount);
      const filter = { from: start, to: start + 100_000 };
      expect(await pages(filter, limit, undefined, 'oldest')).toEqual(all.reverse());
    });

    it('gives every call once while others arrive', async () => {
      // On PostgreSQL a second node gives out the same positions.
      const writers =
        kind === 'postgres' ? [writer, await log.writer({ nodeId: 'nod_2' })] : [writer];
      const at = start + 3_600_000;
      const arrive = () => Promise.all(writers.map((one) => one.write(exampleCall(one, { at }))));
      expect(await pages({}, 2, arrive)).toEqual(calls.map(({ id }) => id));
      const ids = await pages({}, 3);
      expect(ids.slice(-calls.length)).toEqual(calls.map(({ id }) => id));
      expect(new Set(ids).size).toBe(ids.length);
      expect(await pages({}, 3, undefined, 'oldest')).toEqual(ids.reverse());
    });

    it('to the end, without what is committed meanwhile, also where it arrived before', async () => {
      const accountId = 'acc_pages';
      const writers =
        kind === 'postgres' ? [writer, await log.writer({ nodeId: 'nod_3' })] : [writer];
      const early: string[] = [];
      const late: (() => Promise<void>)[] = [];
      for (let count = 0; count < 20; count += 1) {
        const one = writers[count % writers.length] as CallLogWriter;
        const inTime = exampleCall(one, { accountId, at: start });
        const tooLate = exampleCall(one, { accountId, at: start });
        early.unshift(inTime.id);
        await one.write(inTime);
        late.push(() => one.write(tooLate));
      }
      const seen: string[] = [];
      for await (const page of log.store.pages({ accountId }, { limit: 3, after: null })) {
        seen.push(...page.map(({ id }) => id));
        await Promise.all(late.splice(0).map((write) => write()));
      }
      expect(seen.toSorted()).toEqual(early.toSorted());
      const { calls } = await log.store.search({ accountId }, { limit: 100 });
      expect(calls).toHaveLength(40);
    });

    it('refuses a cursor that it did not give out', async () => {
      const { next } = await log.store.search({}, { limit: 1 });
      const text = (value: string) => Buffer.from(value).toString('base64url');
      const foreign = [
        '',
        '1',
        'x'.repeat(50),
        `${next}=`,
        ` ${next}`,
        text('1'),
        text('-1:a'),
        text('1:a\0'),
      ];
      for (const after of foreign) {
        await expect(log.store.search({}, { limit: 1, after })).rejects.toThrow(InvalidCursorError);
      }
    });
  });

  describe('in a log that takes long to look through', () => {
    const accountId = 'acc_long';
    const count = 2_500;
    const rare = [3, 1_200, 1_201, 2_400];
    let hasty: CallsStore;
    let expected: string[];

    beforeAll(async () => {
      hasty = log.hastyStore();
      const given = Array.from({ length: count }, (_, i) =>
        exampleCall(writer, {
          at: start + 50_000_000 + i,
          accountId,
          path: rare.includes(i) ? '/rare' : '/usual',
          callerIp: `10.9.${i % 250}.${rare.includes(i) ? 7 : 8}`,
        }),
      );
      await Promise.all(given.map((call) => writer.write(call)));
      expected = rare.map((i) => given[i]?.id as string).reverse();
    });

    /** All pages of a search: what they hold, and how far each says that it has come. A slow machine makes more of them. */
    const pagesOf = async (
      store: CallsStore,
      filter: CallFilter,
      paging: { limit: number; order: CallOrder },
    ) => {
      const ids: string[] = [];
      const searchedTo: number[] = [];
      let after: string | undefined;
      do {
        const page = await store.search(filter, { ...paging, ...(after && { after }) });
        ids.push(...page.calls.map(({ id }) => id));
        if (page.searchedTo !== null) searchedTo.push(page.searchedTo);
        after = page.next ?? undefined;
      } while (after !== undefined);
      return { ids, searchedTo };
    };

    const hurried = (filter: CallFilter, order: CallOrder) => pagesOf(hasty, filter, { limit: 3, order });

    it.each([
      ['by an index', { accountId, path: '/rare' }],
      ['by nothing', { path: '/rare' }],
      ['by time', { path: '/rare', from: start + 50_000_000, to: start + 60_000_000 }],
      ['by free text', { q: '/RARE' }],
      ['by a network', { ip: '10.9.0.0/16', path: '/rare' }],
      ['by a network with many addresses', { ip: '10.0.0.0/8', q: 'rare' }],
    ])('a rare thing that is looked for %s is found in many short searches', async (_how, filter) => {
      const newest = await hurried(filter, 'newest');
      expect(newest.ids).toEqual(expected);
      expect(newest.searchedTo.length).toBeGreaterThan(2);
      expect(newest.searchedTo).toEqual(newest.searchedTo.toSorted((a, b) => b - a));
      const oldest = await hurried(filter, 'oldest');
      expect(oldest.ids).toEqual(expected.toReversed());
      expect(oldest.searchedTo).toEqual(oldest.searchedTo.toSorted((a, b) => a - b));
      expect((await pagesOf(log.store, filter, { limit: 100, order: 'newest' })).ids).toEqual(expected);
    });

    it.each([
      ['an address', { ip: '10.9.3.7' }, 1],
      ['a network with few addresses', { ip: '10.9.3.0/24' }, 10],
      ['a network that nobody called from', { ip: '10.77.0.0/16' }, 0],
      ['a key', { keyId: 'key_2' }, 1],
    ])('%s is found at once', async (_what, filter, found) => {
      const page = await hasty.search(filter, { limit: 100 });
      expect(page.calls).toHaveLength(found);
      expect(page.searchedTo).toBeNull();
    });
  }); // prettier-ignore

  it('looks calls up by an index, and never sorts them', async () => {
    for (const by of callIndexNames) {
      const column = callIndexes[by];
      const sql = `SELECT * FROM {call} WHERE ${column} = 'x' AND position <= ${Date.now() * positionsPerMs} ORDER BY position DESC, node_id DESC LIMIT 5`;
      const plan = await log.explain(sql, by);
      const ofPartition = `call_[0-9]{4}_[0-9]{2}_[0-9]{2}_${column}`;
      const apart = `SEARCH way USING PRIMARY KEY \\(${column}=\\? AND position<\\?\\)`;
      expect(plan).toMatch(new RegExp(`${ofPartition}|${apart}`));
      expect(plan).not.toMatch(/TEMP B-TREE|"Sort/);
    }
  });
});
