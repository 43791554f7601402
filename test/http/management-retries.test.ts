import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer, AskOptions, Json } from '../support/latchkey.js';
import {
  expectDenied,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';

const day = 24 * 3_600_000;

let latchkey: Management;
let now = Date.UTC(2030, 0, 1);
let accountId: string;
let keys: string;

beforeAll(async () => {
  latchkey = await startManagement({}, { wallClock: () => now });
  await latchkey.addScopes('contacts.read');
  accountId = (await latchkey.openAccount()).id;
  keys = `/v1/accounts/${accountId}/keys`;
});

afterAll(() => latchkey.remove());

const ask = (method: string, path: string, body?: unknown, headers: AskOptions['headers'] = {}) =>
  latchkey.ask(method, path, { secret: latchkey.operatorKey, body, headers });

/** What a POST makes, and where: a path of its own for each test, and a body. */
const creations: [
  what: string,
  prepare: () => Promise<{ path: string; body: Json; list: string }>,
][] = [
  ['an account', async () => ({ path: '/v1/accounts', body: { name: 'x' }, list: '/v1/accounts' })],
  ['a key', async () => ({ path: keys, body: { name: 'x', scopes: [] }, list: keys })],
  [
    'a rotation',
    async () => {
      const key = await latchkey.makeKey(accountId);
      const path = `${keys}/${key.id}/rotations`;
      return { path, body: { graceSeconds: 60 }, list: `${keys}/${key.id}` };
    },
  ],
];

let count = 0;
const post = (path: string, body: unknown, key: string): Promise<Answer> =>
  ask('POST', path, body, { 'idempotency-key': key });
const newKey = (): string => `retry-${(count += 1)}`;

describe.each(creations)('#49 Idempotency-Key: a POST that makes %s', (_what, prepare) => {
  it('is carried out once: the retry answers with the same object, without its secret', async () => {
    const { path, body, list } = await prepare();
    const key = newKey();
    const { secret, ...made } = (await post(path, body, key)).json;
    const before = await latchkey.manage('GET', list);
    now += 1000;
    const retry = await post(path, body, key);
    expect([retry.status, retry.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(retry.json).toEqual(made);
    if (secret !== undefined) expect(retry.text).not.toContain(secret);
    expect(await latchkey.manage('GET', list)).toEqual(before);
  });

  it('422 with another body; the order of its members does not count', async () => {
    const { path, body } = await prepare();
    const key = newKey();
    await post(path, { ...body, ...(body.name && { description: undefined }) }, key);
    const turned = Object.fromEntries(Object.entries(body).toReversed());
    expect((await post(path, turned, key)).status).toBe(201);
    const other = body.name ? { ...body, name: 'y' } : { graceSeconds: 61 };
    const answer = await post(path, other, key);
    expect([answer.status, answer.json.reason]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  });

  it('of several at once, one makes it and the others are 409 or its replay', async () => {
    const { path, body } = await prepare();
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(path, body, key)));
    const made = answers.filter(
      ({ status, headers }) => status === 201 && !headers.has('idempotency-replayed'),
    );
    expect(made).toHaveLength(1);
    for (const { status, json } of answers) {
      expect([201, 409]).toContain(status);
      if (status === 201) expect(json.id).toBe(made[0]?.json.id);
    }
  });

  it('a request that was refused is not remembered', async () => {
    const { path, body } = await prepare();
    const key = newKey();
    expect((await post(path, { ...body, nothing: 1 }, key)).status).toBe(400);
    const answer = await post(path, body, key);
    expect([answer.status, answer.headers.has('idempotency-replayed')]).toEqual([201, false]);
  });
});

describe('#49 Idempotency-Key', () => {
  const body = { name: 'x', scopes: [] };
  const idsOf = async (...answers: Promise<Answer>[]): Promise<Set<string>> =>
    new Set((await Promise.all(answers)).map(({ json }) => json.id));

  it('counts per path and per caller', async () => {
    const key = newKey();
    const other = await latchkey.openAccount();
    const caller = await latchkey.makeKey(accountId, { scopes: ['latchkey.keys.write'] });
    const headers = { 'idempotency-key': key };
    const ids = await idsOf(
      post(keys, body, key),
      post(`/v1/accounts/${other.id}/keys`, body, key),
      latchkey.ask('POST', keys, { secret: caller.secret, body, headers }),
    );
    expect(ids.size).toBe(3);
  });

  it('is remembered for 24 hours', async () => {
    const key = newKey();
    const first = await idsOf(post(keys, body, key));
    now += day;
    expect(await idsOf(post(keys, body, key))).toEqual(first);
    now += 1;
    expect(await idsOf(post(keys, body, key))).not.toEqual(first);
  });

  it.each([' ', 'a b', 'x'.repeat(256), 'é'])('400: %p', async (key) => {
    const answer = await post(keys, body, key);
    expect([answer.status, answer.json.errors[0].context.field]).toEqual([400, 'Idempotency-Key']);
  });

  it('a retry cannot be had with another key’s secret, nor by a key that lost its scope', async () => {
    const scopes = ['latchkey.keys.write'];
    const caller = await latchkey.makeKey(accountId, { scopes });
    const request = { method: 'POST', path: keys, body, secret: caller.secret };
    const headers = { 'idempotency-key': newKey() };
    await latchkey.ask('POST', keys, { ...request, headers });
    await latchkey.manage('PATCH', `${keys}/${caller.id}`, { scopes: [] });
    await expectDenied(latchkey, { ...request, headers }, 'SCOPE_MISSING', { keyId: caller.id });
  });
});

describe('#99 ETag and If-Match', () => {
  const routed = { method: 'GET', path: '/a', scopeSets: [] };
  const targets: [
    what: string,
    prepare: () => Promise<{ path: string; method: string; body: Json }>,
  ][] = [
    [
      'an account',
      async () => {
        const { id } = await latchkey.openAccount();
        return { path: `/v1/accounts/${id}`, method: 'PATCH', body: { name: 'New' } };
      },
    ],
    [
      'a key',
      async () => {
        const { id } = await latchkey.makeKey(accountId);
        return { path: `${keys}/${id}`, method: 'PATCH', body: { name: 'New' } };
      },
    ],
    [
      'an allowlist of a key',
      async () => {
        const { id } = await latchkey.makeKey(accountId);
        const body = { mode: 'report', entries: [] };
        return { path: `${keys}/${id}/ip-allowlist`, method: 'PUT', body };
      },
    ],
    [
      'an allowlist of an account',
      async () => {
        const { id } = await latchkey.openAccount();
        const body = { mode: 'report', entries: [] };
        return { path: `/v1/accounts/${id}/ip-allowlist`, method: 'PUT', body };
      },
    ],
    [
      'the routes of a service',
      async () => {
        const name = `s${(count += 1)}`;
        const settings = { upstream: 'http://127.0.0.1:1', mount: `/${name}` };
        await latchkey.manage('PUT', `/v1/services/${name}`, settings);
        return { path: `/v1/services/${name}/routes`, method: 'PUT', body: { routes: [routed] } };
      },
    ],
  ];

  it.each(targets)('%s: written with its tag, 412 with a stale one', async (_what, prepare) => {
    const { path, method, body } = await prepare();
    const read = await ask('GET', path);
    const tag = read.headers.get('etag') as string;
    expect(tag).toMatch(/^"\d+"$/);
    const refused = { status: 412, reason: 'PRECONDITION_FAILED', category: 'CONFLICT' };
    for (const stale of ['"0"', tag.replaceAll('"', ''), `W/${tag}`, '']) {
      const headers = { 'if-match': stale };
      const request = { method, path, secret: latchkey.operatorKey, headers, body };
      await expectRefused(latchkey, request, refused);
    }
    expect((await ask('GET', path)).text).toBe(read.text);
    const written = await ask(method, path, body, { 'if-match': `"0", ${tag}` });
    expect(written.status).toBe(200);
    expect(written.headers.get('etag')).not.toBe(tag);
    expect((await ask('GET', path)).headers.get('etag')).toBe(written.headers.get('etag'));
    const headers = { 'if-match': tag };
    const request = { method, path, secret: latchkey.operatorKey, headers, body };
    await expectRefused(latchkey, request, refused);
    expect((await ask(method, path, body, { 'if-match': '*' })).status).toBe(200);
  });

  it('the tag of a key moves with whatever changes the key', async () => {
    const key = await latchkey.makeKey(accountId, { scopes: ['contacts.read'] });
    const path = `${keys}/${key.id}`;
    const tags = [(await ask('GET', path)).headers.get('etag')];
    const changes: [string, string, Json?][] = [
      ['POST', '/suspend'],
      ['POST', '/resume'],
      ['PUT', '/ip-allowlist', { mode: 'off', entries: [] }],
      ['POST', '/reissue'],
      ['POST', '/rotations', { graceSeconds: 60 }],
      ['PATCH', '', { scopes: [] }],
      ['POST', '/revoke'],
    ];
    for (const [method, rest, body] of changes) {
      await latchkey.manage(method, path + rest, body);
      tags.push((await ask('GET', path)).headers.get('etag'));
    }
    expect(new Set(tags).size).toBe(changes.length + 1);
    const request = { method: 'PATCH', path, secret: latchkey.operatorKey, body: { name: 'x' } };
    await expectRefused(latchkey, request, refusals.conflict('KEY_REVOKED'));
  });
});
