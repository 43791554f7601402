import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  expectInvalid,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';

let latchkey: Management;

beforeAll(async () => {
  latchkey = await startManagement();
  await latchkey.addScopes('contacts.read', 'contacts.write');
});

afterAll(() => latchkey.remove());

describe('POST /v1/accounts', () => {
  it('201: the account with its defaults', async () => {
    const answer = await latchkey.ask('POST', '/v1/accounts', {
      secret: latchkey.operatorKey,
      body: { name: 'Rolling Donut Ltd' },
    });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      id: expect.stringMatching(/^acc_[0-9A-Za-z]{20}$/),
      name: 'Rolling Donut Ltd',
      kind: 'production',
      state: 'active',
      isOperator: false,
      allowHapikey: true,
      entitledScopes: null,
      ...{ rateLimits: { rolling: null, daily: null }, timeZone: 'UTC' },
      createdAt: expect.any(String),
    });
    const read = await latchkey.manage('GET', `/v1/accounts/${answer.json.id}`);
    expect(read).toEqual(answer.json);
  });

  it('201: with everything said', async () => {
    const settings = {
      name: 'Sandbox',
      kind: 'sandbox',
      allowHapikey: false,
      entitledScopes: ['contacts.read'],
    };
    expect(await latchkey.manage('POST', '/v1/accounts', settings)).toMatchObject(settings);
  });

  it.each<[what: string, body: unknown, fields: string[]]>([
    ['nothing', undefined, ['name']],
    ['no name', {}, ['name']],
    ['an empty name', { name: '' }, ['name']],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, ['name']],
    ['a name that is no text', { name: 7 }, ['name']],
    ['a name that is null', { name: null }, ['name']],
    ['an unknown kind', { name: 'x', kind: 'operator' }, ['kind']],
    ['allowHapikey as a text', { name: 'x', allowHapikey: 'true' }, ['allowHapikey']],
    ['entitledScopes as a text', { name: 'x', entitledScopes: 'a' }, ['entitledScopes']],
    ['a scope that is unknown', { name: 'x', entitledScopes: ['nope'] }, ['entitledScopes']],
    [
      '#30 a scope twice',
      { name: 'x', entitledScopes: ['contacts.read', 'contacts.read'] },
      ['entitledScopes'],
    ],
    ['#67 an id', { name: 'x', id: 'acc_mine' }, ['id']],
    ['#67 a state', { name: 'x', state: 'active' }, ['state']],
    ['#67 isOperator', { name: 'x', isOperator: true }, ['isOperator']],
    ['#67 several', { name: 'x', role: 'admin', accountId: 'acc_1' }, ['role', 'accountId']],
  ])('400: %s', async (_what, body, fields) => {
    await expectInvalid(latchkey, 'POST', '/v1/accounts', body, fields);
  });

  it('a refused request makes no account', async () => {
    const before = await latchkey.manage('GET', '/v1/accounts?limit=500');
    await expectInvalid(latchkey, 'POST', '/v1/accounts', { name: 'x', id: 'acc_1' }, ['id']);
    expect(await latchkey.manage('GET', '/v1/accounts?limit=500')).toEqual(before);
  });
});

describe('GET /v1/accounts', () => {
  it('pages through every account, oldest first, while accounts are opened', async () => {
    const { results } = await latchkey.manage('GET', '/v1/accounts?limit=500');
    const seen: string[] = [];
    let after = '';
    do {
      const page = await latchkey.manage('GET', `/v1/accounts?limit=2${after}`);
      expect(page.results.length).toBeLessThanOrEqual(2);
      seen.push(...page.results.map((account: { id: string }) => account.id));
      if (seen.length <= 4) await latchkey.openAccount({ name: `arrived ${seen.length}` });
      after = page.paging.next === undefined ? '' : `&after=${page.paging.next.after}`;
    } while (after !== '');
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.slice(0, results.length)).toEqual(results.map(({ id }: { id: string }) => id));
  });

  it('a page that is exactly full has no next', async () => {
    const { results } = await latchkey.manage('GET', '/v1/accounts?limit=500');
    const page = await latchkey.manage('GET', `/v1/accounts?limit=${results.length}`);
    expect([page.results.length, page.paging]).toEqual([results.length, {}]);
  });
});

