import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';

let latchkey: TestLatchkey;
let crm: Crm;
const now = Date.UTC(2030, 0, 1);

beforeAll(async () => {
  latchkey = await startTestLatchkey({}, { wallClock: () => now });
  crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
});

afterAll(() => latchkey.remove());

const selfOf = async (secret: string): Promise<Json> => {
  const answer = await latchkey.call('GET', '/latchkey/v1/self', { secret });
  expect(answer.status).toBe(200);
  return answer.json;
};

describe('§7 GET self', () => {
  it('§7 any valid key may ask, whatever it may do, and is told what it is', async () => {
    const key = await crm.makeKey({ name: 'Mail merge', environment: 'qa', scopes: [] });
    const [{ id, start }] = key.secrets;
    expect(await selfOf(key.secret)).toEqual({
      account: { id: crm.accountId, name: 'Rolling Donut Ltd' },
      key: {
        ...{ id: key.id, name: 'Mail merge', environment: 'qa' },
        ...{ state: 'active', expiresAt: null },
      },
      scopes: [],
      secret: { id, start, state: 'current', endsAt: null, overAgeSince: null },
      ...{ rotation: null, limits: [] },
    });
  });

  it('§7 its scopes, its expiry and the rotation under way, by each of its two secrets', async () => {
    const expiresAt = new Date(now + 86_400_000).toISOString();
    const scopes = ['contacts.read', 'orders.read'];
    const key = await crm.makeKey({ scopes, expiresAt });
    const path = `/v1/accounts/${crm.accountId}/keys/${key.id}/rotations`;
    const rotation = await latchkey.manage('POST', path, { graceSeconds: 60 });
    const { graceEndsAt } = rotation;
    const old = await selfOf(key.secret);
    expect(old).toMatchObject({
      key: { id: key.id, expiresAt },
      secret: { id: rotation.retiring.secretId, state: 'retiring', endsAt: graceEndsAt },
      rotation: { id: rotation.id, graceEndsAt },
    });
    expect(old.scopes.sort()).toEqual(scopes);
    expect(await selfOf(rotation.secret)).toMatchObject({
      key: { id: key.id, expiresAt },
      secret: { id: rotation.replacing.secretId, state: 'current', endsAt: null },
    });
  });

  it('§7 the operator’s key, and a key of an account that is entitled to nothing', async () => {
    expect((await selfOf(latchkey.operatorKey)).scopes).toContain('latchkey.accounts.write');
    const { id } = await latchkey.manage('POST', '/v1/accounts', { name: 'x', entitledScopes: [] });
    const body = { name: 'x', scopes: ['contacts.read', 'latchkey.keys.read'] };
    const key = await latchkey.manage('POST', `/v1/accounts/${id}/keys`, body);
    expect((await selfOf(key.secret)).scopes).toEqual(['latchkey.keys.read']);
  });
});
