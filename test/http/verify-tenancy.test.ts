import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBase62 } from '../../src/core/ids.js';
import { craftSecret } from '../support/crafted-secrets.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { checkOf, makeVerifier, verify, verifyPath } from '../support/verify.js';

describe('#62 #68 whose keys a key may verify', () => {
  let latchkey: TestLatchkey;
  let rows: NewRows;
  let crm: Crm;
  let other: string;
  let tenant: Json;

  beforeAll(async () => {
    latchkey = await startTestLatchkey();
    rows = new NewRows(latchkey);
    crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
    tenant = await crm.makeKey({ name: 'Own server', scopes: ['latchkey.verify'] });
    other = (await latchkey.manage('POST', '/v1/accounts', { name: 'Other' })).id;
  });

  beforeEach(() => rows.skip());
  afterAll(() => latchkey.remove());

  const theirs = (settings: Json = {}): Promise<Json> =>
    latchkey.manage('POST', `/v1/accounts/${other}/keys`, {
      ...{ name: 'Theirs', scopes: ['contacts.read'] },
      ...settings,
    });

  it('one of the operator’s account: of every account', async () => {
    const operator = await makeVerifier(latchkey);
    const checks = [checkOf((await crm.makeKey()).secret), checkOf((await theirs()).secret)];
    const { json } = await verify(latchkey, operator.secret, { checks });
    expect(json.results.map(({ account }: Json) => account.id)).toEqual([crm.accountId, other]);
  });

  it('any other: of its own account, itself included', async () => {
    for (const { secret } of [await crm.makeKey(), tenant]) {
      const { json } = await verify(latchkey, tenant.secret, checkOf(secret, { path: undefined }));
      expect(json).toMatchObject({ decision: 'allowed', account: { id: crm.accountId } });
    }
  });

  it('of another account’s it is told what it is told of a secret that does not exist', async () => {
    const suspended = await theirs();
    await latchkey.manage('POST', `/v1/accounts/${other}/keys/${suspended.id}/suspend`);
    const retiring = await theirs();
    const rotations = `/v1/accounts/${other}/keys/${retiring.id}/rotations`;
    await latchkey.manage('POST', rotations, { graceSeconds: 3600 });
    const strangers = [craftSecret('lk_prod', randomBase62(32)), (await theirs()).secret];
    const told = [{}, { path: '/crm/orders' }, { path: undefined }, { scopes: ['orders.read'] }];
    for (const wanted of told) {
      const answers: Json[] = [];
      // Also where the other account has just used it.
      await latchkey.call('GET', '/latchkey/v1/self', { secret: suspended.secret });
      for (const secret of [...strangers, suspended.secret, retiring.secret]) {
        const { json } = await verify(latchkey, tenant.secret, checkOf(secret, wanted));
        answers.push({ ...json, correlationId: '' });
      }
      expect(answers[0]).toMatchObject({
        ...{ decision: 'denied', reason: 'KEY_UNKNOWN', status: 401, wouldDeny: null },
        ...{ account: null, key: null, secret: null, scopes: [] },
      });
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    }
  });

  it('its row lies in no account and names no key: what a stranger says is no entry in their log', async () => {
    const key = await theirs();
    await rows.skip();
    await verify(latchkey, tenant.secret, checkOf(key.secret, { userAgent: 'forged/1' }));
    const made = await rows.take(2);
    expect(made.find(({ path }) => path !== verifyPath)).toMatchObject({
      ...{ accountId: null, keyId: null, keyName: null, secretId: null, secretStart: null },
      ...{ secretState: null, rotationId: null, environment: null, reason: 'KEY_UNKNOWN' },
      ...{ actor: tenant.id, callerIp: '203.0.113.7', userAgent: 'forged/1' },
    });
    for (const account of [other, crm.accountId]) {
      const log = await latchkey.manage('GET', `/v1/accounts/${account}/request-log?q=forged`);
      expect(log.results).toEqual([]);
    }
  });

  it('nor is it a use: a secret that was lost on its way can still be had again', async () => {
    const key = await theirs();
    await verify(latchkey, tenant.secret, checkOf(key.secret));
    const path = `/v1/accounts/${other}/keys/${key.id}`;
    expect((await latchkey.manage('GET', path)).lastUsedAt).toBeNull();
    expect((await latchkey.manage('POST', `${path}/reissue`)).secret).toEqual(expect.any(String));
  });

  it('a suspended account verifies nothing', async () => {
    const verifier = await theirs({ scopes: ['latchkey.verify'] });
    await latchkey.manage('POST', `/v1/accounts/${other}/suspend`);
    const { status, json } = await verify(latchkey, verifier.secret, checkOf('x'));
    expect([status, json.reason]).toEqual([403, 'ACCOUNT_SUSPENDED']);
    await latchkey.manage('POST', `/v1/accounts/${other}/resume`);
  });
});
