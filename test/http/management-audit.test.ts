import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';
import type { Json } from '../support/latchkey.js';
import { expectInvalid, startManagement, type Management } from '../support/management.js';
import { sendRaw } from '../support/raw-http.js';

let latchkey: Management;
let now = Date.UTC(2030, 0, 1);
let accountId: string;
let path: string;

beforeAll(async () => {
  const proxies = { TRUSTED_PROXIES: '127.0.0.9' };
  latchkey = await startManagement(proxies, { wallClock: () => now });
  await latchkey.addScopes('contacts.read', 'orders.read');
});

afterAll(() => latchkey.remove());

beforeEach(async () => {
  accountId = (await latchkey.openAccount({ name: 'Audited' })).id;
  path = `/v1/accounts/${accountId}`;
});

const eventsOf = async (id = accountId): Promise<Json[]> =>
  (await latchkey.manage('GET', `/v1/accounts/${id}/audit-events?limit=500`)).results;

/** The events that something makes, oldest first. */
const eventsBy = async (act: () => Promise<unknown>, id = accountId): Promise<Json[]> => {
  const before = (await eventsOf(id)).length;
  await act();
  return (await eventsOf(id)).toReversed().slice(before);
};

describe('one event for each change, in the account it was made in', () => {
  const operator = (): Json => ({ kind: 'key', id: latchkey.operatorKeyId, name: 'Operator key' });

  it('account.created, .changed, .suspended, .resumed', async () => {
    const [created] = await eventsOf();
    expect(created).toEqual({
      id: expect.stringMatching(/^evt_[0-9A-Za-z]{20}$/),
      seq: 1,
      at: new Date(now).toISOString(),
      action: 'account.created',
      actor: operator(),
      callerIp: '127.0.0.1',
      target: { type: 'account', id: accountId },
      before: null,
      after: await latchkey.manage('GET', path),
      previousDigest: '',
      digest: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    });
    const [changed] = await eventsBy(() => latchkey.manage('PATCH', path, { name: 'New' }));
    expect(changed).toMatchObject({
      action: 'account.changed',
      before: { name: 'Audited' },
      after: { name: 'New' },
    });
    const steps = await eventsBy(async () => {
      await latchkey.manage('POST', `${path}/suspend`);
      await latchkey.manage('POST', `${path}/resume`);
    });
    expect(steps).toMatchObject([
      { action: 'account.suspended', before: { state: 'active' }, after: { state: 'suspended' } },
      { action: 'account.resumed', before: { state: 'suspended' }, after: { state: 'active' } },
    ]);
  });

  it('everything that becomes of a key', async () => {
    let key: Json;
    const mail = { purpose: 'Mail', recipient: 'Mail merge GmbH' };
    const events = await eventsBy(async () => {
      key = await latchkey.makeKey(accountId, { scopes: ['contacts.read'], ...mail });
      const at = `${path}/keys/${key.id}`;
      await latchkey.manage('PATCH', at, { name: 'Renamed', scopes: ['orders.read'] });
      await latchkey.manage('PUT', `${at}/ip-allowlist`, {
        mode: 'report',
        entries: [{ cidr: '10.0.0.0/8', note: 'office' }],
      });
      await latchkey.manage('POST', `${at}/reissue`);
      await latchkey.manage('POST', `${at}/rotations`, { graceSeconds: 60 });
      await latchkey.manage('POST', `${at}/suspend`);
      await latchkey.manage('POST', `${at}/resume`);
      await latchkey.manage('POST', `${at}/revoke`);
    });
    expect(events.map(({ action }) => action)).toEqual([
      'key.created',
      'key.changed',
      'key.ip_allowlist_changed',
      'key.reissued',
      'rotation.opened',
      'key.suspended',
      'key.resumed',
      'key.revoked',
    ]);
    for (const { target, actor } of events) {
      expect([target, actor]).toEqual([{ type: 'key', id: key.id }, operator()]);
    }
    const [created, changed, limited, , , suspended] = events;
    const { id, start } = key.secrets[0];
    expect([created.before, created.after]).toMatchObject([
      null,
      { name: 'Vendor', ...mail, scopes: ['contacts.read'], secrets: [{ id, start }] },
    ]);
    expect(changed).toMatchObject({
      before: { name: 'Vendor', scopes: ['contacts.read'] },
      after: { name: 'Renamed', scopes: ['orders.read'] },
    });
    expect(limited).toMatchObject({
      before: { mode: 'off', entries: [] },
      after: { mode: 'report', entries: [{ cidr: '10.0.0.0/8', note: 'office' }] },
    });
    expect(suspended).toMatchObject({
      before: { standing: 'active' },
      after: { standing: 'suspended' },
    });
  });

  it('scopes, services and routes: in the operator’s account', async () => {
    const service = '/v1/services/audited';
    const route = { method: 'GET', path: '/a', scopeSets: [['audited']], public: false };
    const kept = { ...route, path: '/kept' };
    const events = await eventsBy(async () => {
      await latchkey.manage('PUT', '/v1/scopes/audited', { description: 'One' });
      await latchkey.manage('PUT', '/v1/scopes/audited', { description: 'Two' });
      const settings = { upstream: 'http://127.0.0.1:1', mount: '/audited' };
      await latchkey.manage('PUT', service, settings);
      await latchkey.manage('PUT', service, { ...settings, timeoutMs: 100 });
      await latchkey.manage('PUT', `${service}/routes`, { routes: [route, kept] });
      await latchkey.manage('PUT', `${service}/routes`, { routes: [kept] });
      await latchkey.manage('PUT', `${service}/routes`, { routes: [] });
      await latchkey.manage('DELETE', '/v1/scopes/audited');
    }, latchkey.operatorAccountId);
    expect(events).toMatchObject([
      { action: 'scope.created', before: null, after: { description: 'One' } },
      { action: 'scope.changed', before: { description: 'One' }, after: { description: 'Two' } },
      { action: 'service.created', before: null, after: { mount: '/audited' } },
      { action: 'service.changed', before: { timeoutMs: 30_000 }, after: { timeoutMs: 100 } },
      {
        action: 'service.routes_replaced',
        before: { routes: [] },
        after: { routes: [route, kept] },
      },
      { action: 'service.routes_replaced', before: { routes: [route] }, after: { routes: [] } },
      { action: 'service.routes_replaced', before: { routes: [kept] }, after: { routes: [] } },
      { action: 'scope.deleted', before: { description: 'Two' }, after: null },
    ]);
    expect(events[0].target).toEqual({ type: 'scope', id: 'audited' });
    expect(events[2].target.type).toBe('service');
  });

  it('a key acting in its own account is the actor, from where it really called', async () => {
    const admin = await latchkey.makeKey(accountId, {
      name: 'Schlüssel "1"',
      scopes: ['latchkey.keys.write'],
    });
    const [event] = await eventsBy(() =>
      sendRaw(latchkey.managementUrl, {
        method: 'POST',
        target: `${path}/keys`,
        headers: [
          ['Authorization', `Bearer ${admin.secret}`],
          ['Content-Type', 'application/json'],
          ['X-Forwarded-For', '6.6.6.6, 2001:DB8::7'],
        ],
        body: '{"name":"x","scopes":[]}',
        from: '127.0.0.9',
      }),
    );
    expect(event).toMatchObject({
      action: 'key.created',
      actor: { kind: 'key', id: admin.id, name: 'Schlüssel "1"' },
      callerIp: '2001:db8::7',
    });
  });

  it('no event for what was refused, read, or already so', async () => {
    const key = await latchkey.makeKey(accountId);
    const at = `${path}/keys/${key.id}`;
    const events = await eventsBy(async () => {
      const ask = (method: string, where: string, body?: unknown) =>
        latchkey.ask(method, where, { secret: latchkey.operatorKey, body });
      await ask('GET', at);
      await ask('POST', `${at}/resume`);
      await ask('POST', `${path}/resume`);
      await ask('PATCH', at, { scopes: ['nope'] });
      await ask('PATCH', at, { id: 'x' });
      await ask('POST', `${path}/keys`, { name: 'x' });
      await ask('POST', `${at}/rotations`, { graceSeconds: -1 });
      await latchkey.ask('POST', `${at}/revoke`, { secret: key.secret });
    });
    expect(events).toEqual([]);
  });
});