describe('PATCH /v1/accounts/{id}', () => {
  it('200: changes exactly what is named', async () => {
    const account = await latchkey.openAccount({ entitledScopes: ['contacts.read'] });
    const path = `/v1/accounts/${account.id}`;
    const renamed = await latchkey.manage('PATCH', path, { name: 'New name' });
    expect(renamed).toEqual({ ...account, name: 'New name' });
    const changes = { kind: 'developer', allowHapikey: false, entitledScopes: null };
    expect(await latchkey.manage('PATCH', path, changes)).toEqual({ ...renamed, ...changes });
  });

  it.each<[what: string, body: unknown, fields: string[]]>([
    ['an empty name', { name: '' }, ['name']],
    ['a null name', { name: null }, ['name']],
    ['a null kind', { kind: null }, ['kind']],
    ['a null flag', { allowHapikey: null }, ['allowHapikey']],
    ['a scope that is unknown', { entitledScopes: ['nope'] }, ['entitledScopes']],
    ['#67 a state', { state: 'suspended' }, ['state']],
    ['#67 suspended', { suspended: true }, ['suspended']],
    ['#67 isOperator', { isOperator: true }, ['isOperator']],
    ['#67 an id', { id: 'acc_1' }, ['id']],
    ['#67 a revision', { revision: 1 }, ['revision']],
    ['#67 the allowlist', { ipAllowlist: { mode: 'off', entries: [] } }, ['ipAllowlist']],
  ])('400: %s', async (_what, body, fields) => {
    const account = await latchkey.openAccount();
    await expectInvalid(latchkey, 'PATCH', `/v1/accounts/${account.id}`, body, fields);
    expect(await latchkey.manage('GET', `/v1/accounts/${account.id}`)).toEqual(account);
  });

  it('entitledScopes bounds what its keys can use, from the answer on', async () => {
    const account = await latchkey.openAccount();
    const scopes = ['contacts.read', 'contacts.write', 'latchkey.keys.read'];
    const { secret } = await latchkey.makeKey(account.id, { scopes });
    const scopesNow = async () =>
      (await latchkey.call('GET', '/latchkey/v1/self', { secret })).json.scopes.sort();
    const entitle = (entitledScopes: string[] | null) =>
      latchkey.manage('PATCH', `/v1/accounts/${account.id}`, { entitledScopes });
    expect(await scopesNow()).toEqual(scopes);
    await entitle(['contacts.write']);
    expect(await scopesNow()).toEqual(['contacts.write', 'latchkey.keys.read']);
    // Of the catalogue's other scopes: what manages the account is no part of it.
    await entitle([]);
    expect(await scopesNow()).toEqual(['latchkey.keys.read']);
    await entitle(null);
    expect(await scopesNow()).toEqual(scopes);
  });

  it('#69 touches this account and no other', async () => {
    const [one, other] = [await latchkey.openAccount(), await latchkey.openAccount()];
    await latchkey.manage('PATCH', `/v1/accounts/${one.id}`, { name: 'Only me' });
    expect(await latchkey.manage('GET', `/v1/accounts/${other.id}`)).toEqual(other);
  });
});

describe('POST /v1/accounts/{id}/suspend and resume', () => {
  it('#27 suspending stops every key of the account at once, resuming starts them again', async () => {
    const account = await latchkey.openAccount();
    const keys = [await latchkey.makeKey(account.id), await latchkey.makeKey(account.id)];
    const reasons = (): Promise<unknown[]> =>
      Promise.all(
        keys.map(async ({ secret }) => {
          const answer = await latchkey.call('GET', '/latchkey/v1/self', { secret });
          return answer.json.reason ?? answer.status;
        }),
      );
    expect(await reasons()).toEqual([200, 200]);
    const path = `/v1/accounts/${account.id}`;
    expect(await latchkey.manage('POST', `${path}/suspend`)).toMatchObject({ state: 'suspended' });
    expect(await reasons()).toEqual(['ACCOUNT_SUSPENDED', 'ACCOUNT_SUSPENDED']);
    expect(await latchkey.manage('POST', `${path}/resume`, {})).toEqual(account);
    expect(await reasons()).toEqual([200, 200]);
  });

  it('asking for what already is changes nothing', async () => {
    const account = await latchkey.openAccount();
    const path = `/v1/accounts/${account.id}`;
    const before = await latchkey.manage('GET', `${path}/audit-events`);
    expect(await latchkey.manage('POST', `${path}/resume`)).toEqual(account);
    expect(await latchkey.manage('GET', `${path}/audit-events`)).toEqual(before);
  });

  it("400: the operator's own account cannot be suspended", async () => {
    const path = `/v1/accounts/${latchkey.operatorAccountId}/suspend`;
    await expectInvalid(latchkey, 'POST', path, undefined, ['accountId'], 'path');
  });
});

it.each(['GET', 'PATCH'])('404: %s of an account that is not there', async (method) => {
  const body = method === 'PATCH' ? { name: 'x' } : undefined;
  const path = '/v1/accounts/acc_00000000000000000000';
  const secret = latchkey.operatorKey;
  await expectRefused(latchkey, { method, path, body, secret }, refusals.notFound);
});
