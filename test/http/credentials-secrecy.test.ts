import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { craftSecret } from '../support/crafted-secrets.js';
import { runLatchkey, type LatchkeyProcess } from '../support/latchkey-process.js';
import type { Json } from '../support/latchkey.js';
import { sendBytes, sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const legacy = 'Zq+/81.a-b_c~d/e+fGhIjKlMnOpQrStUvWx==';

const encoded = encodeURIComponent;

/** Every place of a request in which somebody has put a secret, by mistake or on purpose. */
const places: [string, (secret: string) => { target: string; method?: string; headers?: HeaderLine[] }][] = [
  ['hapikey', (k) => ({ target: `/crm/contacts?hapikey=${encoded(k)}&a=1` })],
  ['hapikey, its name encoded', (k) => ({ target: `/crm/contacts?hap%69key=${encoded(k)}` })],
  ['hapikey, twice', (k) => ({ target: `/crm/contacts?hapikey=${encoded(k)}&hapikey=${encoded(k)}` })],
  ['hapikey in other spellings', (k) => ({ target: `/crm/contacts?HAPIKEY=${k}&hapikey[]=${k}&hapikey[x]=${k}&hApiKey%20=${k}` })],
  ['a fragment', (k) => ({ target: `/crm/contacts#hapikey=${encoded(k)}` })],
  ['bearer', (k) => ({ target: '/crm/contacts', headers: [['Authorization', `Bearer ${k}`]] })],
  ['bearer, malformed', (k) => ({ target: '/crm/contacts', headers: [['Authorization', `Bearer ${k}, Bearer ${k}`]] })],
  ['Basic', (k) => ({ target: '/crm/contacts', headers: [['Authorization', `Basic ${k}`]] })],
  ['X-Access-Token', (k) => ({ target: '/crm/contacts', headers: [['X-Access-Token', k]] })],
  ['the path', (k) => ({ target: `/crm/contacts/${k}?hapikey=${encoded(k)}` })],
  ['the path, encoded', (k) => ({ target: `/crm/contacts/${k.replaceAll('_', '%5F')}/x?hapikey=${encoded(k)}` })],
  ['an unknown route', (k) => ({ target: `/nowhere/${k}?hapikey=${encoded(k)}` })],
  ['an invalid path', (k) => ({ target: `/crm/../${k}?hapikey=${encoded(k)}` })],
  ["Latchkey's own path", (k) => ({ target: `/latchkey/v1/${k}?hapikey=${encoded(k)}` })],
  ['an address within the query', (k) => ({ target: `/crm/contacts?next=%2Fcrm%3Fhapikey%3D${k}&hapikey=${encoded(k)}` })],
  ['the name of a parameter', (k) => ({ target: `/crm/contacts?${k}=1&${k}&hapikey=${encoded(k)}` })],
  ['another parameter', (k) => ({ target: `/crm/contacts?q=${k}&hapikey=${encoded(k)}` })],
  ['the Referer', (k) => ({ target: `/crm/contacts?hapikey=${encoded(k)}`, headers: [['Referer', `https://a.example/?hapikey=${k}`]] })],
  ['the user agent', (k) => ({ target: `/crm/contacts?hapikey=${encoded(k)}`, headers: [['User-Agent', `curl/8 ${k} hapikey=${encoded(k)}`]] })],
  ['the user agent, at its cut', (k) => ({ target: `/crm/contacts?hapikey=${encoded(k)}`, headers: [['User-Agent', `${'x'.repeat(500)}_${k}`]] })],
  ['X-Request-Id', (k) => ({ target: `/crm/contacts?hapikey=${encoded(k)}`, headers: [['X-Request-Id', k]] })],
  ['X-Forwarded-For', (k) => ({ target: `/crm/contacts?hapikey=${encoded(k)}`, headers: [['X-Forwarded-For', k]] })],
  ['a cookie', (k) => ({ target: `/crm/contacts?hapikey=${encoded(k)}`, headers: [['Cookie', `k=${k}`]] })],
  ['a second Host', (k) => ({ target: `/crm/contacts?hapikey=${encoded(k)}`, headers: [['Host', k]] })],
  ['a dead upstream', (k) => ({ target: `/dead/x?hapikey=${encoded(k)}` })],
  ['a WebSocket', (k) => ({ target: `/crm/contacts?hapikey=${encoded(k)}`, headers: [['Connection', 'Upgrade'], ['Upgrade', 'websocket']] })],
  ['a public route', (k) => ({ target: `/crm/status?hapikey=${encoded(k)}`, headers: [['X-Access-Token', k]] })],
  ['a method', (k) => ({ method: 'BREW', target: `/crm/contacts?hapikey=${encoded(k)}` })],
]; // prettier-ignore

/** Requests to the management API that carry a secret where it does not belong. */
const management: [string, (secret: string, account: string) => [string, string, Json?]][] = [
  ['an unknown property', (k) => ['POST', '/v1/accounts', { name: 'a', [k]: 1 }]],
  ['a name', (k) => ['POST', '/v1/accounts', { name: `Account of ${k}` }]],
  ['a description', (k, a) => ['POST', `${a}/keys`, { name: 'k', scopes: [], description: `secret: ${k}` }]],
  ['a scope that is not there', (k, a) => ['POST', `${a}/keys`, { name: 'k', scopes: [k] }]],
  ['a new scope', (k) => ['PUT', `/v1/scopes/${encodeURIComponent(k)}`, {}]],
  ['a mount', (k) => ['PUT', '/v1/services/s', { upstream: 'http://127.0.0.1:9', mount: `/${k}` }]],
  ['a route', (k) => ['PUT', '/v1/services/crm/routes', { routes: [{ method: 'GET', path: `/${k}`, scopeSets: [] }] }]],
  ['an upstream', (k) => ['PUT', '/v1/services/s', { upstream: `http://u:${encodeURIComponent(k)}@127.0.0.1:9`, mount: '/s' }]],
  ['an IP rule and its note', (k, a) => ['PUT', `${a}/ip-allowlist`, { mode: 'off', entries: [{ cidr: k, note: k }] }]],
  ['a filter', (k, a) => ['GET', `${a}/request-log?q=${encodeURIComponent(k)}&keyId=${encodeURIComponent(k)}`]],
  ['an unknown parameter', (k) => ['GET', `/v1/accounts?${encodeURIComponent(k)}=1`]],
  ['an id', (k) => ['GET', `/v1/accounts/${encodeURIComponent(k)}/keys/${encodeURIComponent(k)}`]],
  ['no JSON at all', (k) => ['POST', '/v1/accounts', `{"name": ${k}`]],
]; // prettier-ignore

/** What of a secret must be nowhere: all of it, in any dress, and what lies behind its display start. */
function needlesOf(secret: string): string[] {
  const tail = secret.slice(secret === legacy ? 4 : 12);
  const plain = [secret, encodeURIComponent(secret), tail, encodeURIComponent(tail)];
  return [...plain, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')];
}

describe('#28 #60 no secret anywhere: files, output, rows, answers', () => {
  let folder: string;
  let child: LatchkeyProcess;
  let urls: { access: string; management: string };
  let upstream: RecordingUpstream;
  const secrets = new Set<string>();

  beforeEach(async () => {
    secrets.clear();
    folder = makeFolder('secrecy');
    upstream = await startUpstream();
  });

  afterEach(async () => {
    await child.stop('SIGKILL');
    removeFolder(folder);
    await upstream.close();
  });

  /** A process of its own, since it is its output and its files that are looked at. */
  async function start(environment: Record<string, string> = {}): Promise<void> {
    child = runLatchkey(folder, { LATCHKEY_DEMO: 'off', ...environment });
    await child.running;
    const [access, management] = [...child.stdout().matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(
      String,
    );
    urls = { access: access as string, management: management as string };
  }

  function filesOnDisk(): Map<string, Buffer> {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
  }

  async function manage(
    operatorKey: string,
    method: string,
    path: string,
    body?: Json,
    headers: HeaderLine[] = [],
  ): Promise<RawAnswer> {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const lines: HeaderLine[] = [['Authorization', `Bearer ${operatorKey}`], ...headers];
    if (text !== '') lines.push(['Content-Type', 'application/json']);
    const answer = await sendRaw(urls.management, {
      method,
      target: path,
      headers: lines,
      body: text,
    });
    // The one answer that may hold a secret is the one it is issued in.
    const issued: unknown = answer.json?.secret;
    if (typeof issued === 'string') {
      expect(answer.headers.get('cache-control')).toBe('no-store');
      secrets.add(issued);
      return answer;
    }
    expectNowhere('an answer', answer.raw);
    return answer;
  }

  function expectNowhere(where: string, text: string | Buffer): void {
    for (const secret of secrets) {
      for (const needle of needlesOf(secret))
        expect([where, text.includes(needle)]).toEqual([where, false]);
    }
  }

  /** A day in the life of an installation, with secrets in every odd place. */
  async function liveThrough(operatorKey: string): Promise<void> {
    const ask = (method: string, path: string, body?: Json, headers?: HeaderLine[]) =>
      manage(operatorKey, method, path, body, headers);
    secrets.add(operatorKey);
    await ask('PUT', '/v1/scopes/contacts.read', {});
    for (const [name, url] of [
      ['crm', upstream.url],
      ['dead', 'http://127.0.0.1:9'],
    ] as const) {
      await ask('PUT', `/v1/services/${name}`, { upstream: url, mount: `/${name}` });
      const declared = { method: 'GET', path: '/*', scopeSets: [['contacts.read']] };
      await ask('PUT', `/v1/services/${name}/routes`, {
        routes: [declared, { ...declared, path: '/status', public: true }],
      });
    }
    const sealed = {
      in: 'header',
      name: 'X-Upstream-Key',
      value: craftSecret('lk_prod', 'U'.repeat(32)),
    };
    secrets.add(sealed.value);
    await ask('PUT', '/v1/services/crm', {
      upstream: upstream.url,
      mount: '/crm',
      credential: sealed,
    });
    const account = `/v1/accounts/${(await ask('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' })).json.id}`;
    const makeKey = async (headers?: HeaderLine[]) =>
      (await ask('POST', `${account}/keys`, { name: 'k', scopes: ['contacts.read'] }, headers))
        .json;
    const [rotated, revoked, idle] = [
      await makeKey(),
      await makeKey(),
      await makeKey([['Idempotency-Key', 'k-1']]),
    ];
    await ask('POST', `${account}/keys`, { name: 'k', scopes: ['contacts.read'] }, [
      ['Idempotency-Key', 'k-1'],
    ]);
    await ask('POST', `${account}/keys/${rotated.id}/rotations`, { graceSeconds: 60 });
    await ask('POST', `${account}/keys/${revoked.id}/revoke`);
    expect(secrets.size).toBe(6);
    for (const secret of secrets) {
      for (const [place, make] of places) await callWith(place, secret, make);
      // What was brought along has no checksum to be known by in a name.
      if (secret !== legacy) for (const [, make] of management) await ask(...make(secret, account));
      await ask('POST', '/v1/accounts', { name: 'a' }, [['Idempotency-Key', secret]]);
    }
    await sendRaw(urls.access, { target: `/crm/x?hapikey=${idle.secret}` });
    expect(upstream.calls.at(-1)?.headers['x-upstream-key']).toBe(sealed.value);
    for (const path of ['/v1/request-log?limit=500', `${account}/audit-events`, `${account}/keys`])
      await ask('GET', path);
  }

  async function callWith(
    place: string,
    secret: string,
    make: (typeof places)[number][1],
  ): Promise<void> {
    for (const origin of [urls.access, urls.management]) {
      const answer = await sendRaw(origin, make(secret));
      expectNowhere(`the answer to ${place}`, answer.raw);
    }
    const lines = `GET /crm?hapikey=${secret} HTTP/1.1\r\nHost: a\r\nX: ${secret}\0\r\n\r\n`;
    expectNowhere('a parser error', (await sendBytes(urls.access, Buffer.from(lines))).raw);
  }

  it('for an operator key that was made here', async () => {
    await start();
    const operatorKey = readFileSync(join(folder, 'data', 'operator.key'), 'utf8').trim();
    await liveThrough(operatorKey);
    await expectClean(['data/operator.key']);
  }, 60_000);

  it('for an OPERATOR_KEY that was brought along', async () => {
    await start({ OPERATOR_KEY: legacy });
    await liveThrough(legacy);
    await expectClean([]);
  }, 60_000);

  /** While it runs and after it has stopped, since a database is written in parts. */
  async function expectClean(except: string[]): Promise<void> {
    const look = (): void => {
      const files = filesOnDisk();
      expect([...files.keys()]).toEqual(
        expect.arrayContaining(['data/latchkey.db', 'data/call-log.db']),
      );
      for (const [name, content] of files) if (!except.includes(name)) expectNowhere(name, content);
      for (const name of except) expect(files.get(name)?.toString().trim()).toBe([...secrets][0]);
      expectNowhere('the output', child.stdout() + child.stderr());
    };
    look();
    await child.stop();
    look();
    // That something was looked through at all: the keys' display starts are there.
    const database = filesOnDisk().get('data/latchkey.db') as Buffer;
    expect(database.includes([...secrets][0]?.slice(0, except.length === 0 ? 4 : 12) ?? '')).toBe(
      true,
    );
  }
});
