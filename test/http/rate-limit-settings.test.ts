import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import {
  expectInvalid,
  expectRefused,
  startManagement,
  type Management,
} from '../support/management.js';
import { NewEvents } from '../support/new-events.js';

const managing = ['latchkey.keys.read', 'latchkey.keys.write'];
const both = { rolling: { requests: 100, windowSeconds: 10 }, daily: { requests: 5_000 } };
const none = { rolling: null, daily: null };

let latchkey: Management;
let accountId: string;
let account: string;
let keys: string;
let events: NewEvents;

beforeAll(async () => {
  latchkey = await startManagement();
  await latchkey.addScopes('contacts.read');
});

beforeEach(async () => {
  accountId = (await latchkey.openAccount()).id;
  account = `/v1/accounts/${accountId}`;
  keys = `${account}/keys`;
  events = new NewEvents(latchkey, accountId);
  await events.skip();
});

afterAll(() => latchkey.remove());

describe('limits are set', () => {
  it('on a key as it is made, and shown with it; without any it has none', async () => {
    const key = await latchkey.makeKey(accountId, { rateLimits: both });
    await events.expectOne({ action: 'key.created', before: null, after: { rateLimits: both } });
    expect((await latchkey.manage('GET', `${keys}/${key.id}`)).rateLimits).toEqual(both);
    const other = await latchkey.makeKey(accountId);
    expect(other.rateLimits).toEqual(none);
    const { results } = await latchkey.manage('GET', keys);
    expect(results.map(({ rateLimits }: Json) => rateLimits)).toEqual([both, none]);
  });

  it.each<[what: string, asked: Json | null, shown: Json]>([
    ['a window of ten seconds, unless it has another', { rolling: { requests: 5 } }, { rolling: { requests: 5, windowSeconds: 10 }, daily: null }],
    ['only a day', { daily: { requests: 1 } }, { rolling: null, daily: { requests: 1 } }],
    ['the most that can be', { rolling: { requests: 1_000_000_000, windowSeconds: 3600 }, daily: { requests: 1_000_000_000 } }, { rolling: { requests: 1_000_000_000, windowSeconds: 3600 }, daily: { requests: 1_000_000_000 } }],
    ['none, by null', null, none],
    ['none, by nothing', {}, none],
    ['none, by null in each', { rolling: null, daily: null }, none],
  ])('by PATCH, which replaces all of them: %s', async (_what, asked, shown) => {
    const key = await latchkey.makeKey(accountId, { rateLimits: both });
    await events.skip();
    const changed = await latchkey.manage('PATCH', `${keys}/${key.id}`, { rateLimits: asked });
    expect(changed.rateLimits).toEqual(shown);
    await events.expectOne({ action: 'key.changed', before: { rateLimits: both }, after: { rateLimits: shown } });
    const renamed = await latchkey.manage('PATCH', `${keys}/${key.id}`, { name: 'Other' });
    expect(renamed.rateLimits).toEqual(shown);
  }); // prettier-ignore

  it('on an account, with its time zone, by the operator', async () => {
    const opened = await latchkey.openAccount({ rateLimits: both, timeZone: 'Europe/Dublin' });
    expect(opened).toMatchObject({ rateLimits: both, timeZone: 'Europe/Dublin' });
    expect(await latchkey.manage('GET', account)).toMatchObject({ rateLimits: none, timeZone: 'UTC' });
    const settings = { rateLimits: { daily: { requests: 7 } }, timeZone: 'Asia/Kolkata' };
    const after = { rateLimits: { rolling: null, daily: { requests: 7 } }, timeZone: 'Asia/Kolkata' };
    expect(await latchkey.manage('PATCH', account, settings)).toMatchObject(after);
    await events.expectOne({ action: 'account.changed', before: { rateLimits: none, timeZone: 'UTC' }, after });
    expect(await latchkey.manage('PATCH', account, { name: 'Other' })).toMatchObject(after);
  }); // prettier-ignore

  it('and not by anybody of the account', async () => {
    const scopes = ['latchkey.accounts.read', ...managing];
    const admin = await latchkey.makeKey(accountId, { scopes, grantableScopes: scopes });
    const body = { rateLimits: null };
    const answer = await latchkey.ask('PATCH', account, { secret: admin.secret, body });
    expect([answer.status, answer.json.reason]).toEqual([403, 'SCOPE_MISSING']);
  });

  it('#99 412 for a tag that is not its own, and then nothing is changed', async () => {
    const key = await latchkey.makeKey(accountId, { rateLimits: both });
    const at = `${keys}/${key.id}`;
    for (const [path, ifMatch] of [[at, '"1"'], [account, '"1"']] as const) {
      const options = { secret: latchkey.operatorKey, body: { rateLimits: null }, headers: { 'if-match': ifMatch } };
      expect((await latchkey.ask('PATCH', path, options)).status).toBe(412);
    }
    expect((await latchkey.manage('GET', at)).rateLimits).toEqual(both);
  }); // prettier-ignore

  it('#49 a retry with an Idempotency-Key makes one key, which is shown with its limits', async () => {
    const options = {
      secret: latchkey.operatorKey,
      body: { name: 'K', scopes: [], rateLimits: both },
      headers: { 'idempotency-key': 'limits-once' },
    };
    const made = await latchkey.ask('POST', keys, options);
    const again = await latchkey.ask('POST', keys, options);
    expect([again.status, again.json.id, again.json.rateLimits]).toEqual([201, made.json.id, both]);
  });

  it.each<[what: string, rateLimits: unknown, ...fields: string[]]>([
    ['text', 'many', 'rateLimits'],
    ['a list', [], 'rateLimits'],
    ['no calls at all', { rolling: { requests: 0 } }, 'rateLimits.rolling.requests'],
    ['fewer than none', { daily: { requests: -1 } }, 'rateLimits.daily.requests'],
    ['a part of a call', { daily: { requests: 1.5 } }, 'rateLimits.daily.requests'],
    ['text for a number', { daily: { requests: '5' } }, 'rateLimits.daily.requests'],
    ['more than there can be', { daily: { requests: 1_000_000_001 } }, 'rateLimits.daily.requests'],
    ['nothing of how many', { rolling: { windowSeconds: 5 } }, 'rateLimits.rolling.requests'],
    ['no window', { rolling: { requests: 5, windowSeconds: 0 } }, 'rateLimits.rolling.windowSeconds'],
    ['a window beyond an hour', { rolling: { requests: 5, windowSeconds: 3601 } }, 'rateLimits.rolling.windowSeconds'],
    ['a part of a second', { rolling: { requests: 5, windowSeconds: 0.5 } }, 'rateLimits.rolling.windowSeconds'],
    ['#67 something else', { rolling: { requests: 5, per: 'hour' } }, 'rateLimits.rolling.per'],
    ['#67 another policy', { monthly: { requests: 5 } }, 'rateLimits.monthly'],
    ['both at fault', { rolling: {}, daily: {} }, 'rateLimits.rolling.requests', 'rateLimits.daily.requests'],
  ])('400: %s', async (_what, rateLimits, ...fields) => {
    const key = await latchkey.makeKey(accountId);
    await events.skip();
    await expectInvalid(latchkey, 'POST', keys, { name: 'K', scopes: [], rateLimits }, fields);
    await expectInvalid(latchkey, 'PATCH', `${keys}/${key.id}`, { rateLimits }, fields);
    await expectInvalid(latchkey, 'POST', '/v1/accounts', { name: 'A', rateLimits }, fields);
    await expectInvalid(latchkey, 'PATCH', account, { rateLimits }, fields);
    expect(await events.take()).toEqual([]);
  }); // prettier-ignore

  it.each([null, '', 5, 'Mars/Olympus', '+01:00', 'Europe/Dublin ', 'x'.repeat(10_000)])(
    '400: a time zone that is %j',
    async (timeZone) => {
      await expectInvalid(latchkey, 'PATCH', account, { timeZone }, ['timeZone']);
      await expectInvalid(latchkey, 'POST', '/v1/accounts', { name: 'A', timeZone }, ['timeZone']);
    },
  );
});

