import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Courier } from '../../src/courier/courier.js';
import type { Json } from '../support/latchkey.js';
import { expectDenied, startManagement, type Management } from '../support/management.js';
import { addMember, tokenOf } from '../support/people.js';
import { operatorScopes, tenantScopes } from '../support/tenants.js';

let latchkey: Management;
let count = 0;
let accountId: string;
let account: string;
let keys: string;

beforeAll(async () => {
  latchkey = await startManagement();
  await latchkey.addScopes('contacts.read', 'orders.read');
});

beforeEach(async () => {
  accountId = (await latchkey.openAccount()).id;
  account = `/v1/accounts/${accountId}`;
  keys = `${account}/keys`;
});

afterAll(() => latchkey.remove());

const makeOperatorKey = (scopes: readonly string[]): Promise<Json> =>
  latchkey.makeKey(latchkey.operatorAccountId, { scopes });

describe('§6 who may what', () => {
  it('§6 a key of the operator’s account acts on every account, any other on its own', async () => {
    const scopes = ['latchkey.accounts.read', 'latchkey.keys.read', 'latchkey.keys.write'];
    const operator = await makeOperatorKey(scopes);
    const tenant = await latchkey.makeKey(accountId, { scopes });
    const others = [(await latchkey.openAccount()).id, latchkey.operatorAccountId];
    const says = async (id: string, { secret }: Json): Promise<number[]> => {
      const body = { name: 'x', scopes: [] };
      const path = `/v1/accounts/${id}/keys`;
      const answers = [
        await latchkey.ask('GET', `/v1/accounts/${id}`, { secret }),
        await latchkey.ask('GET', path, { secret }),
        await latchkey.ask('POST', path, { secret, body }),
      ];
      return answers.map(({ status }) => status);
    };
    for (const id of [accountId, ...others]) expect(await says(id, operator)).toEqual([200, 200, 201]);
    expect(await says(accountId, tenant)).toEqual([200, 200, 201]);
    for (const id of others) expect(await says(id, tenant)).toEqual([404, 404, 404]);
  }); // prettier-ignore

  interface Write {
    readonly method: string;
    readonly path: (name: string) => string;
    readonly body?: Json;
    readonly scope: string;
    readonly status: number;
  }
  const settings = { upstream: 'http://127.0.0.1:1', open: false };
  const document = { openapi: '3.0.0', paths: {} };
  /** In an order in which each can be carried out. */
  const writes: Write[] = [
    { method: 'PUT', path: (name) => `/v1/services/${name}`, body: settings, scope: 'latchkey.services.write', status: 201 },
    { method: 'PUT', path: (name) => `/v1/services/${name}/routes`, body: { routes: [] }, scope: 'latchkey.services.write', status: 200 },
    { method: 'PUT', path: (name) => `/v1/services/${name}/openapi`, body: document, scope: 'latchkey.services.write', status: 200 },
    { method: 'PUT', path: (name) => `${account}/services/${name}`, body: {}, scope: 'latchkey.services.write', status: 201 },
    { method: 'DELETE', path: (name) => `${account}/services/${name}`, scope: 'latchkey.services.write', status: 204 },
    { method: 'PUT', path: (name) => `/v1/scopes/${name}`, body: {}, scope: 'latchkey.scopes.write', status: 201 },
    { method: 'DELETE', path: (name) => `/v1/scopes/${name}`, scope: 'latchkey.scopes.write', status: 204 },
    { method: 'POST', path: () => '/v1/accounts', body: { name: 'x' }, scope: 'latchkey.accounts.write', status: 201 },
    { method: 'PATCH', path: () => account, body: { name: 'x' }, scope: 'latchkey.accounts.write', status: 200 },
    { method: 'POST', path: () => `${account}/resume`, scope: 'latchkey.accounts.write', status: 200 },
    { method: 'POST', path: () => `${account}/suspend`, scope: 'latchkey.accounts.write', status: 200 },
  ]; // prettier-ignore

  it('§6 writing services, scopes, bindings and accounts is the operator’s alone', async () => {
    const all = await latchkey.makeKey(accountId, {
      scopes: tenantScopes,
      grantableScopes: tenantScopes,
    });
    const name = `written${(count += 1)}`;
    for (const { method, path, body, scope, status } of writes) {
      const own = body === settings ? { ...body, mount: `/${name}` } : body;
      const request = { method, path: path(name), body: own };
      const row = { keyId: all.id, missingScopes: [scope] };
      await expectDenied(latchkey, { ...request, secret: all.secret }, 'SCOPE_MISSING', row);
      // The operator's, with this scope and no other.
      const { secret } = await makeOperatorKey([scope]);
      const answer = await latchkey.ask(method, request.path, { secret, body: own });
      expect([method, request.path, answer.status]).toEqual([method, request.path, status]);
    }
  });

  it('§6 rotating, suspending and reissuing take latchkey.keys.write, and nothing else', async () => {
    const others = [...tenantScopes, ...operatorScopes].filter((scope) => scope !== 'latchkey.keys.write');
    const writer = await latchkey.makeKey(accountId, { scopes: ['latchkey.keys.write'] });
    const reader = await makeOperatorKey(others);
    const { id } = await latchkey.makeKey(accountId);
    const at = `${keys}/${id}`;
    const ask = async (rest: string, body?: Json): Promise<Json> => {
      const request = { method: 'POST', path: at + rest, body };
      const row = { keyId: reader.id, missingScopes: ['latchkey.keys.write'] };
      await expectDenied(latchkey, { ...request, secret: reader.secret }, 'SCOPE_MISSING', row);
      const answer = await latchkey.ask('POST', request.path, { secret: writer.secret, body });
      expect([rest, answer.status]).toEqual([rest, rest === '/rotations' ? 201 : 200]);
      return answer.json;
    };
    await ask('/reissue');
    for (const ending of ['/finish', '/cancel']) {
      const rotation = `/rotations/${(await ask('/rotations', { graceSeconds: 60 })).id}`;
      await ask(`${rotation}/extend`, { graceEndsAt: new Date(Date.now() + 90_000).toISOString() });
      await ask(`${rotation}/reissue`);
      await ask(rotation + ending);
    }
    for (const rest of ['/suspend', '/resume', '/revoke']) await ask(rest);
  }); // prettier-ignore

  it('§6 the operator hands out everything, any other key what it may hand out', async () => {
    const operator = await makeOperatorKey(['latchkey.keys.write']);
    const other = await latchkey.makeKey(accountId, {
      scopes: ['latchkey.keys.write', 'contacts.read'],
      grantableScopes: ['orders.read'],
    });
    const given = [...tenantScopes, 'contacts.read', 'orders.read'];
    const hand = async ({ secret }: Json, scopes: readonly string[]): Promise<number[]> => {
      const bodies = [{ scopes }, { scopes: [], grantableScopes: scopes }];
      const statuses: number[] = [];
      for (const body of bodies) {
        const answer = await latchkey.ask('POST', keys, { secret, body: { name: 'x', ...body } });
        statuses.push(answer.status);
      }
      return statuses;
    };
    for (const scope of given) {
      expect([scope, await hand(operator, [scope])]).toEqual([scope, [201, 201]]);
      const status = scope === 'orders.read' ? 201 : 403;
      expect([scope, await hand(other, [scope])]).toEqual([scope, [status, status]]);
    }
    expect(await hand(operator, given)).toEqual([201, 201]);
  });
});

