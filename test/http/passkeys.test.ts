import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { flags, SoftwarePasskey, type Assertion, type Oddities } from '../support/authenticator.js';
import { startTestLatchkey, type Answer, type AskOptions, type Json } from '../support/latchkey.js';
import { mainTables } from '../support/main-tables.js';
import { startManagement, type Management } from '../support/management.js';
import { databaseFor, startNodes, type NodeDatabase, type Nodes } from '../support/nodes.js';
import { addPasskey, askToAddPasskey, enterWithPasskey, makePasskey, signInChallenge, signInWithPasskey } from '../support/passkeys.js'; // prettier-ignore
import { addMember, invite, sessionOf, signIn, tokenOf, type AskingLatchkey, type SignedInPerson } from '../support/people.js'; // prettier-ignore
import { codeOf, turnOnSecondFactor } from '../support/second-factors.js';
import { describeOnEachDatabase } from '../support/store.js';

const minuteMs = 60_000;
const stepMs = 30_000;
const passkeys = '/v1/session/passkeys';
const failed = [403, 'PASSKEY_FAILED', undefined];
const bytes = (text: string): string => Buffer.from(text, 'latin1').toString('base64url');
const told = ({ status, json }: Answer) => [status, json?.reason, json?.errors?.[0]?.code];