describe('#31 a key that is limited makes and widens keys within its limits', () => {
  const tooWide = { status: 403, reason: 'LIMIT_NOT_GRANTABLE', category: 'FORBIDDEN', code: 'LIMIT_NOT_GRANTABLE' }; // prettier-ignore
  const within: [what: string, rateLimits: Json][] = [
    ['the same', both],
    ['fewer', { rolling: { requests: 1, windowSeconds: 10 }, daily: { requests: 1 } }],
    ['a tenth in a tenth of the time', { ...both, rolling: { requests: 10, windowSeconds: 1 } }],
  ];
  const beyond: [what: string, rateLimits: Json | null | undefined][] = [
    ['none named', undefined],
    ['none', null],
    ['one more in the window', { ...both, rolling: { requests: 101, windowSeconds: 10 } }],
    ['as many in a shorter window', { ...both, rolling: { requests: 100, windowSeconds: 9 } }],
    ['one more in a day', { ...both, daily: { requests: 5_001 } }],
    ['no limit of a day', { rolling: both.rolling }],
    ['only a day', { daily: both.daily }],
  ];
  let maker: Json;
  let child: Json;

  const as = (caller: Json, method: string, path: string, body: Json) => ({
    ...{ method, path, body, secret: caller.secret },
  });

  beforeEach(async () => {
    const grantableScopes = ['contacts.read', ...managing];
    maker = await latchkey.makeKey(accountId, { scopes: managing, grantableScopes, rateLimits: both });
    const { method, path, ...options } = as(maker, 'POST', keys, { name: 'Child', scopes: [], rateLimits: both });
    child = (await latchkey.ask(method, path, options)).json;
    await events.skip();
  }); // prettier-ignore

  it.each(within)('within: %s', async (_what, rateLimits) => {
    for (const [method, path, status] of [
      ['POST', keys, 201],
      ['PATCH', `${keys}/${child.id}`, 200],
    ] as const) {
      const body = method === 'POST' ? { name: 'K', scopes: [], rateLimits } : { rateLimits };
      const answer = await latchkey.ask(method, path, { secret: maker.secret, body });
      expect([answer.status, answer.json.rateLimits]).toEqual([status, rateLimits]);
    }
  });

  it.each(beyond)('403 beyond: %s', async (_what, rateLimits) => {
    const made = as(maker, 'POST', keys, { name: 'K', scopes: [], rateLimits });
    const refused = await expectRefused(latchkey, made, tooWide, { keyId: maker.id });
    expect(refused.json.errors[0].context).toEqual({ field: 'rateLimits' });
    if (rateLimits === undefined) return;
    await expectRefused(
      latchkey,
      as(maker, 'PATCH', `${keys}/${child.id}`, { rateLimits }),
      tooWide,
    );
    expect((await latchkey.manage('GET', `${keys}/${child.id}`)).rateLimits).toEqual(both);
    expect(await events.take()).toEqual([]);
  });

  it('what it does not touch stays as it is, though it is wider', async () => {
    const wide = await latchkey.makeKey(accountId);
    const answer = await latchkey.ask('PATCH', `${keys}/${wide.id}`, {
      ...{ secret: maker.secret, body: { name: 'Other' } },
    });
    expect([answer.status, answer.json.rateLimits]).toEqual([200, none]);
  });

  it('its own limits it cannot lift', async () => {
    const itself = as(maker, 'PATCH', `${keys}/${maker.id}`, { rateLimits: null });
    await expectRefused(latchkey, itself, { status: 403, reason: 'SELF_EDIT', category: 'FORBIDDEN' }); // prettier-ignore
  });

  it('a key without limits gives any', async () => {
    const free = await latchkey.makeKey(accountId, { scopes: managing, grantableScopes: managing });
    const body = { name: 'K', scopes: [], rateLimits: null };
    expect((await latchkey.ask('POST', keys, { secret: free.secret, body })).status).toBe(201);
  });
});
