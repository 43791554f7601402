import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { In } from 'typeorm';
import { digestOfSecret, type Pepper } from '../../src/core/secret-digest.js';
import { Database } from '../../src/store/database.js';
import { AccountEntity } from '../../src/store/entities/account.entity.js';
import { SecretEntity } from '../../src/store/entities/secret.entity.js';
import { PEPPERS } from '../../src/store/tokens.js';
import { craftSecret, withChanged } from '../support/crafted-secrets.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial, expectNoSecret } from '../support/denials.js';
import { doorNames, openDoors, type DoorName, type OpenDoor } from '../support/doors.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { countQueries, type QueryCounter } from '../support/query-counter.js';
import { slowReads } from '../support/slow-reads.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const random = 'Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z';

describe('looking a secret up', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let doors: Record<DoorName, OpenDoor>;
  let rows: NewRows;
  let queries: QueryCounter;

  beforeAll(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey();
    crm = await publishCrm(latchkey, upstream.url);
    doors = await openDoors(latchkey, crm);
    rows = new NewRows(latchkey);
    queries = countQueries(latchkey);
  });

  beforeEach(async () => {
    await rows.skip();
    queries.take();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  const withSecret = (secret: string) => ({
    headers: [['Authorization', `Bearer ${secret}`] as const],
  });
  const call = (secret: string) => latchkey.call('GET', '/crm/contacts', { secret });

  const misspelt: [string, (genuine: string) => string][] = [
    ['#21 its last character changed', (k) => withChanged(k, -1)],
    ['#21 its first checksum character changed', (k) => withChanged(k, -6)],
    ['#21 a random character changed', (k) => withChanged(k, -20)],
    ['#21 two characters swapped', (k) => k.replace(/(.)(.)(.{10})$/, (_all, a, b, rest) => (a === b ? `${a}!` : b + a) + rest)],
    ['#21 another environment', (k) => k.replace('_prod_', '_qa_')],
    ['#21 one character short', (k) => k.slice(0, -1)],
    ['#21 one character long', (k) => `${k}0`],
    ['#21 in upper case', (k) => k.toUpperCase()],
    ['#21 its prefix alone', () => 'lk_prod_'],
    ['another kind of credential', () => craftSecret('lkp_prod', random)],
    ['a legacy secret, of which there are none here', () => `${random}${random}`],
  ]; // prettier-ignore

  describe.each(doorNames.map((name) => [name]))('%s door', (name: DoorName) => {
    it.each(misspelt)('%s → KEY_UNKNOWN without one query', async (_name, misspell) => {
      const door = doors[name];
      const wrong = misspell(door.secret);
      const answer = await door.send('', withSecret(wrong));
      expect(queries.take()).toEqual([]);
      const made = await rows.take(1);
      expectDenial(answer, 'KEY_UNKNOWN', made, { ...door.row, keyId: null, credential: 'bearer' });
      expectNoSecret([wrong], answer, made);
    });

    it('#22 right checksum, but unknown → KEY_UNKNOWN; asked for once, then remembered', async () => {
      const door = doors[name];
      const stranger = craftSecret('lk_prod', `${name.slice(0, 4)}${random}`.slice(0, 32));
      const first = await door.send('', withSecret(stranger));
      expect(queries.takeLookUps()).toHaveLength(1);
      const made = await rows.take(1);
      expectDenial(first, 'KEY_UNKNOWN', made, { ...door.row, keyId: null, secretStart: null });
      expectNoSecret([stranger], first, made);
      const second = await door.send('', withSecret(stranger));
      expect(queries.take()).toEqual([]);
      expectDenial(second, 'KEY_UNKNOWN', await rows.take(1));
      expect({ ...second.json, correlationId: '' }).toEqual({ ...first.json, correlationId: '' });
    });

    it('a warm hit makes no query for its decision', async () => {
      const door = doors[name];
      await door.send('', withSecret(door.secret));
      await door.send('', withSecret(door.secret));
      queries.take();
      expect((await door.send('', withSecret(door.secret))).status).toBe(200);
      // The management call itself lists accounts: one query, and none before it.
      const made = queries.take();
      expect(made).toHaveLength(name === 'management' ? 1 : 0);
      expect(made.filter((statement) => statement.includes('"secret"'))).toEqual([]);
    });
  });

  it('a public route asks for nothing, whatever credential comes with it', async () => {
    const stranger = craftSecret('lk_prod', random.toLowerCase());
    expect((await latchkey.call('GET', `/crm/status?hapikey=${stranger}`)).status).toBe(200);
    expect(queries.take()).toEqual([]);
  });

  it('concurrent misses of one secret are joined into one query', async () => {
    const key = await crm.makeKey();
    expect((await call(key.secret)).status).toBe(200);
    // A change of its account makes it cold again.
    await latchkey.manage('PATCH', `/v1/accounts/${crm.accountId}`, { name: 'Renamed Ltd' });
    queries.take();
    const end = slowReads(latchkey, () => 20);
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(key.secret)));
    end();
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect(queries.takeLookUps()).toHaveLength(1);
  });

  it('the first use of a secret is written once, however many calls come at once', async () => {
    const key = await crm.makeKey();
    queries.take();
    const end = slowReads(latchkey, () => 10);
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(key.secret)));
    end();
    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(
      queries.take().filter((statement) => statement.startsWith('UPDATE "secret"')),
    ).toHaveLength(1);
  });

  it.each([
    ["' OR '1'='1"],
    ["lk_prod_' OR 1=1 --"],
    ['"; DROP TABLE secret; --'],
    [`${craftSecret('lk_prod', random)}' OR ''='`],
    ['lk_prod_%'],
    ['lk_prod_________________________________'],
    ['\\'],
  ])('#24 SQL metacharacters in a credential: %s → KEY_UNKNOWN', async (text) => {
    const asHapikey = await latchkey.call(
      'GET',
      `/crm/contacts?hapikey=${encodeURIComponent(text)}`,
    );
    expectDenial(asHapikey, 'KEY_UNKNOWN', await rows.take(1), {
      keyId: null,
      credential: 'hapikey',
    });
    const asToken = await latchkey.call('GET', '/crm/contacts', {
      headers: { 'x-access-token': text.replaceAll(' ', '') },
    });
    expectDenial(asToken, 'KEY_UNKNOWN', await rows.take(1));
    expect(queries.takeLookUps()).toEqual([]);
    expect(await latchkey.app.get(Database).read.count(SecretEntity)).toBeGreaterThan(0);
  });

  it.each([["' OR '1'='1"], ["x' UNION SELECT 1 --"], ['%'], ['_'], ["acc_%' --"]])(
    '#24 SQL metacharacters in ids and filters find nothing: %s',
    async (text) => {
      const escaped = encodeURIComponent(text);
      const ask = (path: string) => latchkey.ask('GET', path, { secret: latchkey.operatorKey });
      const ids = [
        `/v1/accounts/${escaped}`,
        `/v1/accounts/${escaped}/keys`,
        `/v1/accounts/${crm.accountId}/keys/${escaped}`,
        `/v1/scopes/${escaped}`,
        `/v1/services/${escaped}`,
      ];
      for (const path of ids) expect([path, (await ask(path)).status]).toEqual([path, 404]);
      await crm.makeKey({ name: 'plain' });
      const keys = `/v1/accounts/${crm.accountId}/keys`;
      for (const path of [
        `${keys}?q=${escaped}`,
        `${keys}?scope=${escaped}`,
        `/v1/request-log?keyId=${escaped}`,
        `/v1/request-log?reason=${escaped}`,
      ]) {
        expect([path, (await ask(path)).json.results]).toEqual([path, []]);
      }
    },
  );

  it('#26 two keys whose secrets begin alike are told apart', async () => {
    const [peppers, database] = [latchkey.app.get<Pepper[]>(PEPPERS), latchkey.app.get(Database)];
    const twins: { key: Json; secret: string }[] = [];
    for (const tail of ['0', '1']) {
      const key = await crm.makeKey({ name: `Twin ${tail}` });
      const secret = craftSecret('lk_prod', `TWIN${random.slice(5)}${tail}`);
      const digest = digestOfSecret(secret, peppers[0] as Pepper);
      await database.write((manager) =>
        manager.update(SecretEntity, { keyId: key.id }, { digest, start: 'lk_prod_TWIN' }),
      );
      twins.push({ key, secret });
    }
    await rows.skip();
    for (const { key, secret } of [...twins, ...twins.toReversed()]) {
      const self = await latchkey.call('GET', '/latchkey/v1/self', { secret });
      expect(self.json).toMatchObject({
        key: { id: key.id, name: key.name },
        secret: { start: 'lk_prod_TWIN' },
      });
      expect(await rows.take(1)).toMatchObject([{ keyId: key.id, secretStart: 'lk_prod_TWIN' }]);
    }
    await latchkey.manage('POST', `/v1/accounts/${crm.accountId}/keys/${twins[0]?.key.id}/revoke`);
    await rows.skip();
    expectDenial(await call(twins[0]?.secret as string), 'KEY_REVOKED', await rows.take(1), {
      keyId: twins[0]?.key.id,
    });
    expect((await call(twins[1]?.secret as string)).status).toBe(200);
  });

  it('#27 a suspended account: all of its keys are refused at once, nobody else, and resumed they work', async () => {
    const account = await latchkey.manage('POST', '/v1/accounts', { name: 'Late payer' });
    const keys: Json[] = [];
    for (const scope of ['contacts.read', 'contacts.readwrite', 'latchkey.accounts.read']) {
      keys.push(
        await latchkey.manage('POST', `/v1/accounts/${account.id}/keys`, {
          name: scope,
          scopes: [scope],
        }),
      );
    }
    const self = (key: Json) => latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
    // The last one is cold when the account is suspended.
    for (const key of keys.slice(0, 2)) expect((await self(key)).status).toBe(200);
    await latchkey.manage('POST', `/v1/accounts/${account.id}/suspend`);
    await rows.skip();
    for (const key of keys) {
      const row = { keyId: key.id, accountId: account.id, secretState: 'current' };
      expectDenial(await self(key), 'ACCOUNT_SUSPENDED', await rows.take(1), row);
      expectDenial(
        await latchkey.ask('GET', '/v1/accounts', { secret: key.secret }),
        'ACCOUNT_SUSPENDED',
        await rows.take(1),
        row,
      );
      expectDenial(await call(key.secret), 'ACCOUNT_SUSPENDED', await rows.take(1), row);
    }
    expect((await call(doors.gateway.secret)).status).toBe(200);
    await latchkey.manage('POST', `/v1/accounts/${account.id}/resume`);
    for (const key of keys) expect((await self(key)).status).toBe(200);
  });

  describe('#23 a forgotten value in a where never widens it', () => {
    // As a value that the types promise and that is not there all the same.
    const nothing: [string, string][] = [
      ['undefined', undefined as unknown as string],
      ['null', null as unknown as string],
    ];

    it.each(nothing)('%s throws, in every statement, over both connections', async (_name, id) => {
      const database = latchkey.app.get(Database);
      const before = await database.read.find(AccountEntity);
      const where = { id };
      const statements: (() => Promise<unknown>)[] = [
        () => database.read.findOneBy(AccountEntity, where),
        () => database.read.find(AccountEntity, { where }),
        () => database.read.countBy(AccountEntity, where),
        () => database.read.existsBy(SecretEntity, { keyId: id }),
        () => database.read.findOneBy(SecretEntity, { id: 'sec_1', keyId: id }),
        () => database.write((manager) => manager.findOneBy(AccountEntity, where)),
        () =>
          database.write((manager) =>
            manager.update(AccountEntity, where, { name: 'Overwritten' }),
          ),
        () => database.write((manager) => manager.delete(AccountEntity, where)),
        () => database.write((manager) => manager.increment(AccountEntity, where, 'revision', 1)),
      ];
      const outcomes = await Promise.allSettled(statements.map((statement) => statement()));
      expect(outcomes.map((outcome) => outcome.status)).toEqual(statements.map(() => 'rejected'));
      expect(await database.read.find(AccountEntity)).toEqual(before);
    });

    it('an empty list finds nothing', async () => {
      expect(
        await latchkey.app.get(Database).read.findBy(SecretEntity, { digest: In([]) }),
      ).toEqual([]);
    });
  });
});