describeOnEachDatabase('passkeys', (kind) => {
  let database: NodeDatabase;
  let latchkey: Management;
  let account: Json;
  let person: SignedInPerson;
  let ahead = 0;

  const now = () => Date.now() + ahead;
  const wait = (milliseconds: number): void => void (ahead += milliseconds);

  beforeAll(async () => {
    database = await databaseFor(kind);
    latchkey = await startManagement(
      { ...database.environment, SESSION_IDLE_MINUTES: '720', SESSION_MINUTES_MAX: '10080' },
      { wallClock: now },
    );
    account = await latchkey.openAccount();
  });

  afterAll(async () => {
    await latchkey?.remove();
    await database?.remove();
  });

  beforeEach(async () => {
    // Attempts that failed are forgotten by then.
    wait(10 * minuteMs);
    person = await addMember(latchkey, account.id, 'admin');
  });

  const enter = (body: unknown): Promise<Answer> =>
    latchkey.ask('POST', '/v1/session/passkey', { body });
  const add = (body: unknown, { session } = person): Promise<Answer> =>
    latchkey.ask('POST', passkeys, { session, body });
  const isIn = async (session: string): Promise<boolean> =>
    (await latchkey.ask('GET', '/v1/session', { session })).status === 200;
  const list = async ({ session }: SignedInPerson): Promise<Json> =>
    (await latchkey.ask('GET', passkeys, { session })).json;
  const events = async (limit: number, accountId = account.id): Promise<Json[]> =>
    (await latchkey.manage('GET', `/v1/accounts/${accountId}/audit-events?limit=${limit}`)).results;
  const passkeyRow = async (id: string) =>
    (await mainTables(latchkey))['passkey']?.find((row) => row['id'] === id);
  const localOrigin = () => `http://localhost:${new URL(latchkey.managementUrl).port}`;

  /** Nothing is written, and nobody is signed in. */
  async function expectFailed(asking: () => Promise<Answer>): Promise<void> {
    const before = await mainTables(latchkey);
    const answer = await asking();
    expect(told(answer)).toEqual(failed);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(await mainTables(latchkey)).toEqual(before);
  }

  describe('signing in', () => {
    let passkey: SoftwarePasskey;
    let id: string;

    beforeEach(async () => {
      ({ passkey, id } = await addPasskey(latchkey, person));
    });

    it('says where they work, and gives another challenge each time', async () => {
      const [one, other] = [await latchkey.ask('GET', '/v1/session/passkey'), await latchkey.ask('GET', '/v1/session/passkey')];
      expect([one.status, one.headers.get('cache-control')]).toEqual([200, 'no-store']);
      const challenge = expect.stringMatching(/^[A-Za-z0-9_-]{72}$/);
      expect(one.json).toEqual({ origin: localOrigin(), rpId: 'localhost', challenge, timeoutMs: 5 * minuteMs });
      expect(other.json.challenge).not.toBe(one.json.challenge);
    });

    it('takes no password and no code, also of who has a second factor', async () => {
      const secured = await turnOnSecondFactor(latchkey, person);
      const answer = await enterWithPasskey(latchkey, passkey);
      expect([answer.status, answer.text, answer.headers.get('cache-control')]).toEqual([204, '', 'no-store']);
      expect(answer.headers.get('set-cookie')).toMatch(/^latchkey_session=lks_[0-9A-Za-z]{38}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
      expect([await isIn(sessionOf(answer)), await isIn(secured.person.session)]).toEqual([true, true]);
      expect(await events(1)).toMatchObject([{ action: 'person.signed_in', target: { id: person.personId }, after: { secondFactor: 'passkey' } }]);
    });

    it('is seen by its owner, and when it was', async () => {
      expect((await list(person)).results).toMatchObject([{ id, name: 'Phone', lastUsedAt: null, isSynced: false }]);
      const odd = { flags: flags.present | flags.verified | flags.mayBeBackedUp | flags.isBackedUp };
      expect((await enterWithPasskey(latchkey, passkey, odd)).status).toBe(204);
      const [{ lastUsedAt, isSynced }] = (await list(person)).results;
      expect(Math.abs(now() - Date.parse(lastUsedAt))).toBeLessThan(minuteMs);
      expect(isSynced).toBe(true);
    });

    it('ends the session that the browser came with', async () => {
      const body = passkey.assert(await signInChallenge(latchkey));
      const answer = await latchkey.ask('POST', '/v1/session/passkey', { body, session: person.session });
      expect([answer.status, await isIn(person.session)]).toEqual([204, false]);
    });

    it('takes one without a user handle, for the passkey says whose it is', async () => {
      const { userHandle: _, ...body } = passkey.assert(await signInChallenge(latchkey));
      expect((await enter(body)).status).toBe(204);
    });

    it('takes an answer once', async () => {
      const body = passkey.assert(await signInChallenge(latchkey));
      expect((await enter(body)).status).toBe(204);
      await expectFailed(() => enter(body));
    });

    it('takes one challenge once, however often it is signed', async () => {
      const challenge = await signInChallenge(latchkey);
      expect((await enter(passkey.assert(challenge))).status).toBe(204);
      await expectFailed(() => enter(passkey.assert(challenge)));
    });

    it('takes no challenge that is older than the one before', async () => {
      const older = await signInChallenge(latchkey);
      wait(1);
      expect((await enterWithPasskey(latchkey, passkey)).status).toBe(204);
      await expectFailed(() => enter(passkey.assert(older)));
    });

    it('lets one in of several who come with one answer at once', async () => {
      const body = passkey.assert(await signInChallenge(latchkey));
      const answers = await Promise.all(Array.from({ length: 6 }, () => enter(body)));
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 204)) expect(told(answer)).toEqual(failed);
      const { results } = (await latchkey.ask('GET', '/v1/session/sessions', { session: person.session })).json;
      expect(results).toHaveLength(2);
    });

    it('takes a challenge for five minutes', async () => {
      const [late, timely] = [await signInChallenge(latchkey), await signInChallenge(latchkey)];
      wait(5 * minuteMs - 10_000);
      expect((await enter(passkey.assert(timely))).status).toBe(204);
      wait(10_000);
      const other = await addPasskey(latchkey, person);
      await expectFailed(() => enter(other.passkey.assert(late)));
    });

    const { present, verified, isBackedUp, hasExtensions } = flags;
    const wrong: [what: string, odd: () => Oddities][] = [
      ['for another origin', () => ({ origin: 'https://keys.example.com' })],
      ['for the address in the place of the name', () => ({ origin: latchkey.managementUrl })],
      ['for another port', () => ({ origin: 'http://localhost:1' })],
      ['for another relying party', () => ({ rpId: 'example.com' })],
      ['of the registration', () => ({ type: 'webauthn.create' })],
      ['of nobody verified', () => ({ flags: present })],
      ['of nobody present', () => ({ flags: verified })],
      ['within a frame of another site', () => ({ clientData: { crossOrigin: true } })],
      ['within a frame of a site that is named', () => ({ clientData: { topOrigin: 'https://evil.example' } })],
      ['of a copy that cannot be', () => ({ flags: present | verified | isBackedUp })],
      ['for somebody else', () => ({ userHandle: bytes('per_nobody') })],
      ['signed by another key', () => ({ signer: new SoftwarePasskey(passkey.party, passkey.userHandle) })],
      ['with bytes left over', () => ({ leftOver: Buffer.from([0]) })],
      ['with extensions that are none', () => ({ flags: present | verified | hasExtensions, leftOver: Buffer.from([0xff]) })],
      ['with a credential that is none', () => ({ flags: present | verified | flags.hasCredential })],
    ];

    it.each(wrong)('refuses an answer %s', async (_what, odd) => {
      await expectFailed(() => enterWithPasskey(latchkey, passkey, odd()));
      expect((await enterWithPasskey(latchkey, passkey)).status).toBe(204);
    });

    it('refuses an answer of which any byte is another', async () => {
      const fields = ['authenticatorData', 'signature', 'clientDataJSON'] as const;
      for (const field of fields) {
        const length = Buffer.from(passkey.assert(await signInChallenge(latchkey))[field], 'base64url').length;
        for (let at = 0; at < length; at += 3) {
          wait(minuteMs);
          const body = passkey.assert(await signInChallenge(latchkey));
          const changed = Buffer.from(body[field], 'base64url');
          changed[at] = (changed[at] as number) ^ 0x01;
          const answer = await enter({ ...body, [field]: changed.toString('base64url') });
          expect([field, at, ...told(answer)]).toEqual([field, at, ...failed]);
        }
      }
      expect((await enterWithPasskey(latchkey, passkey)).status).toBe(204);
    });

    it('refuses what is signed over any challenge but one for signing in', async () => {
      const registering = (await askToAddPasskey(latchkey, person)).json.challenge;
      const good = await signInChallenge(latchkey);
      const other = `${good.slice(0, -2)}${good.endsWith('AA') ? 'BA' : 'AA'}`;
      for (const challenge of [registering, other, '', bytes('x'.repeat(54)), good.slice(0, 70), `${good}AAAA`])
        await expectFailed(() => enter(passkey.assert(challenge)));
    });

    it('says the same of a passkey that is not known and of a wrong signature', async () => {
      const stranger = new SoftwarePasskey(passkey.party, passkey.userHandle);
      const unknown = await enterWithPasskey(latchkey, stranger);
      const unsigned = await enterWithPasskey(latchkey, passkey, { signer: stranger });
      const seen = ({ status, json: { correlationId: _, ...rest } }: Answer) => [status, rest];
      expect(seen(unknown)).toEqual(seen(unsigned));
      expect(told(unknown)).toEqual(failed);
    });

    it('is refused from a page of somebody else', async () => {
      const body = passkey.assert(await signInChallenge(latchkey));
      const headers = { origin: 'https://evil.example' };
      const answer = await latchkey.ask('POST', '/v1/session/passkey', { body, headers });
      expect(told(answer)[1]).toBe('CROSS_ORIGIN');
      expect((await enter(body)).status).toBe(204);
    });

    it('refuses a counter that does not go on, tells of it once for each signature, and goes on with one that does', async () => {
      const sign = (counter: number) => enterWithPasskey(latchkey, passkey, { counter });
      const refusals = async (): Promise<Json[]> => {
        const all = (await events(500)).filter(({ action, target }) => action === 'person.passkey_counter_refused' && target.id === person.personId);
        return all.map(({ after: { counter, lastCounter, passkeyId } }) => [passkeyId, counter, lastCounter]);
      };
      expect((await sign(5)).status).toBe(204);
      expect(told(await sign(5))).toEqual(failed);
      const body = passkey.assert(await signInChallenge(latchkey), { counter: 4 });
      for (let i = 0; i < 3; i += 1) expect(told(await enter(body))).toEqual(failed);
      expect(told(await sign(0))).toEqual(failed);
      expect(await refusals()).toEqual([[id, 0, 5], [id, 4, 5], [id, 5, 5]]);
      // Whoever has no key tells nothing by a counter.
      const signer = new SoftwarePasskey(passkey.party, passkey.userHandle);
      await expectFailed(() => enterWithPasskey(latchkey, passkey, { counter: 1, signer }));
      expect((await sign(6)).status).toBe(204);
      expect(Number((await passkeyRow(id))?.['counter'])).toBe(6);
    });

    it('takes one that never counts, time and again', async () => {
      const { passkey: plain } = await addPasskey(latchkey, person, { counts: false });
      for (let i = 0; i < 3; i += 1) {
        expect((await enterWithPasskey(latchkey, plain)).status).toBe(204);
        wait(1);
      }
    });

    it('bounds what fails from one address, and what comes with passwords from there as well', async () => {
      const stranger = new SoftwarePasskey(passkey.party, passkey.userHandle);
      const statuses: number[] = [];
      for (let i = 0; i < 32; i += 1) statuses.push((await enterWithPasskey(latchkey, stranger)).status);
      expect(statuses).toEqual([...Array<number>(30).fill(403), 429, 429]);
      const right = await enterWithPasskey(latchkey, passkey);
      expect(told(right)).toEqual([429, 'TOO_MANY_ATTEMPTS', undefined]);
      expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
      const { email, password } = person;
      expect((await latchkey.ask('POST', '/v1/session', { body: { email, password } })).status).toBe(429);
      wait(minuteMs);
      for (let i = 0; i < 12; i += 1) {
        expect((await enterWithPasskey(latchkey, passkey)).status).toBe(204);
        wait(1);
      }
    });

    it('leaves nothing of it anywhere', async () => {
      const body = passkey.assert(await signInChallenge(latchkey));
      expect((await enter(body)).status).toBe(204);
      const kept = [await mainTables(latchkey), await latchkey.rows()].map((each) => JSON.stringify(each)).join('');
      for (const text of [body.signature, body.clientDataJSON, body.authenticatorData]) expect(kept).not.toContain(text);
      expect(await passkeyRow(id)).toMatchObject({ credential_id: passkey.id, public_key: passkey.publicKey, person_id: person.personId });
    });

    it('of who is a member nowhere any more is as with a password', async () => {
      // The last admin stays.
      await addMember(latchkey, account.id, 'admin');
      await latchkey.manage('DELETE', `/v1/accounts/${account.id}/members/${person.memberId}`);
      const [byPasskey, byPassword] = [await signInWithPasskey(latchkey, person, passkey), await signIn(latchkey, person)];
      for (const { session } of [byPasskey, byPassword]) {
        expect((await latchkey.ask('GET', '/v1/session', { session })).json.memberships).toEqual([]);
        expect((await latchkey.ask('GET', `/v1/accounts/${account.id}/keys`, { session })).status).toBe(403);
      }
    });

    describe('with what is malformed', () => {
      const limits = { id: 1364, clientDataJSON: 4096, authenticatorData: 2048, signature: 2048, userHandle: 86 };
      const nothing = [undefined, ''];
      const short: Readonly<Record<string, string>> = { id: 'A'.repeat(21) };
      const odd = ['====', 'a b', 'ä', '\u0000', 'a+b/', 1, null, true, [], ['QQ'], { a: 1 }];

      it.each(Object.entries(limits))('says so: %s', async (field, max) => {
        const good = passkey.assert(await signInChallenge(latchkey));
        const values = [...(field === 'userHandle' ? [''] : nothing), ...odd, short[field] ?? '=', 'A'.repeat(max + 1)];
        for (const value of values) {
          const answer = await enter({ ...good, [field]: value });
          expect([value, answer.status, answer.json.errors[0].context.field]).toEqual([value, 400, field]);
        }
        expect(told(await enter({ ...good, [field]: 'A'.repeat(max) }))).toEqual(failed);
        expect((await enter({ ...good, origin: 'x' })).status).toBe(400);
        expect((await enter(good)).status).toBe(204);
      });

      it.each(['null', '1', '[]', '{}', '"a"', '{"challenge":1}', '{"challenge":{}}', '{"challenge":null}', '{', '\u00ff\u00fe', '', '__proto__'])(
        'refuses it: client data %j',
        async (clientDataText) => {
          const odd = { clientDataText: clientDataText || ' ' };
          await expectFailed(() => enterWithPasskey(latchkey, passkey, odd));
        },
      );

      it('refuses it: client data with things of another type, and authenticator data that is cut', async () => {
        const things = [{ origin: null }, { origin: {} }, { type: [] }, { tokenBinding: 'x' }, { tokenBinding: { status: 1 } }, { topOrigin: 1 }];
        for (const clientData of things)
          await expectFailed(() => enterWithPasskey(latchkey, passkey, { clientData }));
        wait(10 * minuteMs);
        for (const length of [1, 32, 36]) {
          const body = passkey.assert(await signInChallenge(latchkey));
          const authenticatorData = Buffer.from(body.authenticatorData, 'base64url').subarray(0, length).toString('base64url');
          await expectFailed(() => enter({ ...body, authenticatorData }));
        }
        for (const signature of ['A', 'AA', bytes('\u0030\u0084\u00ff\u00ff\u00ff\u00ff'), 'A'.repeat(2000)]) {
          const body = passkey.assert(await signInChallenge(latchkey));
          await expectFailed(() => enter({ ...body, signature }));
        }
      });
    });
  }); // prettier-ignore

  describe('adding one', () => {
    it('is asked for with what a browser takes', async () => {
      const { passkey } = await addPasskey(latchkey, person);
      const answer = await askToAddPasskey(latchkey, person);
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(answer.json).toEqual({
        challenge: expect.stringMatching(/^[A-Za-z0-9_-]{72}$/),
        rp: { id: 'localhost', name: 'Latchkey' },
        user: { id: bytes(person.personId), name: person.email, displayName: person.name },
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }, { type: 'public-key', alg: -257 }],
        excludeCredentials: [{ id: passkey.id, type: 'public-key', transports: ['hybrid', 'internal'] }],
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        attestation: 'none',
        timeout: 5 * minuteMs,
      });
    });

    it('adds it to those there are, is on the trail, and lets every session be', async () => {
      const other = await signIn(latchkey, person);
      const member = `/v1/accounts/${account.id}/members/${person.memberId}`;
      expect((await latchkey.manage('GET', member)).hasPasskeys).toBe(false);
      const { passkey, challenge } = await makePasskey(latchkey, person);
      const answer = await add({ name: 'Clé 🔑', ...passkey.attest(challenge) });
      const { id } = answer.json;
      expect([answer.status, answer.json]).toEqual([201, { id: expect.stringMatching(/^pky_/), name: 'Clé 🔑', isSynced: false, createdAt: expect.any(String), lastUsedAt: null }]);
      expect(await list(person)).toEqual({ results: [answer.json], origin: localOrigin() });
      expect([await isIn(person.session), await isIn(other.session)]).toEqual([true, true]);
      expect((await latchkey.manage('GET', member)).hasPasskeys).toBe(true);
      expect(await events(2)).toMatchObject([
        { action: 'person.passkey_added', actor: { id: person.memberId }, target: { id: person.personId }, after: { passkeyId: id, name: 'Clé 🔑', isSynced: false } },
        { action: 'person.passkey_begun', actor: { id: person.memberId }, target: { id: person.personId } },
      ]);
    });

    it('needs the password', async () => {
      const before = await mainTables(latchkey);
      const answer = await askToAddPasskey(latchkey, { ...person, password: 'no password of theirs' });
      expect(told(answer)).toEqual([403, 'SIGN_IN_FAILED', undefined]);
      expect(await mainTables(latchkey)).toEqual(before);
      expect((await latchkey.ask('POST', `${passkeys}/challenge`, { session: person.session, body: {} })).status).toBe(400);
    });

    it('needs a code of who has a second factor, which is used up', async () => {
      const { person: secured, app, recoveryCodes } = await turnOnSecondFactor(latchkey, person);
      wait(stepMs);
      expect(told(await askToAddPasskey(latchkey, secured))).toEqual([403, 'SECOND_FACTOR_NEEDED', undefined]);
      expect(told(await askToAddPasskey(latchkey, secured, 'aaaa-aaaa-aaaa-aaaa'))).toEqual([403, 'SECOND_FACTOR_FAILED', undefined]);
      for (const code of [codeOf(app, now()), recoveryCodes[0]]) {
        expect((await askToAddPasskey(latchkey, secured, code)).status).toBe(200);
        expect(told(await askToAddPasskey(latchkey, secured, code))).toEqual([403, 'SECOND_FACTOR_FAILED', undefined]);
      }
      const { passkey } = await addPasskey(latchkey, secured, { code: recoveryCodes[1] as string });
      expect((await enterWithPasskey(latchkey, passkey)).status).toBe(204);
    });

    it('takes a challenge once', async () => {
      const { passkey, challenge } = await makePasskey(latchkey, person);
      const another = new SoftwarePasskey(passkey.party, passkey.userHandle);
      const bodies = [passkey, another].map((each) => ({ name: 'x', ...each.attest(challenge) }));
      const answers = await Promise.all(bodies.map((body) => add(body)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 403]);
      for (const body of bodies) await expectFailed(() => add(body));
      expect((await list(person)).results).toHaveLength(1);
    });

    it('takes no challenge of another session, of somebody else, for signing in, or that is too old', async () => {
      const elsewhere = await signIn(latchkey, person);
      const other = await addMember(latchkey, account.id, 'developer');
      const { passkey, challenge: late } = await makePasskey(latchkey, person);
      const challenges = [
        (await makePasskey(latchkey, elsewhere)).challenge,
        (await makePasskey(latchkey, other)).challenge,
        await signInChallenge(latchkey),
      ];
      for (const challenge of challenges) await expectFailed(() => add({ name: 'x', ...passkey.attest(challenge) }));
      wait(5 * minuteMs);
      // That a session is used is written down once a minute.
      expect(await isIn(person.session)).toBe(true);
      await expectFailed(() => add({ name: 'x', ...passkey.attest(late) }));
    });

    const { present, verified, hasCredential, isBackedUp, hasExtensions } = flags;
    const whole = present | verified | hasCredential;
    it.each<[what: string, odd: () => Oddities]>([
      ['for another origin', () => ({ origin: 'https://keys.example.com' })],
      ['for the address in the place of the name', () => ({ origin: latchkey.managementUrl })],
      ['for another relying party', () => ({ rpId: 'example.com' })],
      ['of signing in', () => ({ type: 'webauthn.get' })],
      ['of nobody verified', () => ({ flags: present | hasCredential })],
      ['of nobody present', () => ({ flags: verified | hasCredential })],
      ['without the credential', () => ({ flags: present | verified })],
      ['within a frame of another site', () => ({ clientData: { crossOrigin: true } })],
      ['of a copy that cannot be', () => ({ flags: whole | isBackedUp })],
      ['with bytes left over', () => ({ leftOver: Buffer.from([0]) })],
      ['with extensions that are none', () => ({ flags: whole | hasExtensions, leftOver: Buffer.from([0xff]) })],
    ])('refuses an answer %s', async (_what, odd) => {
      const { passkey, challenge } = await makePasskey(latchkey, person);
      await expectFailed(() => add({ name: 'x', ...passkey.attest(challenge, odd()) }));
      expect((await add({ name: 'x', ...passkey.attest(challenge) })).status).toBe(201);
    });

    it('refuses an answer by another id than the credential has', async () => {
      const { passkey, challenge } = await makePasskey(latchkey, person);
      const { passkey: other } = await makePasskey(latchkey, person);
      await expectFailed(() => add({ name: 'x', ...passkey.attest(challenge), id: other.id }));
    });

    it('looks at nothing that an authenticator says of its maker', async () => {
      for (const fmt of ['packed', 'tpm', 'android-key', 'apple', 'fido-u2f', 'nobody-knows']) {
        const { passkey, challenge } = await makePasskey(latchkey, person);
        expect((await add({ name: fmt, ...passkey.attest(challenge, { fmt }) })).status).toBe(201);
      }
    });

    it('refuses a passkey that is here already, whosever', async () => {
      const { passkey } = await addPasskey(latchkey, person);
      const other = await addMember(latchkey, account.id, 'auditor');
      for (const each of [person, other]) {
        const { challenge } = await makePasskey(latchkey, each);
        expect(told(await add({ name: 'x', ...passkey.attest(challenge) }, each))).toEqual([409, 'CONFLICT', 'PASSKEY_KNOWN']);
      }
    });

    it('takes twenty of one person, and no more', async () => {
      for (let i = 0; i < 19; i += 1) await addPasskey(latchkey, person, { name: `No ${i}` });
      const { passkey, challenge } = await makePasskey(latchkey, person);
      const { id } = await addPasskey(latchkey, person);
      const tooMany = [409, 'CONFLICT', 'TOO_MANY_PASSKEYS'];
      expect(told(await askToAddPasskey(latchkey, person))).toEqual(tooMany);
      expect(told(await add({ name: 'x', ...passkey.attest(challenge) }))).toEqual(tooMany);
      expect((await latchkey.ask('DELETE', `${passkeys}/${id}`, { session: person.session })).status).toBe(204);
      await addPasskey(latchkey, person);
      expect((await list(person)).results).toHaveLength(20);
    });

    it('says what is malformed, and refuses what is none', async () => {
      const { passkey, challenge } = await makePasskey(latchkey, person);
      const good = { name: 'x', ...passkey.attest(challenge) };
      const odd = [undefined, '', 'a b', '====', 1, null, [], {}];
      const values: Record<string, unknown[]> = {
        name: [undefined, '', 'x'.repeat(101), '\u0000', 'a\u202eb', 1, null, []],
        id: [...odd, 'A'.repeat(1365)],
        clientDataJSON: [...odd, 'A'.repeat(4097)],
        attestationObject: [...odd, 'A'.repeat(8193)],
        transports: ['usb', {}, null, [1], [''], ['x'.repeat(33)], ['usb', 'usb'], Array.from({ length: 11 }, (_, i) => `t${i}`)],
      };
      for (const [field, each] of Object.entries(values))
        for (const value of each) {
          const answer = await add({ ...good, [field]: value });
          expect([field, value, answer.status, answer.json.errors[0].context.field]).toEqual([field, value, 400, field]);
        }
      const attestations = [
        ...['A', 'AA', 'oA', '_w', 'AA'.repeat(4096), bytes('\u0081'.repeat(6000)), bytes('\u00a1'.repeat(6000))],
        ...[bytes('\u00bb\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff'), bytes('\u005b\u0000\u0000\u0000\u0001\u0000\u0000\u0000\u0000')],
        ...[bytes('\u00a1\u0068authData\u0040'), bytes('\u00a1\u0068authData\u00f6'), bytes('\u00a1\u0068authData\u0001')],
      ];
      for (const attestationObject of attestations) await expectFailed(() => add({ ...good, attestationObject }));
      for (const clientDataText of ['null', '[]', '{}', '{', '{"challenge":1}'])
        await expectFailed(() => add({ ...good, ...passkey.attest(challenge, { clientDataText }) }));
      expect((await add(good)).status).toBe(201);
    });

    it('with any byte of it changed never fails but by what it says', async () => {
      let { passkey, challenge } = await makePasskey(latchkey, person);
      const { length } = Buffer.from(passkey.attest(challenge).attestationObject, 'base64url');
      for (let at = 0; at < length; at += 5) {
        const body = passkey.attest(challenge);
        const changed = Buffer.from(body.attestationObject, 'base64url');
        changed[at] = (changed[at] as number) ^ 0x80;
        const answer = await add({ name: 'x', ...body, attestationObject: changed.toString('base64url') });
        expect([201, 403]).toContain(answer.status);
        if (answer.status !== 201) continue;
        await latchkey.ask('DELETE', `${passkeys}/${answer.json.id}`, { session: person.session });
        ({ passkey, challenge } = await makePasskey(latchkey, person));
      }
    });
  }); // prettier-ignore

  describe('one that is there', () => {
    const remove = ({ session }: SignedInPerson, id: string): Promise<Answer> =>
      latchkey.ask('DELETE', `${passkeys}/${id}`, { session });

    it('is removed, and signs in no longer, while sessions go on', async () => {
      const { passkey, id } = await addPasskey(latchkey, person);
      const byPasskey = await signInWithPasskey(latchkey, person, passkey);
      expect((await remove(person, id)).status).toBe(204);
      expect([await isIn(person.session), await isIn(byPasskey.session)]).toEqual([true, true]);
      expect(await events(1)).toMatchObject([{ action: 'person.passkey_removed', before: { passkeyId: id, name: 'Phone', isSynced: false } }]);
      wait(1);
      await expectFailed(() => enterWithPasskey(latchkey, passkey));
      expect(told(await remove(person, id))).toEqual([404, 'OBJECT_NOT_FOUND', undefined]);
    });

    it('is nobody else’s to see or to remove', async () => {
      const { passkey, id } = await addPasskey(latchkey, person);
      const other = await addMember(latchkey, account.id, 'admin');
      expect((await list(other)).results).toEqual([]);
      expect((await remove(other, id)).status).toBe(404);
      expect((await enterWithPasskey(latchkey, passkey)).status).toBe(204);
      // Nor a key's.
      for (const [method, path] of [['GET', passkeys], ['DELETE', `${passkeys}/${id}`]] as const)
        expect(told(await latchkey.ask(method, path, { secret: latchkey.operatorKey }))[1]).toBe('SESSION_NEEDED');
    });

    it('stays through another password, a recovery link, and a second factor that comes and goes', async () => {
      const { passkey } = await addPasskey(latchkey, person);
      const enters = async (): Promise<void> => {
        wait(stepMs);
        expect((await enterWithPasskey(latchkey, passkey)).status).toBe(204);
      };
      const { person: secured, recoveryCodes } = await turnOnSecondFactor(latchkey, person);
      await enters();
      const off = { password: person.password, code: recoveryCodes[0] };
      expect((await latchkey.ask('POST', '/v1/session/second-factor/turn-off', { session: secured.session, body: off })).status).toBe(204);
      await enters();
      const { session } = await signIn(latchkey, person);
      const body = { currentPassword: person.password, newPassword: 'another password of theirs' };
      expect((await latchkey.ask('PUT', '/v1/session/password', { session, body })).status).toBe(204);
      await enters();
      const { link } = await latchkey.manage('POST', `/v1/accounts/${account.id}/members/${person.memberId}/recovery-link`);
      const used = await latchkey.ask('POST', '/v1/links/use', { body: { token: tokenOf(link), password: 'yet another password' } });
      expect(used.status).toBe(204);
      await enters();
    });

    describe('and is lost', () => {
      const reset = (by: AskOptions, memberId = person.memberId): Promise<Answer> =>
        latchkey.ask('DELETE', `/v1/accounts/${account.id}/members/${memberId}/second-factor`, by);

      it('goes by a reset of an admin, which signs its owner out, with a second factor or without', async () => {
        const admin = await addMember(latchkey, account.id, 'admin');
        expect((await reset(admin)).status).toBe(404);
        for (const isSecured of [false, true]) {
          const { passkey } = await addPasskey(latchkey, person);
          if (isSecured) ({ person } = await turnOnSecondFactor(latchkey, person));
          expect((await reset(admin)).status).toBe(204);
          expect(await isIn(person.session)).toBe(false);
          expect(await events(1)).toMatchObject([{ action: 'member.second_factor_reset', actor: { id: admin.memberId }, after: { passkeysRemoved: 1 } }]);
          await expectFailed(() => enterWithPasskey(latchkey, passkey));
          person = await signIn(latchkey, person);
          expect((await list(person)).results).toEqual([]);
          expect((await latchkey.manage('GET', `/v1/accounts/${account.id}/members/${person.memberId}`)).hasPasskeys).toBe(false);
          expect((await reset(admin)).status).toBe(404);
        }
      });

      it('is not reset by its owner, nor of who is a member elsewhere by anybody but the operator', async () => {
        const { passkey } = await addPasskey(latchkey, person);
        expect(told(await reset(person))).toEqual([409, 'CONFLICT', 'OWN_SECOND_FACTOR']);
        const elsewhere = await latchkey.openAccount({ name: 'Elsewhere' });
        const { token } = await invite(latchkey, elsewhere.id, 'auditor', person.email);
        expect((await latchkey.ask('POST', '/v1/session/join', { session: person.session, body: { token } })).status).toBe(204);
        const admin = await addMember(latchkey, account.id, 'admin');
        expect(told(await reset(admin))).toEqual([409, 'CONFLICT', 'MEMBER_ELSEWHERE']);
        expect((await enterWithPasskey(latchkey, passkey)).status).toBe(204);
        expect((await reset({ secret: latchkey.operatorKey })).status).toBe(204);
        for (const id of [account.id, elsewhere.id]) expect(await events(1, id)).toMatchObject([{ action: 'member.second_factor_reset' }]);
      });
    });
  }); // prettier-ignore
});

