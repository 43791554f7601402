import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import { expectInvalid, startManagement, type Management } from '../support/management.js';

const start = Date.UTC(2030, 0, 1);
const hour = 3_600_000;

const all = [
  'active',
  'suspended',
  'revoked',
  'ending',
  'suspended, ending',
  'gives orders',
  '50% off_now',
  'ÉCOLE Zürich',
];
const lasting = ['gives orders', '50% off_now', 'ÉCOLE Zürich'];

let latchkey: Management;
let now = start;
let accountId: string;
let path: string;

beforeAll(async () => {
  latchkey = await startManagement({}, { wallClock: () => now });
  await latchkey.addScopes('contacts.read', 'contacts.readwrite', 'orders.read');
  accountId = (await latchkey.openAccount()).id;
  path = `/v1/accounts/${accountId}/keys`;
  const make = (name: string, settings: Json = {}): Promise<Json> =>
    latchkey.makeKey(accountId, { name, ...settings });
  const act = async (key: Promise<Json>, action: string): Promise<void> =>
    latchkey.manage('POST', `${path}/${(await key).id}/${action}`);
  const expiresAt = new Date(start + hour).toISOString();
  await make('active', { scopes: ['contacts.read'] });
  await act(make('suspended', { scopes: ['contacts.readwrite'] }), 'suspend');
  await act(make('revoked', { expiresAt }), 'revoke');
  await make('ending', { environment: 'qa', expiresAt });
  await act(make('suspended, ending', { environment: 'qa', expiresAt }), 'suspend');
  await make('gives orders', { environment: 'development', grantableScopes: ['orders.read'] });
  await make('50% off_now', { description: 'Holds a \\ and a %' });
  await make('ÉCOLE Zürich', { purpose: 'НОВОСТИ' });
  const other = await latchkey.openAccount({ name: 'Other' });
  await latchkey.makeKey(other.id, { name: 'of another account', scopes: ['contacts.read'] });
});

afterAll(() => latchkey.remove());

const listed = async (query: string): Promise<string[]> => {
  const page = await latchkey.manage('GET', `${path}?limit=500${query}`);
  return page.results.map((key: Json) => key.name).sort();
};

const q = (text: string): string => `&q=${encodeURIComponent(text)}`;

describe('the filters of GET …/keys', () => {
  it.each<[query: string, names: string[]]>([
    ['', all],
    ['&environment=qa', ['ending', 'suspended, ending']],
    ['&environment=staging', []],
    ['&scope=contacts.read', ['active']],
    ['&scope=contacts.readwrite', ['suspended']],
    ['&scope=contacts', []],
    ['&scope=orders.read', []], // to hand it out is not to hold it
    ['&scope=contacts.readwrite&state=active', []],
    ['&scope=contacts.readwrite&state=suspended', ['suspended']],
    ['&environment=development&q=orders', ['gives orders']],
  ])('%s', async (query, names) => {
    expect(await listed(query)).toEqual(names.toSorted());
  });

  it.each<[text: string, names: string[]]>([
    ['suspended', ['suspended', 'suspended, ending']],
    ['SUSPENDED', ['suspended', 'suspended, ending']],
    ['%', ['50% off_now']],
    ['_', ['50% off_now']],
    ['50% off_', ['50% off_now']],
    ['5%f', []],
    ['\\', ['50% off_now']],
    ['ÉCOLE', ['ÉCOLE Zürich']],
    ['École zürich', ['ÉCOLE Zürich']],
    ['НОВОСТИ', ['ÉCOLE Zürich']],
    ["' OR 1=1 --", []],
    ['of another account', []],
  ])('q=%s: the text itself, no pattern', async (text, names) => {
    expect(await listed(q(text))).toEqual(names.toSorted());
  });

  it.each<[query: string, field: string]>([
    ['&state=deleted', 'state'],
    ['&state=', 'state'],
    ['&state=active&state=revoked', 'state'],
    ['&environment=prod', 'environment'],
    ['&scope=', 'scope'],
    ['&q=', 'q'],
    ['&q=a%00b', 'q'],
    [`&q=${'x'.repeat(201)}`, 'q'],
    ['&name=active', 'name'],
    ['&rotation=open', 'rotation'],
  ])('400: %s', async (query, field) => {
    await expectInvalid(latchkey, 'GET', `${path}?limit=5${query}`, undefined, [field], 'query');
  });
});