it('no event, and no row of the database, holds a secret', async () => {
  const key = await latchkey.makeKey(accountId);
  const rotations = `${path}/keys/${key.id}/rotations`;
  const rotation = await latchkey.manage('POST', rotations, { graceSeconds: 60 });
  const events = JSON.stringify(await eventsOf());
  const database = new SqliteDatabase(join(latchkey.folder, 'latchkey.db'), { readonly: true });
  const rows = JSON.stringify(database.prepare('SELECT * FROM audit_event').all());
  database.close();
  for (const { secret } of [key, rotation]) {
    // Its start is shown; of the rest, not even a part.
    const hidden = secret.slice('lk_prod_4fGh'.length);
    for (const text of [events, rows]) {
      expect(text).not.toContain(hidden);
      expect(text).not.toContain(hidden.slice(0, 12));
    }
  }
  expect(events).toContain(key.secrets[0].start);
});

it('is linked: numbered without gaps, each with the digest of the one before', async () => {
  for (let i = 0; i < 5; i += 1) await latchkey.makeKey(accountId, { name: `key ${i}` });
  const events = (await eventsOf()).toReversed();
  expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const [i, event] of events.entries()) {
    expect(event.previousDigest).toBe(i === 0 ? '' : events[i - 1].digest);
  }
  expect(new Set(events.map(({ digest }) => digest)).size).toBe(6);
});

