import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import type { Json } from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const hour = 3_600_000;
const day = 24 * hour;
const iso = (time: number) => new Date(time).toISOString();
const somewhere = { mode: 'enforce', entries: [{ cidr: '127.0.0.1' }] };

describeOnEachDatabase('the hygiene of an account’s keys', (kind) => {
  let now = Date.parse('2030-01-01T00:00:00.000Z');
  let database: NodeDatabase;
  let latchkey: Management;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let account: string;

  beforeAll(async () => {
    upstream = await startUpstream();
    database = await databaseFor(kind);
    latchkey = await startManagement(database.environment, { wallClock: () => now });
    crm = await publishCrm(latchkey, upstream.url);
  });

  afterAll(async () => {
    await latchkey?.remove();
    await database?.remove();
    await upstream.close();
  });

  beforeEach(async () => {
    now += day;
    account = `/v1/accounts/${(await latchkey.openAccount()).id}`;
  });

  const makeKey = (settings: Json = {}): Promise<Json> =>
    latchkey.manage('POST', `${account}/keys`, { name: 'Vendor', scopes: [], ...settings });
  /** Of which nothing is found, once it was used. */
  const makeFineKey = (settings: Json = {}): Promise<Json> =>
    makeKey({ ipAllowlist: somewhere, expiresAt: iso(now + 400 * day), ...settings });
  const use = async (secret: string, path = '/latchkey/v1/self'): Promise<void> => {
    expect((await latchkey.call('GET', path, { secret })).status).toBe(200);
  };
  const report = (query = ''): Promise<Json> =>
    latchkey.manage('GET', `${account}/hygiene${query}`);
  const findings = async (): Promise<Json[]> => {
    const { results } = await report();
    expect(results.length).toBeLessThanOrEqual(1);
    return results[0]?.findings ?? [];
  };
  const kinds = async () => (await findings()).map(({ kind: found }) => found);
  /** Does what a finding says. */
  const follow = ({ action }: Json, body = action.body): Promise<Json> =>
    latchkey.manage(action.method, action.path, body);

  it('of a new key without limits: what it lacks, since when, and what to do', async () => {
    const key = await makeKey({ name: 'Mail merge', environment: 'qa' });
    const at = `${account}/keys/${key.id}`;
    const since = iso(now);
    now += hour;
    const told = (found: string, method: string, path: string, body: Json) => ({
      ...{ kind: found, since, dueAt: null, scopes: [] },
      action: { advice: expect.any(String), method, path, body },
    });
    expect(await report()).toEqual({
      results: [
        {
          ...{ keyId: key.id, keyName: 'Mail merge', environment: 'qa', state: 'active' },
          findings: [
            told('no_expiry', 'PATCH', at, null),
            told('no_ip_allowlist', 'PUT', `${at}/ip-allowlist`, null),
          ],
        },
      ],
      paging: {},
    });
  });

  it('a key that nobody has used for a week since it was made', async () => {
    const key = await makeFineKey();
    const since = now;
    now += 7 * day - 1;
    expect(await kinds()).toEqual([]);
    now += 1;
    const [finding] = await findings();
    expect(finding).toMatchObject({ kind: 'never_used', since: iso(since) });
    expect((await follow(finding)).state).toBe('revoked');
    expect(await kinds()).toEqual([]);
    expect(key.state).toBe('active');
  });

  it('while a rotation is scheduled, its old secret is the one that is over age', async () => {
    await latchkey.manage('PUT', `${account}/policy`, { secretAgeDaysMax: 30 });
    const key = await makeFineKey();
    await use(key.secret);
    const overAgeAt = iso(now + 30 * day);
    now += 20 * day;
    const path = `${account}/keys/${key.id}/rotations`;
    const startsAt = iso(now + 20 * day);
    const { id, secret } = await latchkey.manage('POST', path, { startsAt, graceSeconds: 60 });
    await use(secret);
    now += 11 * day;
    const [finding] = await findings();
    expect(finding).toMatchObject({
      ...{ kind: 'secret_over_age', since: overAgeAt },
      action: { path: `${path}/${id}/finish`, body: { onlyIfSafe: true } },
    });
    await latchkey.manage('PUT', `${account}/policy`, {});
  });

  it('each finding is gone once its action was taken', async () => {
    const key = await makeKey();
    await use(key.secret);
    const [expiry, allowlist] = await findings();
    await follow(expiry, { expiresAt: iso(now + 400 * day) });
    await follow(allowlist, somewhere);
    expect(await findings()).toEqual([]);
  });

  it('a key that its account limits to addresses needs no list of its own', async () => {
    const key = await makeFineKey({ ipAllowlist: { mode: 'report', entries: [] } });
    await use(key.secret);
    expect(await kinds()).toEqual(['no_ip_allowlist']);
    await latchkey.manage('PUT', `${account}/ip-allowlist`, somewhere);
    expect(await kinds()).toEqual([]);
  });

  it('a key that was not used for 90 days can be suspended', async () => {
    const key = await makeFineKey();
    await use(key.secret);
    const since = now;
    now += 90 * day - 1;
    expect(await kinds()).toEqual([]);
    now += 1;
    const [finding] = await findings();
    expect(finding).toMatchObject({ kind: 'unused', since: iso(since) });
    expect((await follow(finding)).state).toBe('suspended');
    expect((await report()).results).toMatchObject([{ keyId: key.id, state: 'suspended' }]);
  });

  it('a secret is told of 14 days before it is over age, and then; a rotation is the end of it', async () => {
    await latchkey.manage('PUT', `${account}/policy`, { secretAgeDaysMax: 60 });
    const dueAt = now + 60 * day;
    const key = await makeFineKey();
    await use(key.secret);
    now = dueAt - 14 * day - 1;
    expect(await findings()).toEqual([]);
    now += 1;
    expect(await findings()).toMatchObject([
      { kind: 'secret_soon_over_age', since: iso(now), dueAt: iso(dueAt) },
    ]);
    now = dueAt;
    const [finding] = await findings();
    expect(finding).toMatchObject({ kind: 'secret_over_age', since: iso(dueAt), dueAt: null });
    const rotation = await follow(finding);
    expect(rotation.graceEndsAt).toBe(iso(now + 7 * day));
    expect(await kinds()).toEqual([]);
  });

  it('a rotation whose old secret is quiet can be finished', async () => {
    await latchkey.manage('PUT', `${account}/policy`, { quietSeconds: 3600 });
    const key = await makeFineKey();
    await use(key.secret);
    const rotation = await latchkey.manage('POST', `${account}/keys/${key.id}/rotations`, {});
    now += 1000;
    await use(key.secret);
    await use(rotation.secret);
    now += hour - 1;
    expect(await findings()).toEqual([]);
    now += 1;
    const [finding] = await findings();
    expect(finding).toMatchObject({ kind: 'rotation_safe_to_finish', since: iso(now) });
    expect(await follow(finding)).toMatchObject({ id: rotation.id, state: 'finished' });
    expect(await findings()).toEqual([]);
  });

  it('a key that expires within 30 days; the action knows how long it may live', async () => {
    await latchkey.manage('PUT', `${account}/policy`, { keyLifetimeDaysMax: 90 });
    const [made, expires] = [now, now + 40 * day];
    const key = await makeFineKey({ expiresAt: iso(expires) });
    await use(key.secret);
    now = expires - 30 * day;
    const [finding] = await findings();
    expect(finding).toMatchObject({ kind: 'expires_soon', since: iso(now), dueAt: iso(expires) });
    expect((await follow(finding)).expiresAt).toBe(iso(made + 90 * day));
    now = made + 89 * day;
    await use(key.secret);
    expect(await findings()).toMatchObject([{ kind: 'expires_soon', action: { body: null } }]);
  });

  it('names the scopes that a key does not use, and leaves it those that it does', async () => {
    const scopes = ['contacts.read', 'contacts.write', 'orders.read'];
    const made = now;
    const key = await makeFineKey({ scopes });
    now += 1;
    const other = await makeFineKey({ scopes: ['contacts.write'] });
    await use(key.secret, '/crm/contacts');
    now = made + 90 * day - 1;
    await use(key.secret, '/crm/contacts');
    expect(await kinds()).toEqual(['never_used']);
    now += 2;
    await use(key.secret, '/crm/contacts');
    expect((await latchkey.call('DELETE', '/crm/contacts/7', other)).status).toBe(200);
    const used = now;
    const [finding] = await findings();
    // What it did before its counters are kept from is not known.
    const since = iso(now - 90 * day);
    const idle = { kind: 'unused_scopes', since, scopes: ['contacts.write', 'orders.read'] };
    expect(finding).toMatchObject(idle);
    expect((await follow(finding)).scopes).toEqual(['contacts.read']);
    expect(await findings()).toEqual([]);
    now = used + 90 * day;
    await use(key.secret);
    await use(other.secret);
    const { results } = await report();
    expect(
      results
        .flatMap(({ findings: all }: Json) =>
          all.filter((one: Json) => one.kind === 'unused_scopes'),
        )
        .map(({ scopes: named, since: when }: Json) => [named, when]),
    ).toEqual([
      ...[
        [['contacts.read'], iso(used)],
        [['contacts.write'], iso(used)],
      ],
    ]);
  });

  it('calls no scope unused that may have been used before its counters are kept from', async () => {
    const key = await makeFineKey({ scopes: ['contacts.read', 'contacts.write'] });
    await use(key.secret, '/crm/contacts');
    now += 95 * day;
    await use(key.secret, '/crm/contacts');
    expect(await findings()).toMatchObject([{ scopes: ['contacts.write'] }]);
    await latchkey.manage('PUT', `${account}/policy`, { retentionDaysCounters: 89 });
    expect(await findings()).toEqual([]);
    await latchkey.manage('PUT', `${account}/policy`, {});
  });

  it('says nothing of a key that is revoked or has expired', async () => {
    await makeKey({ expiresAt: iso(now + hour) });
    const { id } = await makeKey();
    await latchkey.manage('POST', `${account}/keys/${id}/revoke`);
    now += hour;
    expect(await report()).toEqual({ results: [], paging: {} });
  });

  it('goes through the keys in pages, which leave out those that are well', async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      const key = await (i === 2 ? makeFineKey() : makeKey());
      now += 1;
      await use(key.secret);
      if (i !== 2) made.push(key.id);
    }
    const seen: string[] = [];
    const sizes: number[] = [];
    let query: string | null = '?limit=2';
    while (query !== null) {
      const { results, paging }: Json = await report(query);
      seen.push(...results.map(({ keyId }: Json) => keyId));
      sizes.push(results.length);
      query = paging.next === undefined ? null : `?limit=2&after=${paging.next.after}`;
    }
    expect([seen, sizes]).toEqual([made, [2, 1, 1]]);
  });

  it('looks at the keys of its own account only, for whoever may read keys', async () => {
    await crm.makeKey();
    const { id } = await makeKey();
    const { secret } = await makeFineKey({ scopes: ['latchkey.keys.read'] });
    await use(secret);
    const own = await latchkey.ask('GET', `${account}/hygiene`, { secret });
    expect(own.status).toBe(200);
    expect(own.json.results.map(({ keyId }: Json) => keyId)).toContain(id);
    expect(own.text).not.toContain(crm.accountId);
    const elsewhere = `/v1/accounts/${crm.accountId}/hygiene`;
    expect((await latchkey.ask('GET', elsewhere, { secret })).status).toBe(404);
  });
});
