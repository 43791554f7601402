import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectDenial } from '../support/denials.js';
import type { Answer, Json } from '../support/latchkey.js';
import { mainTables } from '../support/main-tables.js';
import { expectDenied, expectRefused, startManagement, type Management } from '../support/management.js'; // prettier-ignore
import { addMember, sessionOf, signIn, tokenOf, type SignedInPerson } from '../support/people.js';
import { sendRaw } from '../support/raw-http.js';
import { operations, requestFor, sampleOf } from '../support/sample-requests.js';
import { openTenant, type Tenant } from '../support/tenants.js';

const minute = 60_000;

let latchkey: Management;
let account: Json;
let person: SignedInPerson;
let slept = 0;
const sleep = (milliseconds: number): void => void (slept += milliseconds);

beforeAll(async () => {
  latchkey = await startManagement(
    { SESSION_IDLE_MINUTES: '30', SESSION_MINUTES_MAX: '120' },
    { wallClock: () => Date.now() + slept },
  );
  account = await latchkey.openAccount();
});

afterAll(() => latchkey.remove());

beforeEach(async () => {
  person = await addMember(latchkey, account.id, 'admin');
});

const enter = (email: string, password: string, headers: Record<string, string> = {}) =>
  latchkey.ask('POST', '/v1/session', { body: { email, password }, headers });
const whoAmI = (session: string, headers: Record<string, string> = {}): Promise<Answer> =>
  latchkey.ask('GET', '/v1/session', { session, headers });
const cookieOf = (answer: Answer): string => answer.headers.get('set-cookie') ?? '';
const failed = { status: 403, reason: 'SIGN_IN_FAILED', category: 'INVALID_AUTHENTICATION' };

async function expectEnded(session: string, reason: string): Promise<void> {
  await latchkey.newRows.skip();
  const answer = await whoAmI(session);
  expectDenial(answer, reason, await latchkey.newRows.take(1), { credential: 'session' });
}

describe('signing in', () => {
  it('gives a session by a cookie, and nowhere else', async () => {
    const answer = await enter(person.email, person.password);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(cookieOf(answer)).toMatch(
      /^latchkey_session=lks_[0-9A-Za-z]{38}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=7200$/,
    );
    expect((await whoAmI(sessionOf(answer))).json.person.email).toBe(person.email);
  });

  it('takes the address in any case, and the password in its own alone', async () => {
    expect((await enter(person.email.toUpperCase(), person.password)).status).toBe(204);
    const request = { method: 'POST', path: '/v1/session' };
    const body = { email: person.email, password: person.password.toUpperCase() };
    await expectRefused(latchkey, { ...request, body }, failed, { credential: 'none' });
  });

  it('says the same of a wrong password and of an address that is not known', async () => {
    const wrong = await enter(person.email, 'no password of anybody');
    const unknown = await enter('nobody@example.com', 'no password of anybody');
    const told = ({ status, json, headers }: Answer) => {
      const { correlationId: _, ...rest } = json;
      return [status, rest, headers.get('set-cookie')];
    };
    expect(told(wrong)).toEqual(told(unknown));
    expect(told(wrong)).toEqual([403, expect.objectContaining({ reason: failed.reason }), null]);
  });

  it('takes as long for an address that is not known', async () => {
    const timesOf = async (email: string): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 8; i += 1) {
        const from = performance.now();
        await enter(email, 'no password of anybody');
        times.push(performance.now() - from);
      }
      return times.sort((a, b) => a - b)[2] as number;
    };
    const [known, unknown] = [await timesOf(person.email), await timesOf('nobody-2@example.com')];
    // Without the decoy it would be a tenth.
    expect(unknown).toBeGreaterThan(known / 3);
    expect(known).toBeGreaterThan(unknown / 3);
    sleep(60 * minute);
  });

  it('#77 makes a new session each time, and ends the one that the browser came with', async () => {
    const answer = await enter(person.email, person.password, { cookie: person.session });
    expect(sessionOf(answer)).not.toBe(person.session);
    await expectEnded(person.session, 'SESSION_ENDED');
    expect((await whoAmI(sessionOf(answer))).status).toBe(200);
  });

  it('#77 takes over no session that somebody made up', async () => {
    const planted = `latchkey_session=${'planted-by-somebody-else-0123456789'}`;
    const answer = await enter(person.email, person.password, { cookie: planted });
    expect(sessionOf(answer)).not.toBe(planted);
    await expectEnded(planted, 'SESSION_UNKNOWN');
  });

  it('is on the trail of each account that it opens', async () => {
    const elsewhere = await latchkey.openAccount();
    const { link } = await latchkey.manage('POST', `/v1/accounts/${elsewhere.id}/invitations`, {
      ...{ email: person.email, role: 'auditor' },
    });
    const body = { token: tokenOf(link) };
    const { session } = person;
    expect((await latchkey.ask('POST', '/v1/session/join', { session, body })).status).toBe(204);
    const again = await signIn(latchkey, person);
    for (const { id } of [account, elsewhere]) {
      const { results } = await latchkey.manage('GET', `/v1/accounts/${id}/audit-events?limit=1`);
      expect(results[0]).toMatchObject({
        action: 'person.signed_in',
        actor: { kind: 'member', name: person.name },
        callerIp: '127.0.0.1',
        target: { type: 'person', id: person.personId },
        after: { sessionId: again.sessionId },
      });
    }
  });
});

