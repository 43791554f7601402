import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { managementScopes } from '../../src/core/management-scopes.js';
import { readRecoveryCode } from '../../src/core/recovery-code.js';
import type { Answer, Json } from '../support/latchkey.js';
import { mainTables, type Tables } from '../support/main-tables.js';
import { startManagement, type Management } from '../support/management.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { addMember, invite, sessionOf, signIn, tokenOf, type SignedInPerson } from '../support/people.js'; // prettier-ignore
import { beginSecondFactor, codeOf, turnOnSecondFactor, type App, type SecuredPerson } from '../support/second-factors.js'; // prettier-ignore
import { describeOnEachDatabase } from '../support/store.js';

const stepMs = 30_000;
const minuteMs = 60_000;
const factor = '/v1/session/second-factor';

describeOnEachDatabase('a second factor', (kind) => {
  let database: NodeDatabase;
  let latchkey: Management;
  let account: Json;
  let ahead = 0;

  const now = () => Date.now() + ahead;
  /** So that the app shows a code that was not used yet. */
  const wait = (milliseconds = stepMs): void => void (ahead += milliseconds);

  beforeAll(async () => {
    database = await databaseFor(kind);
    latchkey = await startManagement(
      { ...database.environment, SESSION_IDLE_MINUTES: '720' },
      { wallClock: now },
    );
    account = await latchkey.openAccount();
  });

  afterAll(async () => {
    await latchkey?.remove();
    await database?.remove();
  });

  const enter = (email: string, password: string, code?: unknown): Promise<Answer> =>
    latchkey.ask('POST', '/v1/session', { body: { email, password, code } });
  const post = (path: string, session: string, body?: unknown): Promise<Answer> =>
    latchkey.ask('POST', path, { session, body });
  const isIn = async (session: string): Promise<boolean> =>
    (await latchkey.ask('GET', '/v1/session', { session })).status === 200;
  const told = ({ status, json }: Answer) => [status, json?.reason, json?.errors?.[0]?.code];
  const stateOf = async ({ session }: SignedInPerson): Promise<Json> =>
    (await latchkey.ask('GET', factor, { session })).json;
  const shown = (app: App, steps = 0) => codeOf(app, now() + steps * stepMs);
  const actionsOf = async (accountId: string, limit: number): Promise<string[]> => {
    const path = `/v1/accounts/${accountId}/audit-events?limit=${limit}`;
    return (await latchkey.manage('GET', path)).results.map(({ action }: Json) => action);
  };

  describe('being turned on', () => {
    let person: SignedInPerson;

    beforeEach(async () => {
      person = await addMember(latchkey, account.id, 'admin');
    });

    it('asks for nothing before it is confirmed', async () => {
      const { status, json, headers } = await post(factor, person.session);
      expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
      expect(json.secret).toMatch(/^[A-Z2-7]{32}$/);
      expect(json.uri).toContain(`secret=${json.secret}`);
      expect(decodeURIComponent(json.uri)).toContain(person.email);
      expect(Date.parse(json.expiresAt) - now()).toBeLessThanOrEqual(30 * minuteMs);
      expect(await stateOf(person)).toEqual({ isOn: false, turnedOnAt: null, recoveryCodesLeft: 0 });
      expect((await enter(person.email, person.password)).status).toBe(204);
    });

    it('gives ten recovery codes, ends every session and begins another', async () => {
      const other = await signIn(latchkey, person);
      const { person: renewed, recoveryCodes } = await turnOnSecondFactor(latchkey, person);
      expect(new Set(recoveryCodes).size).toBe(10);
      for (const code of recoveryCodes) expect(readRecoveryCode(code)).toBe(code);
      expect(await Promise.all([person, other, renewed].map(({ session }) => isIn(session)))).toEqual([false, false, true]);
      expect(await stateOf(renewed)).toEqual({ isOn: true, turnedOnAt: expect.any(String), recoveryCodesLeft: 10 });
    });

    it('is on the trail, and seen by who may see members', async () => {
      const path = `/v1/accounts/${account.id}/members/${person.memberId}`;
      expect((await latchkey.manage('GET', path)).hasSecondFactor).toBe(false);
      await turnOnSecondFactor(latchkey, person);
      expect((await latchkey.manage('GET', path)).hasSecondFactor).toBe(true);
      expect(await actionsOf(account.id, 3)).toEqual(['person.signed_in', 'person.second_factor_turned_on', 'person.second_factor_begun']);
    });

    it('needs the password, and a code of the secret that was made last', async () => {
      const earlier = await beginSecondFactor(latchkey, person);
      const app = await beginSecondFactor(latchkey, person);
      const confirm = (body: Json) => post(`${factor}/confirm`, person.session, body);
      const { password } = person;
      const before = await mainTables(latchkey);
      expect(told(await confirm({ password: 'no password of theirs', code: shown(app) }))).toEqual([403, 'SIGN_IN_FAILED', undefined]);
      expect(told(await confirm({ password, code: shown(earlier) }))).toEqual([403, 'SECOND_FACTOR_FAILED', undefined]);
      expect(told(await confirm({ password, code: shown(app, 2) }))).toEqual([403, 'SECOND_FACTOR_FAILED', undefined]);
      expect(await mainTables(latchkey)).toEqual(before);
      expect((await confirm({ password, code: shown(app, -1) })).status).toBe(200);
    });

    it('has to be confirmed within half an hour, and is begun by nobody who has one', async () => {
      const app = await beginSecondFactor(latchkey, person);
      wait(30 * minuteMs);
      const body = () => ({ password: person.password, code: shown(app) });
      expect(told(await post(`${factor}/confirm`, person.session, body()))).toEqual([409, 'CONFLICT', 'SECOND_FACTOR_NOT_BEGUN']);
      const { person: secured } = await turnOnSecondFactor(latchkey, person);
      expect(told(await post(factor, secured.session))).toEqual([409, 'CONFLICT', 'SECOND_FACTOR_ON']);
      expect(told(await post(`${factor}/confirm`, secured.session, body()))).toEqual([409, 'CONFLICT', 'SECOND_FACTOR_ON']);
    });

    it('of two who confirm at once, one does', async () => {
      const app = await beginSecondFactor(latchkey, person);
      const body = { password: person.password, code: shown(app) };
      const answers = await Promise.all([1, 2, 3].map(() => post(`${factor}/confirm`, person.session, body)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    });

    it('is not there to be used or turned off where there is none', async () => {
      const body = { password: person.password, code: '123456' };
      for (const path of ['recovery-codes', 'turn-off'])
        expect(told(await post(`${factor}/${path}`, person.session, body))).toEqual([409, 'CONFLICT', 'SECOND_FACTOR_OFF']);
    });
  }); // prettier-ignore

  describe('that is on', () => {
    let secured: SecuredPerson;
    let person: SignedInPerson;
    let app: App;
    const refused = [403, 'SECOND_FACTOR_FAILED', undefined];
    const needed = [403, 'SECOND_FACTOR_NEEDED', undefined];

    beforeEach(async () => {
      secured = await turnOnSecondFactor(latchkey, await addMember(latchkey, account.id, 'admin'));
      ({ person, app } = secured);
      wait();
    });

    it('is asked for of who has the right password, and of nobody else', async () => {
      const { email, password } = person;
      expect(told(await enter(email, password))).toEqual(needed);
      const wrong = [await enter(email, 'no password'), await enter(email, 'no password', shown(app)), await enter('nobody@example.com', 'no password', shown(app))];
      for (const answer of wrong) expect(told(answer)).toEqual([403, 'SIGN_IN_FAILED', undefined]);
      // None of that used the code up.
      expect((await enter(email, password, shown(app))).status).toBe(204);
    });

    it('takes each code once, however it is spaced, and none before one that was taken', async () => {
      const { email, password } = person;
      const code = shown(app);
      expect((await enter(email, password, `${code.slice(0, 3)} ${code.slice(3)}`)).status).toBe(204);
      expect(told(await enter(email, password, code))).toEqual(refused);
      expect(told(await enter(email, password, shown(app, -1)))).toEqual(refused);
      expect((await enter(email, password, shown(app, 1))).status).toBe(204);
    });

    it('takes the code of the step before and after, and no other', async () => {
      wait();
      const { email, password } = person;
      for (const steps of [-3, -2, 2, 3]) expect(told(await enter(email, password, shown(app, steps)))).toEqual(refused);
      for (const steps of [-1, 0, 1]) expect((await enter(email, password, shown(app, steps))).status).toBe(204);
    });

    it('does not take the code again that turned it on', async () => {
      const { email, password } = person;
      expect(told(await enter(email, password, shown(app, -1)))).toEqual(refused);
    });

    it.each(['the app', 'a recovery code'])('of several who come with one code of %s at once, one comes in', async (of) => {
      const code = of === 'the app' ? shown(app) : secured.recoveryCodes[0];
      const answers = await Promise.all(Array.from({ length: 6 }, () => enter(person.email, person.password, code)));
      const came = answers.filter(({ status }) => status === 204);
      expect(came).toHaveLength(1);
      for (const answer of answers.filter((each) => !came.includes(each))) expect(told(answer)).toEqual(refused);
      const { results } = (await latchkey.ask('GET', '/v1/session/sessions', { session: sessionOf(came[0] as Answer) })).json;
      expect(results).toHaveLength(2);
    });

    it('takes a recovery code in its place, once, as it is typed', async () => {
      const { email, password } = person;
      const [one = '', two = ''] = secured.recoveryCodes;
      expect((await enter(email, password, one)).status).toBe(204);
      expect(told(await enter(email, password, one))).toEqual(refused);
      expect((await enter(email, password, ` ${two.toUpperCase().replaceAll('-', '')}`)).status).toBe(204);
      expect((await stateOf(person)).recoveryCodesLeft).toBe(8);
      const path = `/v1/accounts/${account.id}/audit-events?limit=1`;
      expect((await latchkey.manage('GET', path)).results[0]).toMatchObject({ action: 'person.signed_in', after: { secondFactor: 'recovery_code' } });
    });

    it('takes nobody else’s code', async () => {
      const other = await turnOnSecondFactor(latchkey, await addMember(latchkey, account.id, 'auditor'));
      wait();
      for (const code of [shown(other.app), other.recoveryCodes[0]]) expect(told(await enter(person.email, person.password, code))).toEqual(refused);
    });

    it.each(['12345', '1234567', '-12345', '1e5', '0x1234', '１２３４５６', "' OR 1=1 --", '%00', '{"$ne":1}', 'aaaa-aaaa-aaaa-aaaa', '----'])(
      'does not take %j',
      async (code) => expect(told(await enter(person.email, person.password, code))).toEqual(refused),
    );

    it.each([[''], ['x'.repeat(51)], ['123\u0000456'], [123_456], [null], [['123456']], [{ a: 1 }], [true]])(
      'what is no code is refused as no code: %j',
      async (code) => {
        const answer = await enter(person.email, person.password, code);
        expect([answer.status, answer.json.errors[0].context.field]).toEqual([400, 'code']);
      },
    );

    it('counts wrong codes like wrong passwords, and what lacks one for nothing', async () => {
      const { email, password } = person;
      for (let i = 0; i < 12; i += 1) expect(told(await enter(email, password))).toEqual(needed);
      const statuses: number[] = [];
      for (let i = 0; i < 6; i += 1) {
        statuses.push((await enter(email, password, 'aaaa-aaaa-aaaa-aaaa')).status);
        statuses.push((await enter(email, 'no password')).status);
      }
      expect(statuses).toEqual([...Array<number>(10).fill(403), 429, 429]);
      // Not the right one either, nor is it said that the password is.
      expect((await enter(email, password, shown(app))).status).toBe(429);
      expect((await enter(email, password)).status).toBe(429);
      expect((await post(`${factor}/turn-off`, person.session, { password, code: shown(app) })).status).toBe(429);
      wait(20 * minuteMs);
      expect((await enter(email, password, shown(app))).status).toBe(204);
      wait(60 * minuteMs);
    });

    it('that is guessed at stands on the trail, and after a hundred wrong codes takes none of the app', async () => {
      const { email, password, personId } = person;
      const failures = async () =>
        (await mainTables(latchkey))['second_factor']?.find((row) => row['person_id'] === personId)?.['failures'];
      const wrong = async (times: number) => {
        for (let i = 0; i < times; i += 1) {
          wait(2 * minuteMs);
          expect(told(await enter(email, password, i % 2 === 0 ? 'aaaa-aaaa-aaaa-aaaa' : shown(app, 50)))).toEqual(refused);
        }
      };
      await wrong(3);
      expect(Number(await failures())).toBe(3);
      expect((await enter(email, password, shown(app))).status).toBe(204);
      expect(Number(await failures())).toBe(0);
      await wrong(100);
      expect(Number(await failures())).toBe(100);
      const { results } = await latchkey.manage('GET', `/v1/accounts/${account.id}/audit-events?limit=500`);
      const onTrail = results.filter(
        ({ action, target }: Json) => action === 'person.second_factor_failed' && target.id === personId,
      );
      expect(onTrail.map(({ after }: Json) => after.failures).toReversed()).toEqual([1, 1, 10, 100]);
      wait(2 * minuteMs);
      const refusal = await enter(email, password, shown(app));
      expect(told(refusal)).toEqual(refused);
      expect(refusal.json.message).toContain('recovery codes');
      expect((await enter(email, password, secured.recoveryCodes[0])).status).toBe(204);
      wait(2 * minuteMs);
      expect((await enter(email, password, shown(app))).status).toBe(204);
    });

    it('is asked for by a recovery link as well, which is good until it is used', async () => {
      const { link } = await latchkey.manage('POST', `/v1/accounts/${account.id}/members/${person.memberId}/recovery-link`);
      const token = tokenOf(link);
      const read = await latchkey.ask('POST', '/v1/links/read', { body: { token } });
      expect(read.json).toMatchObject({ purpose: 'recovery', asksForCode: true });
      const password = 'another password of theirs';
      const use = (code?: string) => latchkey.ask('POST', '/v1/links/use', { body: { token, password, code } });
      const before = await mainTables(latchkey);
      expect(told(await use())).toEqual(needed);
      expect(await mainTables(latchkey)).toEqual(before);
      expect(told(await use('aaaa-aaaa-aaaa-aaaa'))).toEqual(refused);
      const links = (tables: Tables) => tables['one_time_link'];
      expect(links(await mainTables(latchkey))).toEqual(links(before));
      const used = await use(shown(app));
      expect(used.status).toBe(204);
      expect([await isIn(sessionOf(used)), await isIn(person.session)]).toEqual([true, false]);
      expect(told(await enter(person.email, password, shown(app)))).toEqual(refused);
      expect((await enter(person.email, password, shown(app, 1))).status).toBe(204);
    });

    it('is asked for where the password is changed', async () => {
      const change = (code?: string) =>
        latchkey.ask('PUT', '/v1/session/password', {
          session: person.session,
          body: { currentPassword: person.password, newPassword: 'another password of theirs', code },
        });
      expect(told(await change())).toEqual(needed);
      expect((await change(shown(app))).status).toBe(204);
    });

    it('gives other recovery codes, which take the place of those before', async () => {
      const { email, password, session } = person;
      const path = `${factor}/recovery-codes`;
      const [old = '', spent = ''] = secured.recoveryCodes;
      expect(told(await post(path, session, { password, code: 'aaaa-aaaa-aaaa-aaaa' }))).toEqual(refused);
      const answer = await post(path, session, { password, code: spent });
      expect([answer.status, answer.headers.get('cache-control'), answer.json.recoveryCodes.length]).toEqual([200, 'no-store', 10]);
      expect(await isIn(session)).toBe(true);
      expect(told(await enter(email, password, old))).toEqual(refused);
      expect((await enter(email, password, answer.json.recoveryCodes[3])).status).toBe(204);
    });

    it.each(['the app', 'a recovery code'])('is turned off with the password and a code of %s, which ends the sessions', async (of) => {
      const other = await signIn(latchkey, person, shown(app));
      const { email, password, session } = person;
      const code = of === 'the app' ? shown(app, 1) : secured.recoveryCodes[9];
      const off = (body: Json) => post(`${factor}/turn-off`, session, body);
      expect(told(await off({ password: 'no password of theirs', code }))).toEqual([403, 'SIGN_IN_FAILED', undefined]);
      expect(told(await off({ password, code: '12345' }))).toEqual(refused);
      const answer = await off({ password, code });
      expect(answer.status).toBe(204);
      expect([await isIn(session), await isIn(other.session), await isIn(sessionOf(answer))]).toEqual([false, false, true]);
      expect(await actionsOf(account.id, 2)).toEqual(['person.signed_in', 'person.second_factor_turned_off']);
      expect((await enter(email, password)).status).toBe(204);
      const tables = await mainTables(latchkey);
      const left = [...(tables['second_factor'] ?? []), ...(tables['recovery_code'] ?? [])];
      expect(left.filter((row) => row['person_id'] === person.personId)).toEqual([]);
    });

    it('is turned off once, of two who do it at once', async () => {
      const { password, session } = person;
      const [one, two] = secured.recoveryCodes;
      const answers = await Promise.all([one, two].map((code) => post(`${factor}/turn-off`, session, { password, code })));
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    });

    // Where the environment gives the key, test/http/sealing-key.test.ts says how it is changed.
    if (kind === 'sqlite')
      it('is known after the sealing key was changed', async () => {
        const sealed = async () => (await latchkey.manage('GET', '/v1/sealing-key')).sealed;
        const [{ credentials }] = await sealed();
        expect(credentials).toBeGreaterThan(0);
        const { resealed, version } = await latchkey.manage('POST', '/v1/sealing-key/rotate');
        expect([resealed, await sealed()]).toEqual([credentials, [{ version, credentials }, { version: version - 1, credentials: 0 }]]);
        expect((await enter(person.email, person.password, shown(app))).status).toBe(204);
      });

    describe('and is lost', () => {
      const pathOf = (accountId: string, memberId: string) => `/v1/accounts/${accountId}/members/${memberId}/second-factor`;
      const reset = (by: { session?: string; secret?: string }, accountId = account.id, memberId = person.memberId) =>
        latchkey.ask('DELETE', pathOf(accountId, memberId), by);

      it('is reset by an admin of the account, which signs its owner out', async () => {
        const admin = await addMember(latchkey, account.id, 'admin');
        expect((await reset(admin)).status).toBe(204);
        expect(await isIn(person.session)).toBe(false);
        expect((await enter(person.email, person.password)).status).toBe(204);
        const path = `/v1/accounts/${account.id}/audit-events?limit=2`;
        expect((await latchkey.manage('GET', path)).results[1]).toMatchObject({
          action: 'member.second_factor_reset',
          actor: { kind: 'member', id: admin.memberId },
          target: { type: 'member', id: person.memberId },
        });
        expect((await reset(admin)).status).toBe(404);
      });

      it('is not reset by its owner, nor by who may only read', async () => {
        expect(told(await reset(person))).toEqual([409, 'CONFLICT', 'OWN_SECOND_FACTOR']);
        // Nor by a key of theirs, or one that such a key has made.
        const scopes = ['latchkey.keys.write', 'latchkey.members.write'];
        const path = `/v1/accounts/${account.id}/keys`;
        const grantableScopes = managementScopes.filter(({ operatorOnly }) => !operatorOnly).map(({ name }) => name);
        const makeKey = async (by: { session?: string; secret?: string }) =>
          latchkey.ask('POST', path, { ...by, body: { name: 'Theirs', scopes, grantableScopes } });
        const mine = await makeKey({ session: person.session });
        expect(mine.status).toBe(201);
        const { secret } = mine.json;
        expect(told(await reset({ secret }))).toEqual([409, 'CONFLICT', 'OWN_SECOND_FACTOR']);
        const further = await makeKey({ secret });
        expect(further.status).toBe(201);
        expect(told(await reset({ secret: further.json.secret }))).toEqual([409, 'CONFLICT', 'OWN_SECOND_FACTOR']);
        const link = await latchkey.ask('POST', `/v1/accounts/${account.id}/members/${person.memberId}/recovery-link`, { secret });
        expect(told(link)).toEqual([409, 'CONFLICT', 'OWN_RECOVERY_LINK']);
        const auditor = await addMember(latchkey, account.id, 'auditor');
        expect((await reset(auditor)).status).toBe(403);
        expect((await stateOf(person)).isOn).toBe(true);
      });

      it('of who is a member elsewhere is reset by the operator alone, and told to each account', async () => {
        const elsewhere = await latchkey.openAccount({ name: 'Elsewhere' });
        const { token } = await invite(latchkey, elsewhere.id, 'auditor', person.email);
        expect((await post('/v1/session/join', person.session, { token })).status).toBe(204);
        const admin = await addMember(latchkey, account.id, 'admin');
        expect(told(await reset(admin))).toEqual([409, 'CONFLICT', 'MEMBER_ELSEWHERE']);
        expect((await reset({ secret: latchkey.operatorKey })).status).toBe(204);
        for (const id of [account.id, elsewhere.id]) expect(await actionsOf(id, 1)).toEqual(['member.second_factor_reset']);
      });
    });
  }); // prettier-ignore
});
