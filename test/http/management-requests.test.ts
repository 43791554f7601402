import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { cpuMs } from '../support/cpu-time.js';
import type { Answer, Json } from '../support/latchkey.js';
import {
  expectDenied,
  expectInvalid,
  startManagement,
  type Management,
} from '../support/management.js';
import { sendRaw } from '../support/raw-http.js';

let latchkey: Management;
let keys: string;
let service: string;

beforeAll(async () => {
  latchkey = await startManagement();
  const account = await latchkey.openAccount();
  keys = `/v1/accounts/${account.id}/keys`;
  service = '/v1/services/crm';
  await latchkey.manage('PUT', service, { upstream: 'http://127.0.0.1:1', mount: '/crm' });
});

afterAll(() => latchkey.remove());

const json = { 'content-type': 'application/json' };

const send = (
  method: string,
  path: string,
  body: string | undefined,
  headers: Record<string, string> = json,
): Promise<Answer> => latchkey.ask(method, path, { secret: latchkey.operatorKey, headers, body });

const body = '{"name":"x","scopes":[]}';

describe('#71 the type of a body', () => {
  it.each([
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/octet-stream',
    'application/yaml',
    'application/jsonx',
    'json',
    '*/*',
    'nonsense',
    'application/json, text/plain',
  ])('%s → 415', async (type) => {
    const answer = await send('POST', keys, body, { 'content-type': type });
    expect([answer.status, answer.json.reason]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it('none at all → 415', async () => {
    const headers = [['Authorization', `Bearer ${latchkey.operatorKey}`]] as const;
    const request = { method: 'POST', target: keys, headers, body };
    const answer = await sendRaw(latchkey.managementUrl, request);
    expect([answer.status, answer.json.reason]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'APPLICATION/JSON',
  ])('%s → 201', async (type) => {
    expect((await send('POST', keys, body, { 'content-type': type })).status).toBe(201);
  });

  it('415 comes after the key is judged', async () => {
    const request = { method: 'POST', path: keys, body, headers: { 'content-type': 'text/plain' } };
    await expectDenied(latchkey, request, 'CREDENTIALS_MISSING', { keyId: null });
  });

  it('a compressed body is not read as JSON', async () => {
    const zipped = gzipSync(body).toString('latin1');
    const headers = { ...json, 'content-encoding': 'gzip' };
    expect((await send('POST', keys, zipped, headers)).status).toBe(400);
  });
});

describe('a body that is not well-formed', () => {
  it.each([
    ['a brace short', '{"name":"x","scopes":[]'],
    ['a comma too many', '{"name":"x","scopes":[],}'],
    ['single quotes', "{'name':'x'}"],
    ['a comment', '{"name":"x"/*,*/}'],
    ['two bodies', '{}{}'],
    ['NaN', '{"name":NaN}'],
    ['a raw line end in a text', '{"name":"a\nb"}'],
    ['white space alone', '  '],
    ['#19 __proto__', '{"name":"x","scopes":[],"__proto__":{"isOperator":true}}'],
    ['#19 __proto__ by an escape', '{"name":"x","scopes":[],"\\u005f_proto__":{"a":1}}'],
    ['constructor.prototype', '{"name":"x","scopes":[],"constructor":{"prototype":{"a":1}}}'],
  ])('%s → 400 REQUEST_MALFORMED', async (_what, text) => {
    const answer = await send('POST', keys, text);
    expect([answer.status, answer.json.reason]).toEqual([400, 'REQUEST_MALFORMED']);
    expect(({} as Json).isOperator).toBeUndefined();
  });

  it.each(['null', '[]', '[{"name":"x"}]', '"x"', '7', 'true'])(
    '%s is no object → 400 VALIDATION_FAILED',
    async (text) => {
      for (const path of [keys, `${keys}/nope/suspend`]) {
        const answer = await send('POST', path, text);
        expect([answer.status, answer.json.reason]).toEqual([400, 'VALIDATION_FAILED']);
      }
    },
  );

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'])(
    '#67 %s is a property like others, which is not there → 400',
    async (name) => {
      await expectInvalid(latchkey, 'POST', keys, { name: 'x', scopes: [], [name]: 1 }, [name]);
      const query = `/v1/accounts?${name}=1`;
      await expectInvalid(latchkey, 'GET', query, undefined, [name], 'query');
    },
  );
});

describe('an action', () => {
  const actions = ['suspend', 'resume', 'revoke'];

  it.each<[what: string, text: string | undefined, headers: Record<string, string>]>([
    ['no body and no type', undefined, {}],
    ['no body, and the type of one', undefined, json],
    ['{}', '{}', json],
  ])('takes %s', async (_what, text, headers) => {
    const key = await latchkey.manage('POST', keys, { name: 'x', scopes: [] });
    for (const action of actions) {
      const answer = await send('POST', `${keys}/${key.id}/${action}`, text, headers);
      expect(answer.status).toBe(200);
    }
  });

  it('refuses a body that says something', async () => {
    const key = await latchkey.manage('POST', keys, { name: 'x', scopes: [] });
    for (const action of actions) {
      const path = `${keys}/${key.id}/${action}`;
      await expectInvalid(latchkey, 'POST', path, { force: true }, ['force']);
    }
    expect((await latchkey.manage('GET', `${keys}/${key.id}`)).state).toBe('active');
  });
});

describe('#73 what is too much is refused quickly', () => {
  const many = <T>(count: number, make: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => make(i));
  const key = (settings: object): string => JSON.stringify({ name: 'x', scopes: [], ...settings });
  const list = (entries: object[]): string => key({ ipAllowlist: { mode: 'off', entries } });
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

  const properties = (): string =>
    JSON.stringify(Object.fromEntries(many(9e4, (i) => [`p${i}`, 1])));

  /**
   * How much of the processor something takes, of this process, in which Latchkey runs: in times of what it takes just before to read a
   * megabyte of JSON. Machines, and the same machine at different times, are too different for milliseconds.
   */
  async function readingsOf(work: () => Promise<void>): Promise<number> {
    const text = properties();
    const begin = cpuMs();
    for (let i = 0; i < 3; i += 1) JSON.parse(text);
    const read = cpuMs();
    await work();
    return (cpuMs() - read) / ((read - begin) / 3);
  }

  it.each<[what: string, status: number, text: () => string]>([
    ['10⁵ scopes', 400, () => key({ scopes: many(1e5, (i) => i.toString(36)) })],
    ['10⁴ scopes', 400, () => key({ scopes: many(1e4, (i) => i.toString(36)) })],
    ['10⁵ times the same scope', 400, () => key({ scopes: many(1e5, () => 'a') })],
    ['10⁵ scopes that are objects', 400, () => key({ scopes: many(1e5, () => ({})) })],
    ['10⁵ addresses', 413, () => list(many(1e5, (i) => ({ cidr: `10.0.0.${i % 256}` })))],
    ['10⁵ entries without any', 400, () => list(many(1e5, () => ({})))],
    ['3 · 10⁵ of them', 400, () => list(many(3e5, () => ({})))],
    ['10⁴ entries', 400, () => list(many(1e4, (i) => ({ cidr: `10.0.0.${i % 256}` })))],
    ['9 · 10⁴ properties', 400, properties],
    ['a name of almost 1 MB', 400, () => key({ name: 'x'.repeat(1e6) })],
    ['a name of 1 MB', 413, () => key({ name: 'x'.repeat(1024 * 1024) })],
    ['a name of 1 MB in few characters', 413, () => key({ name: '€'.repeat(350_000) })],
    ['11 MB', 413, () => key({ name: 'x'.repeat(11e6) })],
    ['lists 21 deep', 400, () => `{"name":"x","scopes":${nested(21)}}`],
    ['lists 5 · 10⁵ deep', 400, () => `{"name":"x","scopes":${nested(5e5)}}`],
    ['objects 10⁵ deep', 400, () => `${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}`],
    ['open lists alone', 400, () => '['.repeat(1e6)],
  ])('%s → %i', async (_what, status, text) => {
    const sent = text();
    const readings = await readingsOf(async () => {
      const answer = await send('POST', keys, sent);
      expect(answer.status).toBe(status);
      expect(answer.text.length).toBeLessThan(20_000);
    });
    expect(readings).toBeLessThan(40);
  });

  it.each<[what: string, status: number, routes: () => unknown[]]>([
    ['10⁵ routes', 400, () => many(1e5, () => ({}))],
    ['more than 1 MB of routes', 413, () => many(1e4, (i) => ({ path: `/${i}`.padEnd(100, 'x') }))],
    ['10⁴ routes that are nothing', 400, () => many(1e4, () => ({}))],
    ['10⁴ routes with what no route has', 400, () => many(1e4, () => ({ a: 1, b: 1, c: 1, d: 1 }))],
    [
      '10⁴ routes with scopes that are unknown',
      400,
      () => many(1e4, (i) => ({ method: 'GET', path: `/${i}`, scopeSets: [[`s${i}`]] })),
    ],
  ])('%s → %i', async (_what, status, routes) => {
    const sent = JSON.stringify({ routes: routes() });
    const readings = await readingsOf(async () => {
      const answer = await send('PUT', `${service}/routes`, sent);
      expect(answer.status).toBe(status);
      expect(answer.text.length).toBeLessThan(50_000);
    });
    expect(readings).toBeLessThan(60);
  });

  it('and what comes after is answered as ever', async () => {
    expect((await send('POST', keys, body)).status).toBe(201);
  });
});

describe('#74 texts', () => {
  it.each([
    ['accents, as they were composed', 'é e\u0301'],
    ['other scripts', '株式会社 Пример ตัวอย่าง'],
    ['right to left, with its marks', '\u200fשלום عالم\u200e'],
    ['four-byte characters, joined', '👩‍👩‍👧 𝔘𝔫𝔦 \u{10ffff}'],
    ['200 four-byte characters', '🔑'.repeat(200)],
    ['markup', '<img src=x onerror=alert(1)> & "quotes"'],
    ['SQL', "'; DROP TABLE account; --"],
    ['spaces around', '  padded  '],
  ])('kept: %s', async (_what, text) => {
    const made = await latchkey.manage('POST', keys, { name: text, purpose: text, scopes: [] });
    const read = await latchkey.manage('GET', `${keys}/${made.id}`);
    expect([made.name, read.name, read.purpose]).toEqual([text, text, text]);
    const found = await latchkey.manage('GET', `${keys}?q=${encodeURIComponent(text)}`);
    expect(found.results.map(({ id }: Json) => id)).toContain(made.id);
    const { results } = await latchkey.manage(
      'GET',
      `${keys.replace('keys', 'audit-events')}?limit=1`,
    );
    expect(results[0].after.name).toBe(text);
    const account = await latchkey.openAccount({ name: text });
    expect(account.name).toBe(text);
  });

  it.each([
    ['a line end', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['a tab', 'a\tb'],
    ['NUL', 'a\0b'],
    ['an escape character', '\u001b[31mred'],
    ['delete', 'a\u007fb'],
    ['a C1 control', 'a\u009bb'],
    ['a line separator', 'a\u2028b'],
    ['a paragraph separator', 'a\u2029b'],
    ['an override of the direction', 'abc\u202ecba'],
    ['an isolate', 'a\u2066b'],
    ['half a character', 'a\ud83d'],
    ['the other half', '\udd11b'],
  ])('400: %s', async (_what, text) => {
    await expectInvalid(latchkey, 'POST', keys, { name: text, scopes: [] }, ['name']);
    await expectInvalid(latchkey, 'POST', '/v1/accounts', { name: text }, ['name']);
    const described = { name: 'x', scopes: [], description: text, purpose: text };
    await expectInvalid(latchkey, 'POST', keys, described, ['description', 'purpose']);
    const entries = [{ cidr: '10.0.0.1', note: text }];
    const noted = { name: 'x', scopes: [], ipAllowlist: { mode: 'off', entries } };
    await expectInvalid(latchkey, 'POST', keys, noted, ['ipAllowlist.entries.0.note']);
    await expectInvalid(latchkey, 'PUT', '/v1/scopes/described', { description: text }, [
      'description',
    ]);
  });
});
