import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startHttpServer } from '../support/http-server.js';
import type { Json } from '../support/latchkey.js';
import {
  expectInvalid,
  refusals,
  expectRefused,
  startManagement,
  type Management,
} from '../support/management.js';
import { until } from '../support/until.js';
import {
  doesVerify,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.js';

let latchkey: Management;
let receiver: WebhookReceiver;
let other: WebhookReceiver;
let webhooks: string;
let accountId: string;

/** Where the tests' names lead. */
const hosts: Record<string, string[]> = {
  'loopback.test': ['127.0.0.1'],
  'loopback6.test': ['::1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'metadata.test': ['169.254.169.254'],
  'private.test': ['10.0.0.1', '192.168.0.1'],
  'allowed.test': ['127.0.0.1'],
};

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  other = await startWebhookReceiver();
  latchkey = await startManagement(
    { WEBHOOK_ALLOWED_RANGES: '127.0.0.1' },
    { courier: { retryDelaysMs: [20, 20, 20, 20] } },
  );
});

afterAll(async () => {
  await latchkey.remove();
  await receiver.close();
  await other.close();
});

beforeEach(async () => {
  accountId = (await latchkey.openAccount()).id;
  webhooks = `/v1/accounts/${accountId}/webhooks`;
  receiver.received.splice(0);
  receiver.secrets = [];
  receiver.answer = () => 204;
});

async function setUp(settings: Json = {}): Promise<Json> {
  const webhook = await latchkey.manage('POST', webhooks, { url: receiver.url, ...settings });
  receiver.secrets.push(webhook.secret);
  return webhook;
}

const noticesOf = async (): Promise<Json[]> =>
  (await latchkey.manage('GET', `/v1/accounts/${accountId}/notices`)).results;

/** The one delivery of an account's one notice, once it is as it stays. */
async function settled(): Promise<Json> {
  let delivery: Json;
  await until('the outcome of the delivery', async () => {
    const [notice] = await noticesOf();
    delivery = notice?.deliveries[0];
    return delivery !== undefined && delivery.state !== 'pending';
  });
  const [{ id }] = await noticesOf();
  return (await latchkey.manage('GET', `/v1/accounts/${accountId}/notices/${id}`)).deliveries[0];
}

describe('a webhook', () => {
  it('is created with a secret that is shown once, and read, changed and deleted', async () => {
    const created = await setUp({ kinds: ['key.revoked'] });
    const { secret, ...shown } = created;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(shown).toEqual({
      ...{ id: created.id, accountId, url: `${receiver.url}/`, kinds: ['key.revoked'] },
      ...{ enabled: true, previousSecretSignsUntil: null, createdAt: created.createdAt },
    });
    const path = `${webhooks}/${created.id}`;
    expect(await latchkey.manage('GET', path)).toEqual(shown);
    expect((await latchkey.manage('GET', webhooks)).results).toEqual([shown]);
    const changed = await latchkey.manage('PATCH', path, { kinds: null, enabled: false });
    expect(changed).toEqual({ ...shown, kinds: null, enabled: false });
    const asOperator = { secret: latchkey.operatorKey };
    const stale = { ...asOperator, headers: { 'if-match': '"1"' } };
    expect((await latchkey.ask('PATCH', path, { ...stale, body: {} })).status).toBe(412);
    expect((await latchkey.ask('DELETE', path, stale)).status).toBe(412);
    const { headers } = await latchkey.ask('GET', path, asOperator);
    const fresh = { ...asOperator, headers: { 'if-match': headers.get('etag') ?? '' } };
    expect((await latchkey.ask('DELETE', path, fresh)).status).toBe(204);
    await expectRefused(latchkey, { method: 'GET', path, ...asOperator }, refusals.notFound);
  });

  it.each([
    ['no URL', {}, ['url']],
    ['a URL that is none', { url: 'x' }, ['url']],
    ['http to a public address', { url: 'http://8.8.8.8' }, ['url']],
    ['a private address', { url: 'https://10.0.0.1' }, ['url']],
    ['another loopback', { url: 'http://127.0.0.2' }, ['url']],
    ['a mapped one', { url: 'https://[::ffff:10.0.0.1]' }, ['url']],
    ['a password', { url: 'https://me:pw@example.com' }, ['url']],
    ['an unknown kind', { url: 'https://example.com', kinds: ['x'] }, ['kinds']],
    [
      'a kind twice',
      { url: 'https://example.com', kinds: ['key.revoked', 'key.revoked'] },
      ['kinds'],
    ],
    ['something else', { url: 'https://example.com', secret: 'x' }, ['secret']],
  ])('is refused with %s', async (_what, body, fields) => {
    await expectInvalid(latchkey, 'POST', webhooks, body, fields);
  });

  it('is one of twenty at most', async () => {
    for (let i = 0; i < 20; i += 1)
      await latchkey.manage('POST', webhooks, { url: 'https://example.com', enabled: false });
    const request = { method: 'POST', path: webhooks, body: { url: 'https://example.com' } };
    await expectRefused(
      latchkey,
      { ...request, secret: latchkey.operatorKey },
      refusals.conflict('TOO_MANY_WEBHOOKS'),
    );
  });
});

