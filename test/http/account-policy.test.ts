import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial } from '../support/denials.js';
import type { Json } from '../support/latchkey.js';
import { expectInvalid, startManagement, type Management } from '../support/management.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const hour = 3_600_000;
const day = 24 * hour;
const iso = (time: number) => new Date(time).toISOString();

const nothing = {
  ...{ secretAgeDaysMax: null, overAge: null, keyLifetimeDaysMax: null },
  ...{ graceSecondsDefault: null, graceSecondsMax: null, quietSeconds: null },
  ...{ deprecationHeaders: null, rotationGuideUrl: null },
  ...{ retentionDaysCalls: null, retentionDaysCounters: null, retentionDaysAudit: null },
};
const installation = {
  ...{ secretAgeDaysMax: 100, overAge: 'report', keyLifetimeDaysMax: null },
  ...{ graceSecondsDefault: 7200, graceSecondsMax: 86_400, quietSeconds: 86_400 },
  ...{ deprecationHeaders: true, rotationGuideUrl: null },
  ...{ retentionDaysCalls: 90, retentionDaysCounters: 30, retentionDaysAudit: 90 },
};

describeOnEachDatabase('the policy of an account', (kind) => {
  let now = Date.parse('2030-01-01T00:00:00.000Z');
  let database: NodeDatabase;
  let latchkey: Management;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let account: string;

  beforeAll(async () => {
    upstream = await startUpstream();
    database = await databaseFor(kind);
    const settings = {
      ...{ SECRET_AGE_DAYS_MAX: '100', GRACE_SECONDS_DEFAULT: '7200', GRACE_SECONDS_MAX: '86400' },
      RETENTION_DAYS_COUNTERS: '30',
    };
    latchkey = await startManagement(
      { ...database.environment, ...settings },
      { wallClock: () => now },
    );
    crm = await publishCrm(latchkey, upstream.url);
    account = `/v1/accounts/${crm.accountId}`;
  });

  afterAll(async () => {
    await latchkey?.remove();
    await database?.remove();
    await upstream.close();
  });

  const setPolicy = (policy: Json): Promise<Json> =>
    latchkey.manage('PUT', `${account}/policy`, policy);
  const rotationsOf = (key: Json) => `${account}/keys/${key.id}/rotations`;
  const rotate = (key: Json, body: Json = {}): Promise<Json> =>
    latchkey.manage('POST', rotationsOf(key), body);
  const call = (secret: string) => latchkey.call('GET', '/crm/contacts', { secret });
  const selfOf = async (secret: string): Promise<Json> =>
    (await latchkey.call('GET', '/latchkey/v1/self', { secret })).json;

  it('shows what is set, what is in force and where it comes from; each PUT replaces all of it', async () => {
    const byInstallation = Object.fromEntries(
      Object.keys(nothing).map((name) => [name, 'installation']),
    );
    const unset = { set: nothing, inForce: installation, source: byInstallation };
    expect(await latchkey.manage('GET', `${account}/policy`)).toEqual(unset);
    const own = { overAge: 'refuse', graceSecondsMax: 60, quietSeconds: 0 };
    const set = {
      set: { ...nothing, ...own },
      inForce: { ...installation, ...own, graceSecondsDefault: 60 },
      source: {
        ...byInstallation,
        ...{ overAge: 'account', graceSecondsMax: 'account', quietSeconds: 'account' },
      },
    };
    expect(await setPolicy({ ...own, secretAgeDaysMax: null })).toEqual(set);
    expect(await latchkey.manage('GET', `${account}/policy`)).toEqual(set);
    expect(await setPolicy({})).toEqual(unset);
    const events = await latchkey.manage('GET', `${account}/audit-events?limit=2`);
    expect(events.results).toMatchObject([
      { action: 'account.policy_changed', before: own, after: {} },
      { action: 'account.policy_changed', before: {}, after: own },
    ]);
  });

  it('has the account’s ETag, and changes only what is as it was last seen', async () => {
    const path = `${account}/policy`;
    const secret = latchkey.operatorKey;
    const read = await latchkey.ask('GET', path, { secret });
    const ifMatch = { 'if-match': read.headers.get('etag') ?? '' };
    const put = () =>
      latchkey.ask('PUT', path, { secret, headers: ifMatch, body: { quietSeconds: 5 } });
    const first = await put();
    expect([first.status, first.json.inForce.quietSeconds]).toEqual([200, 5]);
    expect((await put()).json.reason).toBe('PRECONDITION_FAILED');
    await setPolicy({});
  });

  it('is the operator’s to set: an account’s own admin may look at it', async () => {
    const { secret } = await crm.makeKey({ scopes: ['latchkey.accounts.read'] });
    expect((await latchkey.ask('GET', `${account}/policy`, { secret })).status).toBe(200);
    const refused = await latchkey.ask('PUT', `${account}/policy`, { secret, body: {} });
    expect([refused.status, refused.json.reason]).toEqual([403, 'SCOPE_MISSING']);
  });

  it.each<[what: string, body: Json, field: string]>([
    ['no day', { secretAgeDaysMax: 0 }, 'secretAgeDaysMax'],
    ['part of a day', { keyLifetimeDaysMax: 1.5 }, 'keyLifetimeDaysMax'],
    ['more than 90 days of grace', { graceSecondsMax: 7_776_001 }, 'graceSecondsMax'],
    ['another choice', { overAge: 'deny' }, 'overAge'],
    ['a text', { quietSeconds: '5' }, 'quietSeconds'],
    ['nothing kept at all', { retentionDaysAudit: 0 }, 'retentionDaysAudit'],
    ['more than ten years kept', { retentionDaysCalls: 3651 }, 'retentionDaysCalls'],
    ['another property', { quiet: 5 }, 'quiet'],
    ['a guide that is no page', { rotationGuideUrl: 'javascript:alert(1)' }, 'rotationGuideUrl'],
    ['a guide with a password', { rotationGuideUrl: 'https://a:b@c.example/' }, 'rotationGuideUrl'],
    ['a guide that is longer in a header', { rotationGuideUrl: `https://c.example/${'é'.repeat(900)}` }, 'rotationGuideUrl'],
    ['more by default than at most', { graceSecondsDefault: 61, graceSecondsMax: 60 }, 'graceSecondsDefault'],
    ['more by default than the installation’s most', { graceSecondsDefault: 86_401 }, 'graceSecondsDefault'],
  ])('400: %s', async (_what, body, field) => {
    await expectInvalid(latchkey, 'PUT', `${account}/policy`, body, [field]);
    expect((await latchkey.manage('GET', `${account}/policy`)).set).toEqual(nothing);
  }); // prettier-ignore

  it('says for how long things are kept, each for itself', async () => {
    const own = { retentionDaysCalls: 1, retentionDaysCounters: 3650, retentionDaysAudit: 400 };
    const { set, inForce, source } = await setPolicy(own);
    expect([set, inForce]).toEqual([
      { ...nothing, ...own },
      { ...installation, ...own },
    ]);
    expect(source).toMatchObject({ retentionDaysAudit: 'account', quietSeconds: 'installation' });
    const events = await latchkey.manage('GET', `${account}/audit-events?limit=1`);
    expect(events.results).toMatchObject([{ before: {}, after: own }]);
    await setPolicy({});
  });

  it('a rotation does not outlast its new secret, where that would be refused for its age', async () => {
    await setPolicy({ secretAgeDaysMax: 1, overAge: 'refuse', graceSecondsMax: 3 * 86_400 });
    const key = await crm.makeKey();
    const startsAt = iso(now + day);
    for (const body of [{ graceSeconds: 86_401 }, { startsAt, graceSeconds: 1 }])
      await expectInvalid(latchkey, 'POST', rotationsOf(key), body, ['graceEndsAt']);
    const { id } = await rotate(key, { graceSeconds: 86_400 });
    const extend = `${rotationsOf(key)}/${id}/extend`;
    await expectInvalid(latchkey, 'POST', extend, { graceEndsAt: iso(now + day + 1) }, [
      'graceEndsAt',
    ]);
    await setPolicy({ secretAgeDaysMax: 1, graceSecondsMax: 3 * 86_400 });
    await latchkey.manage('POST', extend, { graceEndsAt: iso(now + day + 1) });
    await setPolicy({});
  });

  it('a secret that is over age is told of, and where the policy says so refused, to the millisecond', async () => {
    const key = await crm.makeKey();
    const overAgeSince = iso(now + 30 * day);
    await setPolicy({ secretAgeDaysMax: 30 });
    now += 30 * day - 1;
    expect((await selfOf(key.secret)).secret.overAgeSince).toBeNull();
    await setPolicy({ secretAgeDaysMax: 30, overAge: 'refuse' });
    expect((await call(key.secret)).status).toBe(200);
    now += 1;
    await latchkey.newRows.skip();
    const refused = await call(key.secret);
    const row = { keyId: key.id, secretState: 'current', door: 'gateway' };
    const rows = await latchkey.newRows.take(1);
    const detail = expectDenial(refused, 'SECRET_OVER_AGE', rows, row);
    expect(detail.context).toEqual({ overAgeSince });
    expect(refused.json.message).toContain(overAgeSince);
    await setPolicy({ secretAgeDaysMax: 30 });
    expect((await call(key.secret)).status).toBe(200);
    expect((await selfOf(key.secret)).secret.overAgeSince).toBe(overAgeSince);
    await setPolicy({});
  });

  it('one that is refused works again for the grace of the rotation that replaces it', async () => {
    const key = await crm.makeKey();
    await setPolicy({ overAge: 'refuse' });
    now += 100 * day;
    expect((await call(key.secret)).json.reason).toBe('SECRET_OVER_AGE');
    const cancelled = await rotate(key);
    expect((await call(key.secret)).status).toBe(200);
    await latchkey.manage('POST', `${rotationsOf(key)}/${cancelled.id}/cancel`);
    expect((await call(key.secret)).json.reason).toBe('SECRET_OVER_AGE');
    const rotation = await rotate(key);
    expect((await call(key.secret)).status).toBe(200);
    now = Date.parse(rotation.graceEndsAt);
    expect((await call(key.secret)).json.reason).toBe('SECRET_EXPIRED');
    expect((await call(rotation.secret)).status).toBe(200);
    await setPolicy({});
  });

  it('the operator’s own secrets are never refused for their age', async () => {
    const own = `/v1/accounts/${latchkey.operatorAccountId}`;
    await expectInvalid(latchkey, 'PUT', `${own}/policy`, { overAge: 'refuse' }, ['overAge']);
    await latchkey.manage('PUT', `${own}/policy`, { secretAgeDaysMax: 1 });
    now += 400 * day;
    expect((await selfOf(latchkey.operatorKey)).secret.overAgeSince).toEqual(expect.any(String));
    expect((await latchkey.manage('GET', `${own}/policy`)).source.overAge).toBe('fixed');
  });

  it('the grace of a rotation is the default unless it is given, and never longer than the longest', async () => {
    const key = await crm.makeKey();
    const first = await rotate(key);
    expect(first.graceEndsAt).toBe(iso(now + 7200_000));
    await latchkey.manage('POST', `${rotationsOf(key)}/${first.id}/finish`);
    await setPolicy({ graceSecondsDefault: 30, graceSecondsMax: 60 });
    const refused = await expectInvalid(
      latchkey,
      ...(['POST', rotationsOf(key), { graceSeconds: 61 }, ['graceSeconds']] as const),
    );
    expect(refused.json.errors[0].context.graceSecondsMax).toBe(60);
    const startsAt = iso(now + day);
    const instant = { startsAt, graceEndsAt: iso(now + day + 60_001) };
    const late = await expectInvalid(latchkey, 'POST', rotationsOf(key), instant, ['graceEndsAt']);
    expect(late.json.errors[0].context.graceSecondsMax).toBe(60);
    const scheduled = await rotate(key, { startsAt });
    expect(scheduled.graceEndsAt).toBe(iso(now + day + 30_000));
    await latchkey.manage('POST', `${rotationsOf(key)}/${scheduled.id}/cancel`);
    const second = await rotate(key);
    expect(second.graceEndsAt).toBe(iso(now + 30_000));
    const extend = `${rotationsOf(key)}/${second.id}/extend`;
    const beyond = { graceEndsAt: iso(now + 60_001) };
    const tooFar = await expectInvalid(latchkey, 'POST', extend, beyond, ['graceEndsAt']);
    const latestGraceEndsAt = iso(now + 60_000);
    expect(tooFar.json.errors[0].context).toMatchObject({ graceSecondsMax: 60, latestGraceEndsAt });
    await latchkey.manage('POST', extend, { graceEndsAt: latestGraceEndsAt });
    await setPolicy({ graceSecondsMax: 10 });
    const sooner = await latchkey.manage('POST', extend, { graceEndsAt: iso(now + 45_000) });
    expect(sooner).toMatchObject({ state: 'open', graceEndsAt: iso(now + 45_000) });
    await expectInvalid(latchkey, 'POST', extend, { graceEndsAt: iso(now + 45_001) }, [
      'graceEndsAt',
    ]);
    await setPolicy({});
  });

  it('a key that rotates itself is held to the same graces', async () => {
    const { secret } = await crm.makeKey({ scopes: ['latchkey.self.rotate'] });
    await setPolicy({ graceSecondsDefault: 30, graceSecondsMax: 60, quietSeconds: 5 });
    const ask = (body: Json) =>
      latchkey.call('POST', '/latchkey/v1/self/rotations', { secret, body });
    const refused = await ask({ graceSeconds: 61 });
    expect([refused.status, refused.json.errors[0].context]).toEqual([
      ...[400, { field: 'graceSeconds', graceSecondsMax: 60 }],
    ]);
    const opened = await ask({});
    expect([opened.status, opened.json.graceEndsAt]).toEqual([201, iso(now + 30_000)]);
    expect(opened.json.quietSeconds).toBe(5);
    await setPolicy({});
  });

  it('the verdict waits for the account’s quiet period', async () => {
    const key = await crm.makeKey();
    const rotation = await rotate(key, { graceSeconds: 86_400 });
    const path = `${rotationsOf(key)}/${rotation.id}`;
    await call(key.secret);
    await call(rotation.secret);
    now += hour;
    await setPolicy({ quietSeconds: 3601 });
    const verdictOf = async () => {
      const { verdict, quietSeconds } = await latchkey.manage('GET', path);
      return [verdict, quietSeconds];
    };
    expect(await verdictOf()).toEqual(['still_in_use', 3601]);
    await setPolicy({ quietSeconds: 3600 });
    expect(await verdictOf()).toEqual(['safe_to_finish', 3600]);
    const finished = await latchkey.manage('POST', `${path}/finish`);
    expect(finished.quietSeconds).toBe(3600);
    await setPolicy({});
  });

  it('a key expires within its longest lifetime, which is told', async () => {
    const old = await crm.makeKey();
    await setPolicy({ keyLifetimeDaysMax: 90 });
    const latest = now + 90 * day;
    const body = { name: 'Vendor', scopes: [] };
    for (const asked of [{}, { expiresAt: null }, { expiresAt: iso(latest + 1) }]) {
      const made = { ...body, ...asked };
      const refused = await expectInvalid(latchkey, 'POST', `${account}/keys`, made, ['expiresAt']);
      expect(refused.json.message).toContain(iso(latest));
      expect(refused.json.errors[0].context.latestExpiresAt).toBe(iso(latest));
    }
    const key = await crm.makeKey({ expiresAt: iso(latest) });
    const patch = (id: string) => ['PATCH', `${account}/keys/${id}`] as const;
    now += day;
    for (const expiresAt of [null, iso(latest + 1)])
      await expectInvalid(latchkey, ...patch(key.id), { expiresAt }, ['expiresAt']);
    const sooner = await latchkey.manage(...patch(key.id), { expiresAt: iso(latest - 5) });
    expect(sooner.expiresAt).toBe(iso(latest - 5));
    expect(await latchkey.manage(...patch(key.id), { expiresAt: iso(latest) })).toMatchObject({
      expiresAt: iso(latest),
    });
    // What was made before stays, can be changed otherwise, and can be given an end.
    expect((await latchkey.manage(...patch(old.id), { name: 'Old' })).expiresAt).toBeNull();
    now += 200 * day;
    const far = iso(now + 100 * day);
    expect((await latchkey.manage(...patch(old.id), { expiresAt: far })).expiresAt).toBe(far);
    const later = { expiresAt: iso(now + 101 * day) };
    const refused = await expectInvalid(latchkey, ...patch(old.id), later, ['expiresAt']);
    expect(refused.json.message).toContain('Make another key in its place');
    await setPolicy({});
  });
});
