import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectDenial } from '../support/denials.js';
import type { Answer, Json } from '../support/latchkey.js';
import {
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { NewEvents } from '../support/new-events.js';
import { NewRows } from '../support/new-rows.js';

const hour = 3_600_000;
const office = '198.51.100.0/24';
const inside = '198.51.100.7';
const outside = '203.0.113.9';
const tooWide = { status: 403, reason: 'LIMIT_NOT_GRANTABLE', category: 'FORBIDDEN', code: 'LIMIT_NOT_GRANTABLE' }; // prettier-ignore
const managing = ['latchkey.keys.read', 'latchkey.keys.write'];

let latchkey: Management;
let rows: NewRows;
let events: NewEvents;
let now = Date.UTC(2030, 0, 1);
let accountId: string;
let account: string;
let keys: string;

beforeAll(async () => {
  latchkey = await startManagement({ TRUSTED_PROXIES: '127.0.0.1' }, { wallClock: () => now });
  await latchkey.addScopes('contacts.read', 'orders.read');
  rows = new NewRows(latchkey);
});

beforeEach(async () => {
  accountId = (await latchkey.openAccount()).id;
  account = `/v1/accounts/${accountId}`;
  keys = `${account}/keys`;
  events = new NewEvents(latchkey, accountId);
});

afterAll(() => latchkey.remove());

const iso = (time: number): string => new Date(time).toISOString();
const enforced = (...cidrs: string[]): Json => ({
  mode: 'enforce',
  entries: cidrs.map((cidr) => ({ cidr })),
});

/** A key that may hand out `grantableScopes`, itself included, within these limits. */
const makeManager = (
  limits: Json = {},
  grantableScopes = ['contacts.read', ...managing],
): Promise<Json> =>
  latchkey.makeKey(accountId, { name: 'Manager', scopes: managing, grantableScopes, ...limits });

/** As a key that calls from where its list admits it. */
const askAs = (
  caller: Json,
  method: string,
  path: string,
  body?: unknown,
  from = inside,
): Promise<Answer> =>
  latchkey.ask(method, path, { secret: caller.secret, body, headers: { 'x-forwarded-for': from } });

/** The same, refused, with its one row; nothing is changed, and no event written. */
async function expectBeyond(
  caller: Json,
  method: string,
  path: string,
  body: Json,
  ...fields: string[]
) {
  await events.skip();
  const before = await latchkey.manage('GET', `${keys}?limit=500`);
  const headers = { 'x-forwarded-for': inside };
  const request = { method, path, secret: caller.secret, body, headers };
  const row = { keyId: caller.id, accountId, callerIp: inside };
  const refusal = fields.length > 0 ? tooWide : refusals.notGrantable;
  const answer = await expectRefused(latchkey, request, refusal, row);
  if (fields.length > 0)
    expect(answer.json.errors.map(({ context }: Json) => context.field)).toEqual(fields);
  const after = await latchkey.manage('GET', `${keys}?limit=500`);
  expect(settingsOf(after.results)).toEqual(settingsOf(before.results));
  expect(await events.take()).toEqual([]);
}

/** Without what being used changes. */
const settingsOf = (all: Json[]): Json[] =>
  all.map(
    ({ id, name, scopes, grantableScopes, ipAllowlist, expiresAt, openRotation, secrets }) => ({
      ...{ id, name, scopes, grantableScopes, ipAllowlist, expiresAt, openRotation },
      secrets: secrets.map((secret: Json) => ({ ...secret, lastUsedAt: null })),
    }),
  );

const saidTo = async (secret: string, from: string): Promise<string | number> => {
  const headers = { 'x-forwarded-for': from };
  const { status, json } = await latchkey.call('GET', '/latchkey/v1/self', { secret, headers });
  return json.reason ?? status;
};

describe('#31 a key that is limited makes keys within its limits', () => {
  it('through every generation: none is usable from elsewhere or for longer than the first', async () => {
    const first = await makeManager({ ipAllowlist: enforced(office), expiresAt: iso(now + hour) });
    let maker = first;
    for (const narrower of ['198.51.100.0/25', '198.51.100.0/28', inside]) {
      const limits = { ipAllowlist: enforced(narrower), expiresAt: maker.expiresAt };
      const body = { name: 'Child', scopes: managing, grantableScopes: managing, ...limits };
      await expectBeyond(maker, 'POST', keys, { ...body, ipAllowlist: enforced('198.51.0.0/16') }, 'ipAllowlist');
      await expectBeyond(maker, 'POST', keys, { ...body, expiresAt: iso(now + hour + 1) }, 'expiresAt');
      await expectBeyond(maker, 'POST', keys, { name: 'Child', scopes: [] }, 'ipAllowlist', 'expiresAt');
      await events.skip();
      const made = await askAs(maker, 'POST', keys, body);
      expect([made.status, made.json.createdBy]).toEqual([201, maker.id]);
      const { secret, ...shown } = made.json;
      const { name, scopes, grantableScopes, ipAllowlist, expiresAt } = shown;
      await events.expectOne(
        {
          ...{ action: 'key.created', callerIp: inside, before: null },
          actor: { kind: 'key', id: maker.id },
          target: { type: 'key', id: made.json.id },
          after: { name, scopes, grantableScopes, ipAllowlist, expiresAt },
        },
        [secret, maker.secret],
      );
      expect([await saidTo(secret, inside), await saidTo(secret, outside)]).toEqual([200, 'IP_NOT_ALLOWED']);
      maker = made.json;
    }
    // What the first may not reach, its last descendant may not either.
    await expectBeyond(maker, 'POST', keys, { name: 'x', scopes: [], ipAllowlist: enforced(office), expiresAt: maker.expiresAt }, 'ipAllowlist');
    now += hour;
    for (const { secret } of [first, maker]) expect(await saidTo(secret, inside)).toBe('SECRET_EXPIRED');
  });

  it.each<[what: string, ipAllowlist: Json | undefined, within: boolean]>([
    ['none', undefined, false],
    ['one that is off', { mode: 'off', entries: [{ cidr: inside }] }, false],
    ['one that only reports', { mode: 'report', entries: [{ cidr: inside }] }, false],
    ['everything', { ...enforced('0.0.0.0/0'), confirmAny: true }, false],
    ['one address outside among those inside', enforced(inside, outside), false],
    ['the other family', enforced('2001:db8::1'), false],
    ['the same', enforced(office), true],
    ['the same in two halves', enforced('198.51.100.0/25', '198.51.100.128/25'), true],
    ['an empty one', enforced(), true],
  ])('by its list: %s', async (_what, ipAllowlist, within) => {
    const maker = await makeManager({ ipAllowlist: enforced(office) });
    const body = { name: 'Child', scopes: ['contacts.read'], ipAllowlist };
    if (!within) return expectBeyond(maker, 'POST', keys, body, 'ipAllowlist');
    expect((await askAs(maker, 'POST', keys, body)).status).toBe(201);
  });

  it.each(['off', 'report'])('a list that is in mode %s limits nobody', async (mode) => {
    const maker = await makeManager({ ipAllowlist: { mode, entries: [{ cidr: office }] } });
    const made = await askAs(maker, 'POST', keys, { name: 'Child', scopes: [] }, outside);
    expect([made.status, made.json.ipAllowlist.mode]).toEqual([201, 'off']);
  });

  it('by the limits it has now, once they are acknowledged, and not by those it had', async () => {
    const maker = await makeManager();
    const body = { name: 'Child', scopes: [] };
    expect((await askAs(maker, 'POST', keys, body)).status).toBe(201);
    await latchkey.manage('PUT', `${keys}/${maker.id}/ip-allowlist`, enforced(office));
    await latchkey.manage('PATCH', `${keys}/${maker.id}`, { expiresAt: iso(now + hour) });
    await expectBeyond(maker, 'POST', keys, body, 'ipAllowlist', 'expiresAt');
    await latchkey.manage('PATCH', `${keys}/${maker.id}`, { expiresAt: iso(now + 2 * hour) });
    const later = { ...body, ipAllowlist: enforced(inside), expiresAt: iso(now + 2 * hour) };
    expect((await askAs(maker, 'POST', keys, later)).status).toBe(201);
  });
}); // prettier-ignore

describe('#31 a key that is limited widens no key, and no account, beyond its limits', () => {
  let maker: Json;
  let child: Json;
  let at: string;

  beforeEach(async () => {
    const limits = { ipAllowlist: enforced(office), expiresAt: iso(now + hour) };
    maker = await makeManager(limits);
    child = (await askAs(maker, 'POST', keys, { name: 'Child', scopes: ['contacts.read'], ...limits })).json;
    at = `${keys}/${child.id}`;
  });

  it('by an allowlist: within its own 200, beyond 403', async () => {
    const list = `${at}/ip-allowlist`;
    for (const wider of [{ mode: 'off', entries: [] }, { mode: 'report', entries: [] }, enforced(outside)])
      await expectBeyond(maker, 'PUT', list, wider, 'ipAllowlist');
    expect((await askAs(maker, 'PUT', list, enforced(inside))).status).toBe(200);
    expect((await askAs(maker, 'PUT', list, enforced(office))).status).toBe(200);
  });

  it('by an expiry: until its own 200, later or never 403', async () => {
    for (const expiresAt of [iso(now + hour + 1), null]) await expectBeyond(maker, 'PATCH', at, { expiresAt }, 'expiresAt');
    for (const expiresAt of [iso(now + 1000), iso(now + hour)]) {
      expect((await askAs(maker, 'PATCH', at, { expiresAt })).json.expiresAt).toBe(expiresAt);
    }
  });

  it('by the account’s list, which stands before every key of it', async () => {
    maker = await makeManager({ ipAllowlist: enforced(office) }, ['contacts.read', ...managing]);
    const open = await latchkey.makeKey(accountId, { scopes: ['contacts.read'] });
    const list = `${account}/ip-allowlist`;
    await latchkey.manage('PUT', list, enforced(office));
    expect(await saidTo(open.secret, outside)).toBe('IP_NOT_ALLOWED');
    for (const wider of [{ mode: 'off', entries: [] }, enforced(office, outside)])
      await expectBeyond(maker, 'PUT', list, wider, 'ipAllowlist');
    expect(await saidTo(open.secret, outside)).toBe('IP_NOT_ALLOWED');
    expect((await askAs(maker, 'PUT', list, enforced(inside))).status).toBe(200);
  });

  it('403 when the account’s list is not the caller’s to open, for the scopes of its keys', async () => {
    await latchkey.makeKey(accountId, { scopes: ['orders.read'] });
    const unlimited = await makeManager();
    await expectBeyond(unlimited, 'PUT', `${account}/ip-allowlist`, { mode: 'off', entries: [] });
  });
}); // prettier-ignore

describe('#31 a rotation of a key with scopes beyond what the caller may give', () => {
  let caller: Json;
  let key: Json;
  let rotation: Json;
  let at: string;

  beforeEach(async () => {
    caller = await makeManager();
    key = await latchkey.makeKey(accountId, { scopes: ['contacts.read', 'orders.read'] });
    const rotations = `${keys}/${key.id}/rotations`;
    rotation = await latchkey.manage('POST', rotations, { graceSeconds: 3600 });
    at = `${rotations}/${rotation.id}`;
  });

  it.each<[what: string, rest: string, body: () => Json]>([
    ['reissues its new secret', '/reissue', () => ({})],
    ['cancels it, and so leaves the old secret without an end', '/cancel', () => ({})],
    ['cancels it by force', '/cancel', () => ({ force: true })],
    ['lets the old secret work for longer', '/extend', () => ({ graceEndsAt: iso(now + 2 * hour) })],
  ])('403 when it %s', async (_what, rest, body) => {
    await expectBeyond(caller, 'POST', at + rest, body());
    expect((await latchkey.manage('GET', at)).state).toBe('open');
  });

  it('200 when it ends it sooner, or now: that widens nothing', async () => {
    const graceEndsAt = iso(now + 1000);
    const sooner = await askAs(caller, 'POST', `${at}/extend`, { graceEndsAt });
    expect([sooner.status, sooner.json.graceEndsAt]).toEqual([200, graceEndsAt]);
    expect((await askAs(caller, 'POST', `${at}/finish`)).json.state).toBe('finished');
    await rows.skip();
    const headers = { 'x-forwarded-for': inside };
    const denied = await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret, headers });
    expectDenial(denied, 'SECRET_EXPIRED', await rows.take(1), { rotationId: rotation.id });
  });

  it('200 for each of them with the scopes among those it may give', async () => {
    const given = await makeManager({}, ['contacts.read', 'orders.read']);
    const extended = { graceEndsAt: iso(now + 2 * hour) };
    for (const [rest, body] of [['/extend', extended], ['/reissue', {}], ['/cancel', {}]] as const)
      expect((await askAs(given, 'POST', at + rest, body)).status).toBe(200);
  });
}); // prettier-ignore