describe('the state filter', () => {
  it.each<[state: string, names: string[]]>([
    ['active', ['active', 'ending', ...lasting]],
    ['suspended', ['suspended', 'suspended, ending']],
    ['revoked', ['revoked']],
    ['expired', []],
  ])('%s, a millisecond before two keys end', async (state, names) => {
    now = start + hour - 1;
    expect(await listed(`&state=${state}`)).toEqual(names.toSorted());
  });

  it.each<[state: string, names: string[]]>([
    ['active', ['active', ...lasting]],
    ['suspended', ['suspended']],
    ['revoked', ['revoked']],
    ['expired', ['ending', 'suspended, ending']],
  ])('%s, once they have ended', async (state, names) => {
    now = start + hour;
    expect(await listed(`&state=${state}`)).toEqual(names.toSorted());
    const page = await latchkey.manage('GET', `${path}?state=${state}`);
    for (const key of page.results) expect(key.state).toBe(state);
  });
});

describe('rotation=underway', () => {
  it('holds keys from the first moment of a rotation to its last, begun or not', async () => {
    const { id } = await latchkey.openAccount({ name: 'Rotating' });
    const keys = `/v1/accounts/${id}/keys`;
    const rotate = async (name: string, wish: Json): Promise<string> => {
      const key = await latchkey.makeKey(id, { name });
      const rotations = `${keys}/${key.id}/rotations`;
      const rotation = await latchkey.manage('POST', rotations, wish);
      return `${rotations}/${rotation.id}`;
    };
    const underway = async (): Promise<string[]> => {
      const page = await latchkey.manage('GET', `${keys}?rotation=underway`);
      return page.results.map((key: Json) => key.name).sort();
    };
    const begun = now;
    await latchkey.makeKey(id, { name: 'never rotated' });
    await rotate('graceful', { graceSeconds: 60 });
    await rotate('later', { startsAt: new Date(now + hour).toISOString(), graceSeconds: 60 });
    const over = await rotate('over', { graceSeconds: 60 });
    expect(await underway()).toEqual(['graceful', 'later', 'over']);
    await latchkey.manage('POST', `${over}/finish`);
    expect(await underway()).toEqual(['graceful', 'later']);
    now = begun + 59_999;
    expect(await underway()).toEqual(['graceful', 'later']);
    now = begun + 60_000;
    expect(await underway()).toEqual(['later']);
  });
});

describe('the pages of GET …/keys', () => {
  it('show each key once, in order, while keys arrive and vanish from the filter', async () => {
    const { id } = await latchkey.openAccount({ name: 'Paged' });
    const pages = `/v1/accounts/${id}/keys`;
    const made: string[] = [];
    // All within one millisecond: the order must not hang on the time alone.
    for (let i = 0; i < 7; i += 1) made.push((await latchkey.makeKey(id, { name: `k${i}` })).id);
    const whole = await latchkey.manage('GET', `${pages}?state=active`);
    const seen: string[] = [];
    let after = '';
    for (let page = 0; after !== 'end'; page += 1) {
      const { results, paging } = await latchkey.manage(
        'GET',
        `${pages}?state=active&limit=2${after}`,
      );
      seen.push(...results.map((key: Json) => key.id));
      if (page === 0) await latchkey.manage('POST', `${pages}/${seen[0]}/suspend`);
      if (page < 2) {
        now += 1;
        made.push((await latchkey.makeKey(id, { name: `arrived ${page}` })).id);
      }
      after = paging.next === undefined ? 'end' : `&after=${paging.next.after}`;
    }
    expect(seen.slice(0, 7)).toEqual(whole.results.map((key: Json) => key.id));
    expect(seen.toSorted()).toEqual(made.toSorted());
  });
});

