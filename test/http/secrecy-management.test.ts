import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { legacySecret, oddHeaders } from '../support/odd-places.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';

// As in secrecy-everywhere.test.ts it is the sweep of every answer, and of the files at the end, that finds what is told or kept.

const encoded = encodeURIComponent;
const upstreamUrl = 'http://127.0.0.1:9';

let latchkey: TestLatchkey;
let crm: Crm;

beforeAll(async () => {
  latchkey = await startTestLatchkey({ OPERATOR_KEY: legacySecret });
  crm = await publishCrm(latchkey, upstreamUrl);
});

afterAll(() => latchkey.remove());

describe('#28 every operation of the management API', () => {
  const secrets: [string, () => Promise<string>][] = [
    ['a secret of ours', async () => (await crm.makeKey()).secret],
    ['the secret of the call itself, brought along', async () => legacySecret],
  ];

  /** A stream has no end that an answer could be looked at by; it takes what the list takes. */
  const isEndless = (template: string) => template.endsWith('/stream');

  /** On what there is of the account and the service, and on nothing for other ids. */
  const placeIn = (template: string) =>
    template.replace(/\{(\w+)\}/g, (_, name: string) => {
      const ids: Record<string, string> = { accountId: crm.accountId, name: 'crm' };
      return ids[name] ?? 'nothing';
    });

  async function operations(): Promise<{ method: string; template: string; operation: Json }[]> {
    const { paths } = (await latchkey.ask('GET', '/openapi.json')).json;
    return Object.entries<Json>(paths)
      .filter(([template]) => !isEndless(template))
      .flatMap(([template, item]) =>
        Object.entries<Json>(item).map(([method, operation]) => ({ method, template, operation })),
      );
  }

  async function send(
    method: string,
    target: string,
    body?: Json,
    headers: HeaderLine[] = [],
  ): Promise<RawAnswer> {
    const text = body === undefined || method === 'get' ? '' : JSON.stringify(body);
    return sendRaw(latchkey.managementUrl, {
      ...{ method: method.toUpperCase(), target, body: text },
      headers: [
        ['Authorization', `Bearer ${legacySecret}`],
        ...headers,
        ...(text === '' ? [] : [['Content-Type', 'application/json'] as const]),
      ],
    });
  }

  it.each(secrets)('in the path and in headers: %s', async (_what, make) => {
    const secret = await make();
    const all = await operations();
    expect(all.length).toBeGreaterThan(30);
    const strange = oddHeaders(secret);
    for (const { method, template } of all) {
      const path = template.replace(/\{\w+\}/g, encoded(secret));
      const answer = await send(method, path, {}, strange);
      if (template.includes('{'))
        expect([template, answer.status >= 400]).toEqual([template, true]);
    }
  });

  it.each(secrets)('in every parameter that it has: %s', async (_what, make) => {
    const secret = await make();
    let sent = 0;
    for (const { method, template, operation } of await operations()) {
      const path = placeIn(template);
      for (const { name, in: place } of operation.parameters ?? []) {
        if (place !== 'query') continue;
        await send(method, `${path}?${name}=${encoded(secret)}`, {});
        sent += 1;
      }
    }
    expect(sent).toBeGreaterThan(20);
  });

  it('in the names of parameters and properties: a secret of ours', async () => {
    const { secret } = await crm.makeKey();
    await expectRefusedAsName(secret);
  });

  it.each([
    ['', ''],
    ['x'.repeat(70), 'y'.repeat(70)],
  ])(
    'in the names of parameters and properties, between %j and %j: the secret of the call itself',
    async (before, after) => expectRefusedAsName(before + legacySecret + after),
  );

  it('in a name that is cut: a secret of ours', async () => {
    const { secret } = await crm.makeKey();
    await expectRefusedAsName(`${'x'.repeat(70)}_${secret}`);
  });

  it.each(secrets)('in a text that would be kept: %s', async (_what, make) => {
    const secret = await make();
    const own = `/v1/accounts/${crm.accountId}`;
    const key = { name: 'k', scopes: [] };
    const service = { upstream: upstreamUrl, mount: '/s' };
    const note = { mode: 'off', entries: [{ cidr: '203.0.113.0/24', note: secret }] };
    const texts: [string, string, Json][] = [
      ['post', '/v1/accounts', { name: secret }],
      ['patch', own, { name: secret }],
      ['post', `${own}/keys`, { ...key, name: secret }],
      ['post', `${own}/keys`, { ...key, description: `It is ${secret}.` }],
      ['post', `${own}/keys`, { ...key, purpose: secret }],
      ['post', `${own}/keys`, { ...key, ipAllowlist: note }],
      ['put', `${own}/ip-allowlist`, note],
      ['put', '/v1/scopes/of.a.secret', { description: secret }],
      ['put', '/v1/scopes/of.a.secret', { dataCategories: [secret] }],
      ['put', `/v1/scopes/${encoded(secret)}`, {}],
      ['put', '/v1/services/s', { ...service, mount: `/${encoded(secret)}` }],
      [
        'put',
        '/v1/services/s',
        { ...service, upstream: `http://u:${encoded(secret)}@127.0.0.1:9` },
      ],
      ['put', '/v1/services/s', { ...service, upstream: `${upstreamUrl}/${encoded(secret)}` }],
    ];
    const taken: string[] = [];
    for (const [method, path, body] of texts) {
      const answer = await send(method, path, body);
      if (answer.json.reason !== 'VALIDATION_FAILED')
        taken.push(`${method} ${Object.keys(body).join()}: ${answer.status}`);
    }
    expect(taken).toEqual([]);
  });

  it.each<[string, () => Promise<string>, Json]>([
    [
      'a secret of ours is masked',
      async () => (await crm.makeKey()).secret,
      { description: 'It is ***.' },
    ],
    ['the secret of the call itself is refused', async () => legacySecret, undefined],
  ])('in a document that is imported: %s', async (_what, make, expected) => {
    const name = expected === undefined ? 'of.none' : 'of.an.import';
    const scopes = { [name]: `It is ${await make()}.` };
    const oauth2 = { type: 'oauth2', flows: { implicit: { scopes } } };
    const answer = await send('put', '/v1/services/crm/openapi', {
      ...{ openapi: '3.0.0', info: { title: 't', version: '1' }, paths: {} },
      components: { securitySchemes: { oauth2 } },
    });
    expect(answer.json.reason).toBe(expected === undefined ? 'VALIDATION_FAILED' : undefined);
    const { results } = await latchkey.manage('GET', '/v1/scopes');
    const found = results.find((scope: Json) => scope.name === name);
    expect(found).toEqual(expected && expect.objectContaining(expected));
  });

  it('but it may be sealed as an upstream credential, which is never shown', async () => {
    const credential = { in: 'header', name: 'X-Upstream-Key', value: legacySecret };
    const body = { upstream: upstreamUrl, mount: '/sealed', credential };
    expect((await send('put', '/v1/services/sealed', body)).status).toBe(201);
  });

  async function expectRefusedAsName(name: string): Promise<void> {
    for (const { method, template } of await operations()) {
      const path = placeIn(template);
      await send(method, `${path}?${encoded(name)}=1`, {});
      await send(method, path, { [name]: 1, nested: { [name]: [{ [name]: 1 }] } });
    }
    const answer = await send('post', '/v1/accounts', { name: 'a', [name]: 1 });
    expect(answer.json.reason).toBe('VALIDATION_FAILED');
  }
});