describe('a notice', () => {
  it('reaches the receiver, which verifies it, and is on record with its delivery log', async () => {
    await setUp();
    const key = await latchkey.makeKey(accountId, { name: 'Mail "merge" <b>' });
    await latchkey.manage('POST', `/v1/accounts/${accountId}/keys/${key.id}/suspend`);
    const delivery = await settled();
    expect(receiver.received).toHaveLength(1);
    const [{ id, json, headers }] = receiver.received as [Json];
    const [notice] = await noticesOf();
    const data = { keyId: key.id, keyName: 'Mail "merge" <b>', environment: 'production' };
    expect(json).toEqual({
      type: 'key.suspended',
      timestamp: notice.createdAt,
      data: { accountId, ...data },
    });
    expect([headers['content-type'], headers['user-agent']]).toEqual([
      'application/json',
      'Latchkey',
    ]);
    expect(notice).toMatchObject({ id, accountId, kind: 'key.suspended', keyId: key.id, data });
    expect(delivery).toMatchObject({ channel: 'webhook', state: 'delivered', attempts: 1 });
    expect(delivery.log).toMatchObject([{ outcome: 'delivered', code: 204, error: null }]);
  });

  it('of each step of a rotation and of a key, to those who want its kind', async () => {
    const only = await latchkey.manage('POST', webhooks, {
      url: other.url,
      kinds: ['key.revoked'],
    });
    other.secrets.push(only.secret);
    await setUp();
    const keys = `/v1/accounts/${accountId}/keys`;
    const key = await latchkey.makeKey(accountId);
    const rotations = `${keys}/${key.id}/rotations`;
    const open = () => latchkey.manage('POST', rotations, { graceSeconds: 3600 });
    const first = await open();
    const graceEndsAt = new Date(Date.now() + 7_200_000).toISOString();
    await latchkey.manage('POST', `${rotations}/${first.id}/extend`, { graceEndsAt });
    await latchkey.manage('POST', `${rotations}/${first.id}/finish`);
    const second = await open();
    await latchkey.manage('POST', `${rotations}/${second.id}/cancel`, {});
    for (const action of ['suspend', 'resume', 'revoke', 'revoke'])
      await latchkey.manage('POST', `${keys}/${key.id}/${action}`);
    const kinds = [
      ...['key.revoked', 'key.suspended', 'rotation.cancelled', 'rotation.extended'],
      ...['rotation.finished', 'rotation.opened', 'rotation.opened'],
    ];
    await until('all of them', () => receiver.received.length >= kinds.length);
    await until('the one', () => other.received.length > 0);
    expect(receiver.received.map(({ json }) => json.type).sort()).toEqual(kinds);
    expect(new Set(receiver.accepted()).size).toBe(kinds.length);
    expect(other.received.map(({ json }) => json.type)).toEqual(['key.revoked']);
    const extended = receiver.received.find(({ json }) => json.type === 'rotation.extended');
    expect(extended?.json.data).toMatchObject({ rotationId: first.id, graceEndsAt });
    expect((await noticesOf()).map(({ kind }) => kind).sort()).toEqual(kinds);
  });

  it('that a receiver fails to take is sent again, signed alike under one id, until it is taken once', async () => {
    await setUp();
    receiver.answer = (count) => [500, 302, 429][count - 1] ?? 200;
    const key = await latchkey.makeKey(accountId);
    await latchkey.manage('POST', `/v1/accounts/${accountId}/keys/${key.id}/revoke`);
    const delivery = await settled();
    const { received } = receiver;
    expect(received.map(({ answered }) => answered)).toEqual([500, 302, 429, 200]);
    expect(new Set(received.map(({ id }) => id)).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(new Set(received.map(({ path }) => path))).toEqual(new Set(['/']));
    expect(delivery.log.map(({ error }: Json) => error)).toEqual([
      ...['answered 500', 'answered 302', 'answered 429', null],
    ]);
    expect([delivery.state, delivery.attempts]).toEqual(['delivered', 4]);
  });

  it('is given up in the end, and sent all the same once somebody asks for it', async () => {
    await setUp();
    receiver.answer = () => 503;
    const key = await latchkey.makeKey(accountId);
    await latchkey.manage('POST', `/v1/accounts/${accountId}/keys/${key.id}/revoke`);
    const given = await settled();
    expect([given.state, given.attempts, given.log.length]).toEqual(['given_up', 5, 5]);
    receiver.answer = () => 204;
    const [{ id }] = await noticesOf();
    const path = `/v1/accounts/${accountId}/notices/${id}/deliveries/${given.id}/retry`;
    expect(await latchkey.manage('POST', path)).toMatchObject({ state: 'pending', attempts: 0 });
    const delivered = await settled();
    expect([delivered.state, delivered.attempts, delivered.log.length]).toEqual([
      'delivered',
      1,
      6,
    ]);
    const again = { method: 'POST', path, secret: latchkey.operatorKey };
    await expectRefused(latchkey, again, refusals.conflict('NOTICE_DELIVERED'));
  });

  it('to one that says it is gone is given up at once', async () => {
    await setUp();
    receiver.answer = () => 410;
    const key = await latchkey.makeKey(accountId);
    await latchkey.manage('POST', `/v1/accounts/${accountId}/keys/${key.id}/revoke`);
    expect(await settled()).toMatchObject({ state: 'given_up', attempts: 1 });
  });

  it('is not sent to one that was deleted or switched off since, and none is made for one that is off', async () => {
    const webhook = await setUp();
    receiver.answer = async () => {
      await latchkey.manage('PATCH', `${webhooks}/${webhook.id}`, { enabled: false });
      return 500;
    };
    const key = await latchkey.makeKey(accountId);
    await latchkey.manage('POST', `/v1/accounts/${accountId}/keys/${key.id}/suspend`);
    const off = await settled();
    expect([off.state, off.log.at(-1).error]).toEqual(['given_up', 'the webhook is switched off']);
    await latchkey.manage('POST', `/v1/accounts/${accountId}/keys/${key.id}/revoke`);
    const [newest] = await noticesOf();
    expect([newest.kind, newest.deliveries]).toEqual(['key.revoked', []]);
  });
});

describe('the test of a webhook', () => {
  it('sends to it alone, whatever kinds it wants', async () => {
    await latchkey.manage('POST', webhooks, { url: `${receiver.url}/other` });
    const { id } = await setUp({ kinds: ['key.revoked'] });
    const { id: noticeId } = await latchkey.manage('POST', `${webhooks}/${id}/test`);
    await settled();
    expect(receiver.received).toMatchObject([
      { id: noticeId, path: '/', json: { type: 'webhook.test', data: { webhookId: id } } },
    ]);
  });

  it('is refused for one that is switched off', async () => {
    const { id } = await setUp({ enabled: false });
    const request = {
      method: 'POST',
      path: `${webhooks}/${id}/test`,
      secret: latchkey.operatorKey,
    };
    await expectRefused(latchkey, request, refusals.conflict('WEBHOOK_DISABLED'));
  });
});

describe('a new secret of a webhook', () => {
  it('signs beside the one before', async () => {
    const { id, secret: old } = await setUp();
    const rotated = await latchkey.manage('POST', `${webhooks}/${id}/rotate-secret`);
    expect(rotated.secret).not.toBe(old);
    const inHours = (Date.parse(rotated.previousSecretSignsUntil) - Date.now()) / 3_600_000;
    expect([inHours > 23.9, inHours <= 24]).toEqual([true, true]);
    await latchkey.manage('POST', `${webhooks}/${id}/test`);
    await settled();
    const [{ body, headers }] = receiver.received as [Json];
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    expect([doesVerify(old, body, headers), doesVerify(rotated.secret, body, headers)]).toEqual([
      ...[true, true],
    ]);
  });

  it('and everything sealed survives a change of the sealing key', async () => {
    const { id, secret: old } = await setUp();
    const { secret } = await latchkey.manage('POST', `${webhooks}/${id}/rotate-secret`);
    const { resealed } = await latchkey.manage('POST', '/v1/sealing-key/rotate');
    expect(resealed).toBeGreaterThanOrEqual(2);
    await latchkey.manage('POST', `${webhooks}/${id}/test`);
    await settled();
    const [{ body, headers }] = receiver.received as [Json];
    expect([doesVerify(old, body, headers), doesVerify(secret, body, headers)]).toEqual([
      true,
      true,
    ]);
  });
});

describe('where a webhook leads is judged at each connection', () => {
  let guarded: Management;

  beforeAll(async () => {
    guarded = await startManagement(
      { WEBHOOK_ALLOWED_RANGES: '127.0.0.1' },
      {
        courier: {
          retryDelaysMs: [],
          resolve: async (host) => {
            if (host === 'hanging.test') await new Promise(() => {});
            const addresses = hosts[host];
            if (addresses === undefined) throw new Error('ENOTFOUND');
            return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
          },
        },
      },
    );
  });

  afterAll(() => guarded.remove());

  async function outcomeOf(url: string): Promise<Json> {
    const { id: account } = await guarded.openAccount();
    const at = `/v1/accounts/${account}`;
    const { id, secret } = await guarded.manage('POST', `${at}/webhooks`, { url });
    receiver.secrets = [secret];
    const { id: noticeId } = await guarded.manage('POST', `${at}/webhooks/${id}/test`);
    let delivery: Json;
    await until('the outcome', async () => {
      delivery = (await guarded.manage('GET', `${at}/notices/${noticeId}`)).deliveries[0];
      return delivery.state !== 'pending';
    });
    return delivery.log[0];
  }

  const port = () => new URL(receiver.url).port;

  it.each([
    ['::1', 'https://loopback6.test'],
    ['169.254.169.254', 'https://metadata.test'],
    ['private addresses', 'https://private.test'],
    ['169.254.169.254, by http', 'http://metadata.test'],
  ])('a name that leads to %s is refused by policy', async (_what, url) => {
    expect(await outcomeOf(`${url}:${port()}/`)).toMatchObject({
      code: null,
      error: 'refused by policy',
    });
    expect(receiver.received).toEqual([]);
  });

  it('a name that leads to nothing, or to where nobody listens, is not reachable', async () => {
    for (const url of ['https://nowhere.test', 'http://127.0.0.1:1', `https://127.0.0.1:${port()}`])
      expect(await outcomeOf(url)).toMatchObject({ code: null, error: 'not reachable' });
  });

  it('whoever keeps it waiting, for an address or for an answer, is given up after ten seconds', async () => {
    const silent = await startHttpServer(() => {});
    const began = performance.now();
    const outcomes = await Promise.all([
      outcomeOf(silent.url),
      outcomeOf(`http://hanging.test:${port()}/`),
    ]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ outcome: 'failed', code: null, error: 'not reachable' });
    expect(performance.now() - began).toBeGreaterThan(9_000);
    await silent.close();
  }, 30_000);

  it('an answer without end is read no further than a little', async () => {
    const endless = await startHttpServer((request, response) => {
      request.resume();
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      more();
    });
    const outcome = await outcomeOf(endless.url);
    expect(outcome).toMatchObject({ outcome: 'delivered', code: 200 });
    expect(outcome.durationMs).toBeLessThan(5_000);
    await endless.close();
  });

  it('a name that leads where the operator allows it is connected to, however it is said', async () => {
    for (const host of ['allowed.test', 'mapped.test'])
      expect(await outcomeOf(`http://${host}:${port()}/${host}`)).toMatchObject({ code: 204 });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/allowed.test', '/mapped.test']);
  });
});

describe('without any range that is allowed', () => {
  it.each(['loopback.test', 'mapped.test', 'loopback6.test'])(
    '%s is refused by policy, though somebody listens there',
    async (host) => {
      const strict = await startManagement(
        {},
        {
          courier: {
            retryDelaysMs: [],
            resolve: async (name) =>
              (hosts[name] ?? []).map((address) => ({
                address,
                family: address.includes(':') ? 6 : 4,
              })),
          },
        },
      );
      try {
        const at = `/v1/accounts/${strict.operatorAccountId}`;
        const url = `https://${host}:${new URL(receiver.url).port}/`;
        const { id } = await strict.manage('POST', `${at}/webhooks`, { url });
        const { id: noticeId } = await strict.manage('POST', `${at}/webhooks/${id}/test`);
        let delivery: Json;
        await until('the outcome', async () => {
          delivery = (await strict.manage('GET', `${at}/notices/${noticeId}`)).deliveries[0];
          return delivery.state !== 'pending';
        });
        expect(delivery.log).toMatchObject([{ code: null, error: 'refused by policy' }]);
      } finally {
        await strict.remove();
      }
    },
  );
});