describe('order=newest', () => {
  it('shows each key once, the last made first, from page to page', async () => {
    const { id } = await latchkey.openAccount({ name: 'Newest first' });
    const keys = `/v1/accounts/${id}/keys`;
    // Some of one millisecond, some of another.
    for (let i = 0; i < 7; i += 1) {
      if (i === 3) now += 1;
      await latchkey.makeKey(id, { name: `k${i}` });
    }
    const idsOf = (page: Json): string[] => page.results.map((key: Json) => key.id);
    const oldest = idsOf(await latchkey.manage('GET', `${keys}?order=oldest`));
    const seen: string[] = [];
    let after = '';
    do {
      const page = await latchkey.manage('GET', `${keys}?order=newest&limit=2${after}`);
      seen.push(...idsOf(page));
      // What is made meanwhile comes before what was seen: it moves nothing.
      now += 1;
      await latchkey.makeKey(id, { name: 'later' });
      after = page.paging.next === undefined ? 'end' : `&after=${page.paging.next.after}`;
    } while (after !== 'end');
    expect(seen).toEqual(oldest.toReversed());
  });

  it('400: another order', async () => {
    await expectInvalid(latchkey, 'GET', `${path}?order=name`, undefined, ['order'], 'query');
  });
});

describe('limit and after of every list', () => {
  const lists = (): string[] => {
    const found = latchkey.description.operations
      .filter(({ responses }) => JSON.stringify(responses['200'] ?? {}).includes('Page"'))
      .map(({ template }) => template.replace('{accountId}', accountId));
    expect(found.length).toBeGreaterThanOrEqual(7);
    return found;
  };

  it.each([
    '0',
    '-1',
    '501',
    '1.5',
    '1e2',
    '0x10',
    '%2010',
    '',
    'ten',
    '5&limit=5',
    '9'.repeat(20),
  ])('400: limit=%s', async (limit) => {
    for (const list of lists()) {
      await expectInvalid(latchkey, 'GET', `${list}?limit=${limit}`, undefined, ['limit'], 'query');
    }
  });

  const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it.each([
    ['an empty one', ''],
    ['any text', 'x'],
    ['no base64url', '%21%21%21'],
    ['an object', cursor({ createdAt: 1, id: 'x' })],
    ['a list of nothing', cursor([])],
    ['null', cursor([null, null])],
    ['a fraction', cursor([1.5, 'x'])],
    ['infinity', Buffer.from('[1e999,"x"]').toString('base64url')],
    ['a number too large', Buffer.from('[1e300,"x"]').toString('base64url')],
    ['NUL', cursor([1, 'a\0b'])],
    ['values in the wrong order', cursor(['x', 1])],
    ['a long one', 'x'.repeat(513)],
    ['two of them', `${cursor([1, 'x'])}&after=${cursor([1, 'x'])}`],
  ])('400 that names after: %s', async (_what, after) => {
    for (const list of lists()) {
      await expectInvalid(latchkey, 'GET', `${list}?after=${after}`, undefined, ['after'], 'query');
    }
  });

  it('500 is allowed, and 100 is the default', async () => {
    for (const list of lists()) await latchkey.manage('GET', `${list}?limit=500`);
    const { id } = await latchkey.openAccount({ name: 'Many' });
    for (let i = 0; i < 101; i += 1) await latchkey.makeKey(id);
    const page = await latchkey.manage('GET', `/v1/accounts/${id}/keys`);
    expect([page.results.length, typeof page.paging.next?.after]).toEqual([100, 'string']);
  });
});
