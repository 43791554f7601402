import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer, Json } from '../support/latchkey.js';
import {
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { addMember, invite, tokenOf, useLink, type Role, type SignedInPerson } from '../support/people.js'; // prettier-ignore
import { startNodes } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';

const day = 24 * 60 * 60_000;

let latchkey: Management;
let slept = 0;

beforeAll(async () => {
  latchkey = await startManagement({}, { wallClock: () => Date.now() + slept });
});

afterAll(() => latchkey.remove());

const use = (token: string, fields: Json = {}): Promise<Answer> =>
  latchkey.ask('POST', '/v1/links/use', {
    body: { token, name: 'Somebody', password: 'a password of somebody', ...fields },
  });
const read = (token: string): Promise<Answer> =>
  latchkey.ask('POST', '/v1/links/read', { body: { token } });
const membersOf = async (accountId: string): Promise<Json[]> =>
  (await latchkey.manage('GET', `/v1/accounts/${accountId}/members`)).results;
const lastEvent = async (accountId: string): Promise<Json> =>
  (await latchkey.manage('GET', `/v1/accounts/${accountId}/audit-events?limit=1`)).results[0];

let others = 0;
const newEmail = (): string => `invited-${(others += 1)}@example.com`;

describe('the first sign-in', () => {
  it('is by a link that the first start tells, once', async () => {
    const link = latchkey.setUpLink ?? '';
    expect(link).toMatch(
      new RegExp(`^${latchkey.managementUrl}/set-up#lkl_[0-9A-Za-z]{38}$`.replaceAll('.', '\\.')),
    );
    const token = tokenOf(link);
    expect((await read(token)).json).toMatchObject({
      ...{ purpose: 'set_up', role: 'admin', email: null, isKnown: false },
      account: { id: latchkey.operatorAccountId },
    });
    const nameless = await use(token);
    expect([nameless.status, nameless.json.errors[0].context.field]).toEqual([400, 'email']);
    const operator = await useLink(latchkey, token, { name: 'Op', email: 'op@example.com' });
    const { session } = operator;
    const made = await latchkey.ask('POST', '/v1/accounts', { session, body: { name: 'Mine' } });
    expect(made.status).toBe(201);
    expect((await use(token, { email: 'other@example.com' })).status).toBe(404);
    expect(await membersOf(latchkey.operatorAccountId)).toMatchObject([
      { id: operator.memberId, role: 'admin', person: { email: 'op@example.com' } },
    ]);
  });
});

describe('an invitation', () => {
  let accountId: string;

  beforeAll(async () => {
    accountId = (await latchkey.openAccount()).id;
  });

  it('lets in whom it is for, as what it says', async () => {
    const email = newEmail();
    const { id, token } = await invite(latchkey, accountId, 'developer', email);
    expect(await lastEvent(accountId)).toMatchObject({
      action: 'member.invited',
      target: { type: 'invitation', id },
      after: { email, role: 'developer' },
    });
    expect((await read(token)).json).toMatchObject({
      ...{ purpose: 'invitation', role: 'developer', email, isKnown: false },
    });
    const person = await useLink(latchkey, token, { name: 'Dev' });
    expect(await membersOf(accountId)).toMatchObject([
      {
        ...{ id: person.memberId, accountId, role: 'developer', lastSeenAt: expect.any(String) },
        person: { id: person.personId, name: 'Dev', email },
      },
    ]);
    const { results } = await latchkey.manage('GET', `/v1/accounts/${accountId}/invitations`);
    expect(results).toEqual([]);
  });

  it('is shown again without its link', async () => {
    const path = `/v1/accounts/${accountId}/invitations`;
    const headers = { 'idempotency-key': 'invite-once' };
    const body = { email: newEmail(), role: 'auditor' };
    const { operatorKey: secret } = latchkey;
    const first = await latchkey.ask('POST', path, { secret, body, headers });
    const again = await latchkey.ask('POST', path, { secret, body, headers });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.headers.get('cache-control')).toBe('no-store');
    const { link, ...shown } = first.json;
    expect(link).toContain('/join#');
    expect(again.json).toEqual(shown);
    const { results } = await latchkey.manage('GET', path);
    expect(results).toContainEqual(shown);
  });

  it('of one address is the latest', async () => {
    const email = newEmail();
    const first = await invite(latchkey, accountId, 'admin', email);
    const second = await invite(latchkey, accountId, 'auditor', email.toUpperCase());
    expect((await use(first.token)).status).toBe(404);
    expect((await read(second.token)).json.role).toBe('auditor');
  });

  it('can be taken back', async () => {
    const { id, token } = await invite(latchkey, accountId, 'admin', newEmail());
    await latchkey.manage('DELETE', `/v1/accounts/${accountId}/invitations/${id}`);
    expect((await read(token)).status).toBe(404);
    expect((await use(token)).status).toBe(404);
  });

  it('ends after seven days', async () => {
    const { token } = await invite(latchkey, accountId, 'admin', newEmail());
    slept += 7 * day - 60_000;
    expect((await read(token)).status).toBe(200);
    slept += 60_000;
    expect((await read(token)).status).toBe(404);
    expect((await use(token)).status).toBe(404);
  });

  it('is used once, by however many at once', async () => {
    const { token } = await invite(latchkey, accountId, 'auditor', newEmail());
    const answers = await Promise.all([1, 2, 3, 4].map(() => use(token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404, 404]);
  });

  it('is guessed by nobody: what is no token is looked up nowhere', async () => {
    const { token } = await invite(latchkey, accountId, 'auditor', newEmail());
    const damaged = token.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    for (const text of [damaged, token.toLowerCase(), 'lkl_', token.slice(1), `${token} `])
      expect([text, (await read(text)).status]).toEqual([text, 404]);
  });

  it('of somebody who is here already is joined by signing in', async () => {
    const email = newEmail();
    const known = await addMember(latchkey, (await latchkey.openAccount()).id, 'admin', email);
    const { token } = await invite(latchkey, accountId, 'auditor', email);
    expect((await read(token)).json.isKnown).toBe(true);
    const refused = await use(token);
    expect([refused.status, refused.json.errors[0].code]).toEqual([409, 'SIGN_IN_FIRST']);
    const { session } = known;
    const joined = await latchkey.ask('POST', '/v1/session/join', { session, body: { token } });
    expect(joined.status).toBe(204);
    const { json } = await latchkey.ask('GET', '/v1/session', { session });
    expect(json.memberships.map(({ role }: Json) => role)).toEqual(['admin', 'auditor']);
  });

  it('for another address is nobody’s to join', async () => {
    const stranger = await addMember(latchkey, (await latchkey.openAccount()).id, 'admin');
    const { token } = await invite(latchkey, accountId, 'admin', newEmail());
    const { session } = stranger;
    const answer = await latchkey.ask('POST', '/v1/session/join', { session, body: { token } });
    expect([answer.status, answer.json.errors[0].code]).toEqual([409, 'FOR_ANOTHER']);
    expect((await read(token)).status).toBe(200);
  });

  it('of a member is refused', async () => {
    const member = await addMember(latchkey, accountId, 'auditor');
    const body = { email: member.email.toUpperCase(), role: 'admin' };
    const request = { method: 'POST', path: `/v1/accounts/${accountId}/invitations`, body };
    const { operatorKey: secret } = latchkey;
    await expectRefused(latchkey, { ...request, secret }, refusals.conflict('IS_MEMBER'));
  });
});

describe('a role', () => {
  const setRole = (accountId: string, member: SignedInPerson, role: Role) => ({
    ...{ method: 'PATCH', path: `/v1/accounts/${accountId}/members/${member.memberId}` },
    ...{ body: { role }, secret: latchkey.operatorKey },
  });

  it('counts from the next request on', async () => {
    const { id } = await latchkey.openAccount();
    await addMember(latchkey, id, 'admin');
    const member = await addMember(latchkey, id, 'admin');
    const path = `/v1/accounts/${id}/keys`;
    const make = () =>
      latchkey.ask('POST', path, {
        ...{ session: member.session, body: { name: 'K', scopes: [] } },
      });
    expect((await make()).status).toBe(201);
    const { method, path: at, ...request } = setRole(id, member, 'auditor');
    expect((await latchkey.ask(method, at, request)).json.role).toBe('auditor');
    expect((await make()).json.reason).toBe('SCOPE_MISSING');
    expect(await lastEvent(id)).toMatchObject({
      ...{ action: 'member.role_changed', target: { id: member.memberId } },
      ...{ before: { role: 'admin' }, after: { role: 'auditor' } },
    });
  });

  it('honours If-Match', async () => {
    const { id } = await latchkey.openAccount();
    const member = await addMember(latchkey, id, 'auditor');
    const { method, path, ...request } = setRole(id, member, 'developer');
    const seen = await latchkey.ask('GET', path, { secret: latchkey.operatorKey });
    const tag = seen.headers.get('etag') as string;
    const ask = () => latchkey.ask(method, path, { ...request, headers: { 'if-match': tag } });
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(412);
  });

  it('#31 is given by a key only if the key could hand all of it out', async () => {
    const { id } = await latchkey.openAccount({ entitledScopes: [] });
    const write = ['latchkey.members.write'];
    const auditorScopes = [
      ...['accounts', 'members', 'keys', 'scopes', 'services', 'request_log', 'audit', 'notices'],
    ].map((name) => `latchkey.${name}.read`);
    const narrow = await latchkey.makeKey(id, { scopes: write });
    const able = await latchkey.makeKey(id, { scopes: write, grantableScopes: auditorScopes });
    const request = (secret: string, role: Role) => ({
      ...{ method: 'POST', path: `/v1/accounts/${id}/invitations`, secret },
      body: { email: newEmail(), role },
    });
    await expectRefused(latchkey, request(narrow.secret, 'auditor'), refusals.notGrantable);
    await expectRefused(latchkey, request(able.secret, 'admin'), refusals.notGrantable);
    const { method, path, ...rest } = request(able.secret, 'auditor');
    expect((await latchkey.ask(method, path, rest)).status).toBe(201);
  });

  it.each<[limit: string, settings: Json]>([
    ['addresses', { ipAllowlist: { mode: 'enforce', entries: [{ cidr: '127.0.0.1' }] } }],
    // Other tests here have moved the clock ahead by days.
    ['an end', { expiresAt: '2099-01-01T00:00:00.000Z' }],
    ['a rate', { rateLimits: { rolling: { requests: 100, windowSeconds: 10 } } }],
  ])(
    '#31 is not given by a key that has %s: who signs in has no such limit',
    async (_, settings) => {
      const { id } = await latchkey.openAccount({ entitledScopes: [] });
      const names = [
        'accounts',
        'members',
        'keys',
        'scopes',
        'services',
        'request_log',
        'audit',
        'notices',
      ];
      const key = await latchkey.makeKey(id, {
        scopes: ['latchkey.members.write'],
        grantableScopes: names.map((name) => `latchkey.${name}.read`),
        ...settings,
      });
      const invitation = {
        ...{ method: 'POST', path: `/v1/accounts/${id}/invitations`, secret: key.secret },
        body: { email: newEmail(), role: 'auditor' },
      };
      await expectRefused(latchkey, invitation, refusals.limitNotGrantable);
    },
  );
});

describe('#72 the last admin', () => {
  it('can neither be removed nor be made something else, by whomever', async () => {
    const { id } = await latchkey.openAccount();
    const admin = await addMember(latchkey, id, 'admin');
    await addMember(latchkey, id, 'auditor');
    const path = `/v1/accounts/${id}/members/${admin.memberId}`;
    const last = refusals.conflict('LAST_ADMIN');
    for (const by of [{ secret: latchkey.operatorKey }, { session: admin.session }]) {
      await expectRefused(latchkey, { method: 'DELETE', path, ...by }, last);
      await expectRefused(latchkey, { method: 'PATCH', path, body: { role: 'auditor' }, ...by }, last); // prettier-ignore
    }
    const second = await addMember(latchkey, id, 'admin');
    const { session } = second;
    expect((await latchkey.ask('DELETE', path, { session })).status).toBe(204);
    expect((await membersOf(id)).map((member) => member.id)).not.toContain(admin.memberId);
  });
});

describeOnEachDatabase('#72 two admins who remove each other at once', (kind) => {
  it('leave one of them', async () => {
    const nodes = await startNodes(kind);
    try {
      const { one, other } = nodes;
      const { id } = await one.manage('POST', '/v1/accounts', { name: 'Raced' });
      for (let round = 0; round < 4; round += 1) {
        const admins = [await addMember(one, id, 'admin'), await addMember(one, id, 'admin')];
        const [first, second] = admins as [SignedInPerson, SignedInPerson];
        const path = ({ memberId }: SignedInPerson) => `/v1/accounts/${id}/members/${memberId}`;
        const { results: before } = await one.manage('GET', `/v1/accounts/${id}/members`);
        for (const { id: memberId } of before)
          if (![first.memberId, second.memberId].includes(memberId))
            await one.manage('DELETE', `/v1/accounts/${id}/members/${memberId}`);
        const answers = await Promise.all([
          one.ask('DELETE', path(second), { session: first.session }),
          other.ask('DELETE', path(first), { session: second.session }),
        ]);
        const removed = answers.filter(({ status }) => status === 204).length;
        // Whoever was removed first may not even be let in any more.
        expect(answers.map(({ status }) => status)).toContain(204);
        expect(removed).toBe(1);
        const { results } = await one.manage('GET', `/v1/accounts/${id}/members`);
        expect(results).toHaveLength(1);
      }
    } finally {
      await nodes.remove();
    }
  }, 60_000);
});

describe('whoever is removed', () => {
  it('is out at once, and is signed out where they are a member nowhere else', async () => {
    const { id } = await latchkey.openAccount();
    await addMember(latchkey, id, 'admin');
    const member = await addMember(latchkey, id, 'developer');
    await latchkey.manage('DELETE', `/v1/accounts/${id}/members/${member.memberId}`);
    const { session } = member;
    const answer = await latchkey.ask('GET', `/v1/accounts/${id}/keys`, { session });
    expect([answer.status, answer.json.reason]).toEqual([401, 'SESSION_ENDED']);
    // They still are somebody, who can be invited again.
    const { email, password } = member;
    const body = { email, password };
    expect((await latchkey.ask('POST', '/v1/session', { body })).status).toBe(204);
    const { token } = await invite(latchkey, id, 'auditor', email);
    expect((await read(token)).json.isKnown).toBe(true);
  });

  it('goes on elsewhere', async () => {
    const [here, there] = [await latchkey.openAccount(), await latchkey.openAccount()];
    await addMember(latchkey, here.id, 'admin');
    const member = await addMember(latchkey, here.id, 'developer');
    const { token } = await invite(latchkey, there.id, 'admin', member.email);
    const { session } = member;
    await latchkey.ask('POST', '/v1/session/join', { session, body: { token } });
    await latchkey.manage('DELETE', `/v1/accounts/${here.id}/members/${member.memberId}`);
    const ask = ({ id }: Json) => latchkey.ask('GET', `/v1/accounts/${id}/keys`, { session });
    expect([(await ask(here)).status, (await ask(there)).status]).toEqual([404, 200]);
  });

  it('and is a member of nothing may only look at themselves', async () => {
    const { id } = await latchkey.openAccount();
    await addMember(latchkey, id, 'admin');
    const member = await addMember(latchkey, id, 'developer');
    await latchkey.manage('DELETE', `/v1/accounts/${id}/members/${member.memberId}`);
    const { email, password } = member;
    const entered = await latchkey.ask('POST', '/v1/session', { body: { email, password } });
    const session = (entered.headers.get('set-cookie') as string).split(';')[0] as string;
    expect((await latchkey.ask('GET', '/v1/session', { session })).json).toMatchObject({
      ...{ memberships: [], current: null },
    });
    for (const path of ['/v1/accounts', `/v1/accounts/${id}/keys`, '/v1/scopes'])
      expect((await latchkey.ask('GET', path, { session })).json.reason).toBe('SCOPE_MISSING');
  });
});

describe('a recovery link', () => {
  const linkOf = async (accountId: string, memberId: string, by: Json): Promise<Answer> =>
    latchkey.ask('POST', `/v1/accounts/${accountId}/members/${memberId}/recovery-link`, by);

  it('sets a new password, and ends every session', async () => {
    const { id } = await latchkey.openAccount();
    const admin = await addMember(latchkey, id, 'admin');
    const member = await addMember(latchkey, id, 'auditor');
    const { session } = admin;
    const made = await linkOf(id, member.memberId, { session });
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(made.json.link).toContain('/recover#');
    const token = tokenOf(made.json.link);
    expect((await read(token)).json).toMatchObject({
      ...{ purpose: 'recovery', email: member.email, account: null, isKnown: true },
    });
    const named = await use(token);
    expect([named.status, named.json.errors[0].context.field]).toEqual([400, 'name']);
    const password = 'another password of theirs';
    expect((await use(token, { name: undefined, password })).status).toBe(204);
    const before = await latchkey.ask('GET', '/v1/session', { session: member.session });
    expect(before.json.reason).toBe('SESSION_ENDED');
    const enter = (given: string) =>
      latchkey.ask('POST', '/v1/session', { body: { email: member.email, password: given } });
    expect((await enter(password)).status).toBe(204);
    expect((await enter(member.password)).status).toBe(403);
    expect((await use(token, { name: undefined })).status).toBe(404);
  });

  it('is the operator’s alone to make for who is a member elsewhere', async () => {
    const [here, there] = [await latchkey.openAccount(), await latchkey.openAccount()];
    const admin = await addMember(latchkey, here.id, 'admin');
    const member = await addMember(latchkey, here.id, 'auditor');
    const { token } = await invite(latchkey, there.id, 'admin', member.email);
    await latchkey.ask('POST', '/v1/session/join', { session: member.session, body: { token } });
    const refused = await linkOf(here.id, member.memberId, { session: admin.session });
    expect([refused.status, refused.json.errors[0].code]).toEqual([409, 'MEMBER_ELSEWHERE']);
    const made = await linkOf(here.id, member.memberId, { secret: latchkey.operatorKey });
    expect(made.status).toBe(201);
    tokenOf(made.json.link);
  });

  it('is over where its owner becomes a member elsewhere, or something else here', async () => {
    const [here, there] = [await latchkey.openAccount(), await latchkey.openAccount()];
    const admin = await addMember(latchkey, here.id, 'admin');
    const member = await addMember(latchkey, here.id, 'auditor');
    const fresh = async () => tokenOf((await linkOf(here.id, member.memberId, admin)).json.link);
    const beforeRole = await fresh();
    await latchkey.manage('PATCH', `/v1/accounts/${here.id}/members/${member.memberId}`, {
      role: 'admin',
    });
    expect((await read(beforeRole)).status).toBe(404);
    const beforeJoining = await fresh();
    const { token } = await invite(latchkey, there.id, 'auditor', member.email);
    await latchkey.ask('POST', '/v1/session/join', { session: member.session, body: { token } });
    expect((await read(beforeJoining)).status).toBe(404);
    expect((await use(beforeJoining, { name: undefined })).status).toBe(404);
  });

  it('is not made for oneself', async () => {
    const { id } = await latchkey.openAccount();
    const admin = await addMember(latchkey, id, 'admin');
    const refused = await linkOf(id, admin.memberId, admin);
    expect([refused.status, refused.json.errors[0].code]).toEqual([409, 'OWN_RECOVERY_LINK']);
  });

  it('ends after an hour, and when another one is made', async () => {
    const { id } = await latchkey.openAccount();
    const member = await addMember(latchkey, id, 'admin');
    const make = async () =>
      tokenOf((await linkOf(id, member.memberId, { secret: latchkey.operatorKey })).json.link);
    const first = await make();
    const second = await make();
    expect([(await read(first)).status, (await read(second)).status]).toEqual([404, 200]);
    slept += 60 * 60_000;
    expect((await read(second)).status).toBe(404);
  });
});

describe('an admin', () => {
  it('ends all sessions of a member', async () => {
    const { id } = await latchkey.openAccount();
    const admin = await addMember(latchkey, id, 'admin');
    const member = await addMember(latchkey, id, 'auditor');
    const { session } = admin;
    const path = `/v1/accounts/${id}/members/${member.memberId}/end-sessions`;
    expect((await latchkey.ask('POST', path, { session })).json).toEqual({ ended: 1 });
    const answer = await latchkey.ask('GET', '/v1/session', { session: member.session });
    expect(answer.json.reason).toBe('SESSION_ENDED');
  });
});