/** As pages of the console ask at that address. */
function at<T extends AskingLatchkey>(node: T, origin: string): T {
  const ask = (method: string, path: string, options: AskOptions = {}): Promise<Answer> =>
    node.ask(method, path, { ...options, headers: { origin, ...options.headers } });
  return { ...node, ask };
}

describeOnEachDatabase('passkeys at CONSOLE_URL', (kind) => {
  const origin = 'https://keys.example.com:8443';
  let nodes: Nodes;
  let person: SignedInPerson;

  beforeAll(async () => {
    nodes = await startNodes(kind, {}, { CONSOLE_URL: origin });
    const account = await nodes.one.manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
    person = await addMember(at(nodes.one, origin), account.id, 'admin');
  });

  afterAll(() => nodes?.remove());

  it('are for its host, and for pages of its origin', async () => {
    const one = at(nodes.one, origin);
    expect((await one.ask('GET', '/v1/session/passkey')).json).toMatchObject({ origin, rpId: 'keys.example.com' });
    const { passkey } = await addPasskey(one, person);
    const local = `http://localhost:${new URL(nodes.one.managementUrl).port}`;
    for (const odd of [{ origin: local }, { rpId: 'localhost' }, { rpId: 'example.com' }, { origin: 'https://keys.example.com' }])
      expect(told(await enterWithPasskey(one, passkey, odd))).toEqual(failed);
    expect((await enterWithPasskey(one, passkey)).status).toBe(204);
  });

  it('are known on every node, and let one in of two who come with one answer to two nodes', async () => {
    const [one, other] = [at(nodes.one, origin), at(nodes.other, origin)];
    const { passkey } = await addPasskey(one, person);
    for (let round = 0; round < 5; round += 1) {
      const body: Assertion = passkey.assert(await signInChallenge(one));
      const answers = await Promise.all([other, one].map(({ ask }) => ask('POST', '/v1/session/passkey', { body })));
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 403]);
    }
    const begun = await askToAddPasskey(one, person);
    const another = new SoftwarePasskey({ origin, rpId: begun.json.rp.id }, begun.json.user.id);
    const body = { name: 'x', ...another.attest(begun.json.challenge) };
    expect((await other.ask('POST', passkeys, { session: person.session, body })).status).toBe(201);
  });
}); // prettier-ignore