describe('#79 attempts to sign in', () => {
  it('are limited for one person, and go on by and by', async () => {
    const { email, password } = person;
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) statuses.push((await enter(email, 'no password')).status);
    expect(statuses).toEqual([...Array<number>(10).fill(403), 429, 429]);
    const refused = await enter(email.toUpperCase(), password);
    expect([refused.status, refused.json.reason]).toEqual([429, 'TOO_MANY_ATTEMPTS']);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(50);
    expect(seconds).toBeLessThanOrEqual(60);
    sleep(seconds * 1000);
    expect((await enter(email, password)).status).toBe(204);
    sleep(60 * minute);
  });

  it('count for nothing where the password is right', async () => {
    for (let i = 0; i < 40; i += 1)
      expect((await enter(person.email, person.password)).status).toBe(204);
  });

  it('are limited for one address, whoever is tried', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 32; i += 1)
      statuses.push((await enter(`nobody-${i}@example.com`, 'no password')).status);
    expect(statuses.indexOf(429)).toBe(30);
    sleep(60 * minute);
  });
});

describe('#79 behind a trusted proxy', () => {
  let proxied: Management;

  beforeAll(async () => {
    proxied = await startManagement({ TRUSTED_PROXIES: '127.0.0.1' });
  });

  afterAll(() => proxied.remove());

  /** Thirty at once are let through for one subscriber. */
  const attemptsFrom = async (addressOf: (i: number) => string): Promise<number> => {
    const statuses: number[] = [];
    for (let i = 0; i < 32; i += 1) {
      const answer = await proxied.ask('POST', '/v1/session', {
        body: { email: `${addressOf(i).replaceAll(':', '-')}-${i}@example.com`, password: 'no' },
        headers: { 'x-forwarded-for': addressOf(i) },
      });
      statuses.push(answer.status);
    }
    return statuses.filter((status) => status === 429).length;
  };

  it('attempts are limited by /64 of IPv6, and by the address of IPv4', async () => {
    expect(await attemptsFrom((i) => `2001:db8:0:1::${i.toString(16)}`)).toBe(2);
    expect(await attemptsFrom((i) => `2001:db8:0:${(i + 16).toString(16)}::1`)).toBe(0);
    expect(await attemptsFrom((i) => `203.0.113.${i}`)).toBe(0);
    expect(await attemptsFrom(() => '198.51.100.7')).toBe(2);
  });
});