it('pages newest first, each event once, while events arrive', async () => {
  for (let i = 0; i < 5; i += 1) await latchkey.makeKey(accountId);
  const seen: number[] = [];
  let after = '';
  do {
    const page = await latchkey.manage('GET', `${path}/audit-events?limit=2${after}`);
    seen.push(...page.results.map(({ seq }: Json) => seq));
    now += 1;
    await latchkey.makeKey(accountId);
    after = page.paging.next === undefined ? '' : `&after=${page.paging.next.after}`;
  } while (after !== '');
  expect(seen).toEqual([6, 5, 4, 3, 2, 1]);
});

it('shows the events of one kind, actor, target or time alone, page by page', async () => {
  const admin = await latchkey.makeKey(accountId, { scopes: ['latchkey.keys.write'] });
  now += 60_000;
  const from = new Date(now).toISOString();
  const keys = `${path}/keys`;
  const body = { name: 'x', scopes: [] };
  for (let i = 0; i < 3; i += 1)
    await latchkey.ask('POST', keys, { secret: admin.secret, body: { ...body, name: `x${i}` } });
  now += 60_000;
  const to = new Date(now).toISOString();
  const { id } = await latchkey.makeKey(accountId, { name: `"id":"${admin.id}"` });
  const seqs = async (query: string): Promise<number[]> =>
    (await latchkey.manage('GET', `${path}/audit-events?${query}`)).results.map(
      ({ seq }: Json) => seq,
    );
  expect(await seqs('action=key.created')).toEqual([6, 5, 4, 3, 2]);
  expect(await seqs(`actorId=${admin.id}`)).toEqual([5, 4, 3]);
  expect(await seqs(`actorId=${admin.id.toLowerCase()}`)).toEqual([]);
  expect(await seqs(`targetId=${id}`)).toEqual([6]);
  expect(await seqs(`from=${from}`)).toEqual([6, 5, 4, 3]);
  expect(await seqs(`to=${from}`)).toEqual([2, 1]);
  expect(await seqs(`from=${from}&to=${to}&actorId=${admin.id}&action=key.created`)).toEqual([
    5, 4, 3,
  ]);
  expect(await seqs('action=nothing')).toEqual([]);
  const page = await latchkey.manage('GET', `${path}/audit-events?limit=2&actorId=${admin.id}`);
  const { after } = page.paging.next;
  expect(await seqs(`limit=2&actorId=${admin.id}&after=${after}`)).toEqual([3]);
  await expectInvalid(
    latchkey,
    'GET',
    `${path}/audit-events?from=today`,
    undefined,
    ['from'],
    'query',
  );
});

it('#48 the event is part of its change: if it cannot be written, nothing is', async () => {
  const database = new SqliteDatabase(join(latchkey.folder, 'latchkey.db'));
  const key = await latchkey.makeKey(accountId);
  const tables = () =>
    ['account', 'api_key', 'secret', 'rotation', 'scope', 'service', 'access_revision'].map(
      (name) => database.prepare(`SELECT * FROM ${name}`).all(),
    );
  const before = tables();
  database.exec(`CREATE TRIGGER no_events BEFORE INSERT ON audit_event
    BEGIN SELECT RAISE(ABORT, 'no events today'); END`);
  try {
    const service = { upstream: 'http://127.0.0.1:1', mount: '/none' };
    for (const [method, where, body] of [
      ['POST', '/v1/accounts', { name: 'x' }],
      ['PATCH', path, { name: 'x' }],
      ['POST', `${path}/keys`, { name: 'x', scopes: [] }],
      ['POST', `${path}/keys/${key.id}/revoke`, undefined],
      ['POST', `${path}/keys/${key.id}/rotations`, { graceSeconds: 60 }],
      ['PUT', '/v1/scopes/none', {}],
      ['PUT', '/v1/services/none', service],
    ] as const) {
      const answer = await latchkey.ask(method, where, { secret: latchkey.operatorKey, body });
      expect([answer.status, answer.json.reason]).toEqual([500, 'INTERNAL']);
      expect(answer.text).not.toMatch(/no events|INSERT|SQLITE|\.ts|\.js/i);
    }
    expect(tables()).toEqual(before);
    const self = await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
    expect(self.status).toBe(200);
  } finally {
    database.exec('DROP TRIGGER no_events');
    database.close();
  }
  expect((await latchkey.manage('POST', `${path}/keys/${key.id}/revoke`)).state).toBe('revoked');
});