describe.each(['https://203.0.113.7', 'https://[2001:db8::1]', 'http://keys.example.com'])(
  'passkeys where CONSOLE_URL is %s',
  (origin) => {
    it('are none', async () => {
      const latchkey = await startTestLatchkey({ CONSOLE_URL: origin });
      try {
        const { ask, manage } = at(latchkey, origin);
        const way = await ask('GET', '/v1/session/passkey');
        expect([way.status, way.json]).toEqual([200, { origin: null, rpId: null, challenge: null, timeoutMs: 5 * minuteMs }]); // prettier-ignore
        const account = await manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
        const person = await addMember({ ask, manage }, account.id, 'admin');
        const { session } = person;
        expect((await ask('GET', passkeys, { session })).json).toEqual({
          ...{ results: [], origin: null },
        });
        const none = [409, 'CONFLICT', 'NO_PASSKEYS_HERE'];
        expect(told(await askToAddPasskey({ ask }, person))).toEqual(none);
        const passkey = new SoftwarePasskey({ origin, rpId: new URL(origin).hostname }, 'QQ');
        const body = { name: 'x', ...passkey.attest('QQ') };
        expect(told(await ask('POST', passkeys, { session, body }))).toEqual(none);
        const entering = await ask('POST', '/v1/session/passkey', { body: passkey.assert('QQ') });
        expect(told(entering)).toEqual(none);
      } finally {
        await latchkey.remove();
      }
    });
  },
);