describe('§6 an action', () => {
  const makeWebhook = async (): Promise<string> => {
    const url = 'https://hooks.invalid';
    const { id } = await latchkey.manage('POST', `${account}/webhooks`, { url });
    return `${account}/webhooks/${id}`;
  };
  /** What comes before the last part of each action's path, and what has to be so before it. */
  const actions: [action: string, target: () => Promise<string>][] = [
    ['account suspend', async () => account],
    ['account resume', async () => account],
    ...['suspend', 'resume', 'revoke', 'reissue'].map((name): [string, () => Promise<string>] => [
      `key ${name}`,
      async () => `${keys}/${(await latchkey.makeKey(accountId)).id}`,
    ]),
    ...['finish', 'cancel', 'reissue'].map((name): [string, () => Promise<string>] => [
      `rotation ${name}`,
      async () => {
        const rotations = `${keys}/${(await latchkey.makeKey(accountId)).id}/rotations`;
        const { id } = await latchkey.manage('POST', rotations, { graceSeconds: 60 });
        return `${rotations}/${id}`;
      },
    ]),
    ['webhook test', makeWebhook],
    ['webhook rotate-secret', makeWebhook],
    [
      'member end-sessions',
      async () => `${account}/members/${(await addMember(latchkey, accountId, 'admin')).memberId}`,
    ],
    [
      'invitation resend',
      async () => {
        const body = { email: 'aoife@example.com', role: 'auditor' };
        const { id, link } = await latchkey.manage('POST', `${account}/invitations`, body);
        tokenOf(link);
        return `${account}/invitations/${id}`;
      },
    ],
    [
      'delivery retry',
      async () => {
        await latchkey.app.get(Courier).stop();
        const key = await latchkey.makeKey(accountId, { contactEmail: 'owner@example.com' });
        await latchkey.manage('POST', `${keys}/${key.id}/revoke`);
        const { results } = await latchkey.manage('GET', `${account}/notices`);
        return `${account}/notices/${results[0].id}/deliveries/${results[0].deliveries[0].id}`;
      },
    ],
  ];

  it.each(actions)('§6 %s takes an empty body or {}', async (action, target) => {
    for (const body of [undefined, {}]) {
      const path = `${await target()}/${action.split(' ')[1]}`;
      const answer = await latchkey.ask('POST', path, { secret: latchkey.operatorKey, body });
      const { id, ended } = answer.json;
      expect([answer.status, typeof (id ?? ended)]).toEqual([
        ...[200, action === 'member end-sessions' ? 'number' : 'string'],
      ]);
    }
  });

  it('§6 and these are all there are', () => {
    const ofDocument = latchkey.description.operations
      .filter(({ method, template }) => method === 'POST' && /\}\/[a-z-]+$/.test(template))
      .map(({ template }) => template.split('/').at(-1));
    const created = ['keys', 'rotations', 'extend', 'webhooks', 'invitations', 'recovery-link'];
    const named = actions.map(([action]) => action.split(' ')[1]);
    expect(ofDocument.filter((name) => !created.includes(name as string)).sort()).toEqual(named.sort());
  }); // prettier-ignore
});