describe('a session', () => {
  it('says who somebody is, and what they are where', async () => {
    const { json, headers } = await whoAmI(person.session);
    expect(headers.get('cache-control')).toBe('no-store');
    const membership = {
      memberId: person.memberId,
      account: { id: account.id, name: account.name, state: 'active', isOperator: false },
      role: 'admin',
      scopes: expect.arrayContaining(['latchkey.keys.write', 'latchkey.members.write']),
      getsNoticeEmails: true,
    };
    expect(json).toEqual({
      person: { id: person.personId, name: person.name, email: person.email },
      session: {
        id: person.sessionId,
        startedAt: expect.any(String),
        expiresAt: expect.any(String),
      },
      memberships: [membership],
      current: membership,
      callerIp: '127.0.0.1',
      accessUrl: latchkey.accessUrl,
    });
  });

  it('is a credential whose row and event name the member', async () => {
    await latchkey.newRows.skip();
    const path = `/v1/accounts/${account.id}/keys`;
    const made = await latchkey.ask('POST', path, {
      ...{ session: person.session, body: { name: 'Vendor', scopes: [] } },
    });
    expect([made.status, made.json.createdBy]).toEqual([201, person.memberId]);
    const [row] = await latchkey.newRows.take(1);
    expect(row).toMatchObject({
      ...{ credential: 'session', actor: person.memberId, accountId: account.id, keyId: null },
      ...{ secretId: null, decision: 'allowed', usedScopes: ['latchkey.keys.write'] },
    });
    const { results } = await latchkey.manage(
      'GET',
      `/v1/accounts/${account.id}/audit-events?limit=1`,
    );
    expect(results[0]).toMatchObject({
      action: 'key.created',
      actor: { kind: 'member', id: person.memberId, name: person.name },
    });
  });

  it('ends where it is not used, and lasts where it is', async () => {
    sleep(29 * minute);
    expect((await whoAmI(person.session)).status).toBe(200);
    sleep(29 * minute);
    expect((await whoAmI(person.session)).status).toBe(200);
    sleep(30 * minute);
    await expectEnded(person.session, 'SESSION_EXPIRED');
  });

  it('ends in any case', async () => {
    for (let i = 0; i < 5; i += 1) {
      sleep(20 * minute);
      expect((await whoAmI(person.session)).status).toBe(200);
    }
    sleep(20 * minute);
    await expectEnded(person.session, 'SESSION_EXPIRED');
  });

  it('#77 signing out ends it, and takes the cookie away', async () => {
    const other = await signIn(latchkey, person);
    const answer = await latchkey.ask('DELETE', '/v1/session', { session: person.session });
    expect(answer.status).toBe(204);
    expect(cookieOf(answer)).toBe(
      'latchkey_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    );
    await expectEnded(person.session, 'SESSION_ENDED');
    expect((await whoAmI(other.session)).status).toBe(200);
  });

  it('#77 a new password ends every one, and begins another', async () => {
    const other = await signIn(latchkey, person);
    const newPassword = 'Tr0ub4dor and three of them';
    const answer = await latchkey.ask('PUT', '/v1/session/password', {
      session: person.session,
      body: { currentPassword: person.password, newPassword },
    });
    expect(answer.status).toBe(204);
    for (const { session } of [person, other]) await expectEnded(session, 'SESSION_ENDED');
    expect((await whoAmI(sessionOf(answer))).status).toBe(200);
    expect((await enter(person.email, person.password)).status).toBe(403);
    expect((await enter(person.email, newPassword)).status).toBe(204);
  });

  it('a new password needs the one before', async () => {
    const request = {
      ...{ method: 'PUT', path: '/v1/session/password', session: person.session },
      body: { currentPassword: 'no password of anybody', newPassword: 'Tr0ub4dor and more' },
    };
    await expectRefused(latchkey, request, failed, { actor: person.personId });
    expect((await whoAmI(person.session)).status).toBe(200);
  });

  it.each(['short', 'x'.repeat(257), '', 'eleven char'])(
    'a new password has to be long, and not too long: %j',
    async (newPassword) => {
      const { session, password: currentPassword } = person;
      const body = { currentPassword, newPassword };
      const answer = await latchkey.ask('PUT', '/v1/session/password', { session, body });
      expect([answer.status, answer.json.errors[0].context.field]).toEqual([400, 'newPassword']);
      expect(answer.text).not.toContain(person.password);
    },
  );

  it('is listed, and ended by its owner alone', async () => {
    const other = await signIn(latchkey, person);
    const stranger = await addMember(latchkey, account.id, 'auditor');
    const list = async () =>
      (await latchkey.ask('GET', '/v1/session/sessions', { session: person.session })).json.results;
    expect(await list()).toMatchObject([
      { id: other.sessionId, isCurrent: false, ip: '127.0.0.1', userAgent: 'node' },
      { id: person.sessionId, isCurrent: true },
    ]);
    const path = `/v1/session/sessions/${other.sessionId}`;
    const ask = (session: string) => latchkey.ask('DELETE', path, { session });
    expect((await ask(stranger.session)).status).toBe(404);
    expect((await ask(person.session)).status).toBe(204);
    expect((await ask(person.session)).status).toBe(404);
    await expectEnded(other.session, 'SESSION_ENDED');
    expect(await list()).toHaveLength(1);
  });

  it('all others are ended at once', async () => {
    const others = [await signIn(latchkey, person), await signIn(latchkey, person)];
    const { session } = person;
    const path = '/v1/session/sessions/end-others';
    expect((await latchkey.ask('POST', path, { session })).json).toEqual({ ended: 2 });
    expect((await latchkey.ask('POST', path, { session })).json).toEqual({ ended: 0 });
    for (const other of others) await expectEnded(other.session, 'SESSION_ENDED');
  });

  it('acts in the account that is asked for, where somebody is a member of several', async () => {
    const second = await latchkey.openAccount({ name: 'Second' });
    const { link } = await latchkey.manage('POST', `/v1/accounts/${second.id}/invitations`, {
      ...{ email: person.email, role: 'auditor' },
    });
    const { session } = person;
    const body = { token: tokenOf(link) };
    await latchkey.ask('POST', '/v1/session/join', { session, body });
    const roleIn = async (headers: Record<string, string>) =>
      (await whoAmI(session, headers)).json.current.role;
    expect(await roleIn({})).toBe('admin');
    expect(await roleIn({ 'latchkey-account': second.id })).toBe('auditor');
    const make = (id: string) =>
      latchkey.ask('POST', `/v1/accounts/${id}/keys`, { session, body: { name: 'K', scopes: [] } });
    expect((await make(account.id)).status).toBe(201);
    expect((await make(second.id)).json.reason).toBe('SCOPE_MISSING');
    const list = async (headers: Record<string, string>) =>
      latchkey.ask('GET', '/v1/accounts', { session, headers });
    const named = async (id: string) =>
      (await list({ 'latchkey-account': id })).json.results.map((each: Json) => each.id);
    expect(await named(second.id)).toEqual([second.id]);
    expect(await named(account.id)).toEqual([account.id]);
    const foreign = await list({ 'latchkey-account': latchkey.operatorAccountId });
    expect([foreign.status, foreign.json.reason]).toEqual([404, 'OBJECT_NOT_FOUND']);
  });

  it('is refused where the account is suspended, and only there', async () => {
    const shut = await latchkey.openAccount();
    const member = await addMember(latchkey, shut.id, 'admin');
    await latchkey.manage('POST', `/v1/accounts/${shut.id}/suspend`);
    const request = { method: 'GET', path: `/v1/accounts/${shut.id}/keys` };
    const row = { accountId: shut.id, actor: member.memberId };
    await expectDenied(latchkey, { ...request, session: member.session }, 'ACCOUNT_SUSPENDED', row);
    expect((await whoAmI(member.session)).json.memberships[0].account.state).toBe('suspended');
  });

  it('is refused where the account’s allowlist does not admit, and told where from', async () => {
    const walled = await latchkey.openAccount();
    const member = await addMember(latchkey, walled.id, 'admin');
    await latchkey.manage('PUT', `/v1/accounts/${walled.id}/ip-allowlist`, {
      ...{ mode: 'enforce', entries: [{ cidr: '192.0.2.0/24' }] },
    });
    const request = { method: 'GET', path: `/v1/accounts/${walled.id}/keys` };
    const detail = await expectDenied(
      latchkey,
      { ...request, session: member.session },
      'IP_NOT_ALLOWED',
      { actor: member.memberId },
    );
    expect(detail.context).toEqual({ callerIp: '127.0.0.1' });
  });
});

describe('a cookie among other credentials', () => {
  const path = '/v1/accounts';

  it('a key that is given goes before it', async () => {
    await latchkey.newRows.skip();
    const { operatorKey: secret, operatorKeyId: keyId } = latchkey;
    const answer = await latchkey.ask('GET', path, { secret, session: person.session });
    expect(answer.status).toBe(200);
    expect(await latchkey.newRows.take(1)).toMatchObject([{ keyId, credential: 'bearer' }]);
  });

  it('a key that does not work is not replaced by it', async () => {
    const request = { method: 'GET', path, secret: 'no-key-of-anybody', session: person.session };
    await expectDenied(latchkey, request, 'KEY_UNKNOWN', { credential: 'bearer', actor: null });
  });

  it.each([
    ['in one line', (mine: string) => ({ cookie: `${mine}; ${mine}` })],
    ['beside somebody else’s', (mine: string) => ({ cookie: `latchkey_session=x; ${mine}` })],
  ])('twice %s: 400, for nobody knows which is meant', async (_how, headersOf) => {
    await latchkey.newRows.skip();
    const headers = headersOf(person.session);
    const answer = await latchkey.ask('GET', path, { headers });
    expect([answer.status, answer.json.reason]).toEqual([400, 'CREDENTIALS_MALFORMED']);
    expect(answer.json.engagement.session).toContain('more than once');
    expect(await latchkey.newRows.take(1)).toMatchObject([{ credential: 'none' }]);
  });

  it('#16 on the access listener it is none', async () => {
    const answer = await latchkey.call('GET', '/latchkey/v1/self', { session: person.session });
    expect([answer.status, answer.json.reason]).toEqual([401, 'CREDENTIALS_MISSING']);
    expect(answer.json.engagement.session).toBeUndefined();
  });

  it('#28 stands in no row and in no event', async () => {
    await whoAmI(person.session);
    const said = JSON.stringify([await latchkey.rows(), await mainTables(latchkey)]);
    const token = person.session.split('=')[1] as string;
    for (const piece of [token, person.password]) expect(said).not.toContain(piece);
  });
});

describe('#75 a request that no page of ours sent', () => {
  const elsewhere: [what: string, headers: Record<string, string>][] = [
    ['from another origin', { origin: 'https://evil.example' }],
    ['from another port', { origin: 'http://127.0.0.1:1' }],
    ['from nowhere', { origin: 'null' }],
    ['as its browser says', { 'sec-fetch-site': 'cross-site' }],
    ['from the same site', { 'sec-fetch-site': 'same-site' }],
  ];

  it.each([...elsewhere, ['without saying where from', {}] as (typeof elsewhere)[0]])(
    'changes nothing with a session: %s',
    async (_what, from) => {
      const request = {
        ...{ method: 'POST', path: `/v1/accounts/${account.id}/keys` },
        body: { name: 'Forged', scopes: [] },
        headers: { cookie: person.session, ...from },
      };
      const before = await mainTables(latchkey);
      await expectDenied(latchkey, request, 'CROSS_ORIGIN', { actor: person.memberId });
      expect(await mainTables(latchkey)).toEqual(before);
    },
  );

  it.each(elsewhere)('signs nobody in: %s', async (_what, headers) => {
    const body = { email: person.email, password: person.password };
    const request = { method: 'POST', path: '/v1/session', body, headers };
    await expectDenied(latchkey, request, 'CROSS_ORIGIN', { credential: 'none' });
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])(
    'nor does a form of ours: %s',
    async (type) => {
      const body = `email=${person.email}&password=${person.password}`;
      const headers = { 'content-type': type };
      const answer = await latchkey.ask('POST', '/v1/session', { body, headers });
      expect([answer.status, answer.json.reason]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );

  it('reads where nothing says that it came from elsewhere', async () => {
    const headers = { cookie: person.session };
    expect((await latchkey.ask('GET', '/v1/session', { headers })).status).toBe(200);
    const foreign = { ...headers, 'sec-fetch-site': 'cross-site' };
    expect((await latchkey.ask('GET', '/v1/session', { headers: foreign })).status).toBe(403);
  });
});

describe('what is open to people, or to anyone', () => {
  const open = operations.filter(({ openTo }) => openTo !== undefined);
  const named = open.map((operation) => [`${operation.method} ${operation.template}`, operation] as const); // prettier-ignore
  let tenant: Tenant;

  beforeAll(async () => {
    tenant = await openTenant(latchkey, 'of-open-routes');
  });

  const ofPeople = named.filter(([, { openTo }]) => openTo === 'people');

  it.each(ofPeople)('%s: not without signing in, and not with a key', async (_name, operation) => {
    const { session: _, ...request } = requestFor(operation, tenant);
    const before = await mainTables(latchkey);
    await expectDenied(latchkey, request, 'CREDENTIALS_MISSING', { keyId: null, actor: null });
    const { operatorKey: secret, operatorKeyId: keyId } = latchkey;
    await expectDenied(latchkey, { ...request, secret }, 'SESSION_NEEDED', { keyId });
    expect(await mainTables(latchkey)).toEqual(before);
  });

  it.each(named)('%s: takes nothing that it does not know', async (_name, operation) => {
    const { body, ...request } = requestFor(operation, tenant);
    const fieldsOf = (answer: Answer) =>
      answer.json.errors.map((detail: Json) => [detail.in, detail.context.field]);
    const before = await mainTables(latchkey);
    const strange = await latchkey.ask(request.method, `${request.path}?nope=1`, {
      ...{ ...request, ...(body !== undefined && { body }) },
    });
    expect([strange.status, fieldsOf(strange)]).toEqual([400, [['query', 'nope']]]);
    if (request.method !== 'GET') {
      for (const field of ['accountId', 'role', 'id', 'isOperator', 'personId']) {
        const filled = { ...(body as Json), [field]: 'x' };
        const answer = await latchkey.ask(request.method, request.path, {
          ...{ ...request, body: filled },
        });
        expect([answer.status, fieldsOf(answer)]).toEqual([400, [['body', field]]]);
      }
    }
    expect(await mainTables(latchkey)).toEqual(before);
  });

  it.each(named.filter(([, operation]) => sampleOf(operation).body !== undefined))(
    '#71 %s: takes JSON alone',
    async (_name, operation) => {
      const { body, headers, ...request } = requestFor(operation, tenant);
      for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
        const answer = await latchkey.ask(request.method, request.path, {
          ...{ ...request, body: JSON.stringify(body) },
          headers: { ...headers, 'content-type': type },
        });
        expect(answer.status).toBe(415);
      }
    },
  );
});

describe('behind https', () => {
  let secured: Management;

  beforeAll(async () => {
    secured = await startManagement({ CONSOLE_URL: 'https://keys.example.com' });
  });

  afterAll(() => secured.remove());

  it('the cookie is for this host over https, and links lead there', async () => {
    const body = { email: 'a@example.com', role: 'admin' };
    const path = `/v1/accounts/${secured.operatorAccountId}/invitations`;
    const { link } = await secured.manage('POST', path, body);
    expect(link).toMatch(/^https:\/\/keys\.example\.com\/join#lkl_[0-9A-Za-z]{38}$/);
    const used = await secured.ask('POST', '/v1/links/use', {
      body: { token: tokenOf(link), name: 'A', password: 'a password of length' },
    });
    expect(cookieOf(used)).toMatch(
      /^__Host-latchkey_session=lks_\w{38}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/,
    );
    const cookie = sessionOf(used);
    const make = (origin: string): Promise<Answer> =>
      secured.ask('POST', '/v1/accounts', { headers: { cookie, origin }, body: { name: 'x' } });
    expect((await make('https://keys.example.com')).status).toBe(201);
    expect((await make('http://keys.example.com')).json.reason).toBe('CROSS_ORIGIN');
    expect((await make(secured.managementUrl)).json.reason).toBe('CROSS_ORIGIN');
    const bare = cookie.replace('__Host-', '');
    const answer = await secured.ask('GET', '/v1/session', { headers: { cookie: bare } });
    expect(answer.json.reason).toBe('CREDENTIALS_MISSING');
  });
});

it('a body that broke off is answered as on every other route', async () => {
  const answer = await sendRaw(latchkey.managementUrl, {
    ...{ method: 'POST', target: '/v1/session', body: '{"email": "a@exa' },
    headers: [['Content-Type', 'application/json']],
  });
  expect([answer.status, answer.json.reason]).toEqual([400, 'REQUEST_MALFORMED']);
});
