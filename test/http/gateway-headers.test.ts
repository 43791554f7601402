import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { everyRoute, openGateway, type OpenGateway } from '../support/gateway.js';
import { valuesOf } from '../support/header-lines.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { startUpstream, type RecordedCall, type RecordingUpstream } from '../support/upstream.js';

const routes = [
  ...everyRoute,
  { method: 'GET', path: '/open', scopeSets: [], public: true },
  { method: 'GET', path: '/any-key', scopeSets: [] },
  { method: 'GET', path: '/both', scopeSets: [['orders.read'], ['contacts.write', 'contacts.read']] },
]; // prettier-ignore

const nonAscii = Buffer.from('Zoë').toString('latin1');

describe('gateway: the headers an upstream gets', () => {
  let gateway: OpenGateway;
  let upstream: RecordingUpstream;
  /** With scopes of every kind, in the environment qa. */
  let other: { id: string; secret: string };

  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await openGateway(upstream.url, { routes });
    const scopes = ['contacts.read', 'contacts.write'];
    other = await gateway.crm.makeKey({ name: 'Other', scopes, environment: 'qa' });
  });

  beforeEach(async () => {
    await gateway.rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  interface Forwarded {
    readonly answer: RawAnswer;
    readonly call: RecordedCall;
    values(name: string): string[];
  }

  async function forward(
    headers: readonly HeaderLine[],
    request: { target?: string; secret?: string | null; method?: string; body?: string } = {},
  ): Promise<Forwarded> {
    const { target = '/crm/a', secret = gateway.secret, ...rest } = request;
    const own: HeaderLine[] = secret === null ? [] : [['X-Access-Token', secret]];
    const answer = await sendRaw(gateway.latchkey.accessUrl, {
      ...rest,
      target,
      headers: [...own, ...headers],
    });
    expect([answer.status, upstream.calls.length]).toEqual([200, 1]);
    const call = upstream.calls[0] as RecordedCall;
    return { answer, call, values: (name) => valuesOf(call.rawHeaders, name) };
  }

  const identityNames = ['Account', 'Key', 'Key-Name', 'Environment', 'Scopes'].map(
    (name) => `X-Latchkey-${name}`,
  );

  function identityOf({ values }: Forwarded): Record<string, string[]> {
    return Object.fromEntries(identityNames.map((name) => [name, values(name)]));
  }

  /** Each once, and true. */
  function ours(
    key = { id: gateway.keyId, name: 'Vendor', environment: 'production', scopes: 'contacts.read' },
  ) {
    return {
      'X-Latchkey-Account': [gateway.crm.accountId],
      'X-Latchkey-Key': [key.id],
      'X-Latchkey-Key-Name': [key.name],
      'X-Latchkey-Environment': [key.environment],
      'X-Latchkey-Scopes': [key.scopes],
    };
  }

  it('who called, with which key, and which scopes opened the route', async () => {
    expect(identityOf(await forward([]))).toEqual(ours());
    upstream.calls.length = 0;
    const key = { id: other.id, name: 'Other', environment: 'qa' };
    const asOther = { secret: other.secret };
    expect(identityOf(await forward([], { ...asOther, target: '/crm/both' }))).toEqual(
      ours({ ...key, scopes: 'contacts.write contacts.read' }),
    );
    upstream.calls.length = 0;
    expect(identityOf(await forward([], { ...asOther, target: '/crm/any-key' }))).toEqual(
      ours({ ...key, scopes: '' }),
    );
  });

  it.each([
    'X-Latchkey-Account',
    'x-latchkey-key',
    'X-LATCHKEY-SCOPES',
    'X_Latchkey_Key_Name',
    'x_latchkey-environment',
    'X-Latchkey_Scopes',
    'X.Latchkey.Key',
    'X-Latchkey-Anything',
    'X-Latchkey-',
  ])('#83 %s from a caller is removed, known to us or not', async (name) => {
    const spoofed: HeaderLine[] = [[name, 'spoofed'], ['X-Latchke', 'kept'], [name, 'spoofed']]; // prettier-ignore
    const call = await forward(spoofed);
    expect(identityOf(call)).toEqual(ours());
    expect(call.call.rawHeaders).not.toContain('spoofed');
    expect(call.values('X-Latchke')).toEqual(['kept']);
    upstream.calls.length = 0;
    const nobody = await forward(spoofed, { target: '/crm/open', secret: null });
    expect(nobody.call.rawHeaders.filter((text) => /latchkey[-_.]/i.test(text))).toEqual([]);
  });

  it.each([
    ...identityNames,
    'X-Correlation-Id',
    'Via',
    'Host',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
  ])('#82 Connection: %s takes nothing of ours away', async (name) => {
    const call = await forward([
      ['Connection', `${name.toLowerCase()}, X-Custom`],
      ['X-Custom', 'a'],
    ]);
    expect(identityOf(call)).toEqual(ours());
    expect(call.values('Host')).toEqual([new URL(upstream.url).host]);
    expect(call.values('X-Correlation-Id')).toEqual([call.answer.headers.get('x-correlation-id')]);
    expect(call.values('Via')).toEqual(['1.1 latchkey']);
    expect(call.values('X-Forwarded-For')).toEqual(['127.0.0.1']);
    expect(call.values('X-Forwarded-Proto')).toEqual(['http']);
    expect(call.values('X-Forwarded-Host')).toEqual([new URL(gateway.latchkey.accessUrl).host]);
    expect(call.values('X-Custom')).toEqual([]);
  });

  it.each([
    ['Content-Length', { body: 'hello' }],
    ['content-length, Content-Type', { body: 'hello' }],
    ['Transfer-Encoding', { body: 'hello' }],
  ])('#82 Connection: %s does not change where the body ends', async (names, { body }) => {
    const { call } = await forward([['Connection', names]], { method: 'POST', body });
    expect(call.body).toBe('hello');
    expect(upstream.calls).toHaveLength(1);
  });

  it('what belongs to one connection stays on it', async () => {
    const ofThisHop: HeaderLine[] = [
      ['Connection', 'keep-alive, X-One,x-TWO ,, close'],
      ['X-One', 'hop'],
      ['X-Two', 'hop'],
      ['Keep-Alive', 'hop'],
      ['Proxy-Connection', 'hop'],
      ['Proxy-Authenticate', 'hop'],
      ['TE', 'trailers, hop'],
      ['Trailer', 'hop'],
      ['Upgrade', 'hop'],
    ];
    const { call, values } = await forward([...ofThisHop, ['X-Three', 'kept']]);
    expect(call.rawHeaders.filter((text) => text.includes('hop'))).toEqual([]);
    expect(values('Connection')).toEqual(['keep-alive']);
    expect(values('X-Three')).toEqual(['kept']);
  });

  it('everything else goes on as it came: names, order, repetition and bytes', async () => {
    const lines: HeaderLine[] = [
      ['aCCept', 'text/html;q=0.5,  */*'],
      ['X-Twice', 'one'],
      ['User-Agent', 'curl/8'],
      ['X-Twice', 'two'],
      ['Cookie', 'a=1; b=2'],
      ['Cookie', 'c=3'],
      ['X-Latin', nonAscii],
      ['X-Empty', ''],
      ['Accept-Encoding', 'br, gzip'],
      ['If-None-Match', 'W/"a"'],
      ['Range', 'bytes=0-1'],
      ['X-Request-Id', 'from the caller'],
      ['Content-Type', 'text/plain'],
      ['__proto__', 'a'],
    ];
    const { call } = await forward(lines);
    const sent = lines.flat();
    const from = call.rawHeaders.indexOf('aCCept');
    expect(call.rawHeaders.slice(from, from + sent.length)).toEqual(sent);
    expect(await gateway.takeRow()).toMatchObject({
      clientRequestId: 'from the caller',
      userAgent: 'curl/8',
    });
  });

  it.each([
    ['X-Forwarded-For', '6.6.6.6'],
    ['x-forwarded-for', 'no address'],
    ['X_Forwarded_For', '6.6.6.6'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Port', '6666'],
    ['X-Forwarded-Prefix', '/6666'],
    ['X-Forwarded-Uri', '/6666'],
    ['X-Forwarded', 'for=6.6.6.6'],
    ['Forwarded', 'for=6.6.6.6;host=evil.example;proto=https'],
    ['X-Real-IP', '6.6.6.6'],
    ['X-Client-IP', '6.6.6.6'],
    ['True-Client-IP', '6.6.6.6'],
    ['CF-Connecting-IP', '6.6.6.6'],
    ['X-Original-Forwarded-For', '6.6.6.6'],
  ])('#41 %s from a peer that nobody trusts is replaced by the truth', async (name, value) => {
    const { call, values } = await forward([[name, value]]);
    expect(call.rawHeaders).not.toContain(value);
    expect(values('X-Forwarded-For')).toEqual(['127.0.0.1']);
    expect(values('X-Forwarded-Proto')).toEqual(['http']);
    expect(values('X-Forwarded-Host')).toEqual([new URL(gateway.latchkey.accessUrl).host]);
    expect(await gateway.takeRow()).toMatchObject({ ...gateway.row, callerIp: '127.0.0.1' });
  });

  it.each([
    ['X-Original-URL', '/admin'],
    ['X-Rewrite-URL', '/admin'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['X-HTTP-Method', 'DELETE'],
    ['X-Method-Override', 'DELETE'],
  ])(
    '#85 %s would have some servers act on another call than the one that was judged',
    async (name, value) => {
      expect((await forward([[name, value]])).call.rawHeaders).not.toContain(value);
    },
  );

  it('X-Correlation-Id is ours, Via grows, Host is the upstream', async () => {
    const { answer, values } = await forward([
      ['X-Correlation-Id', 'from the caller'],
      ['Via', '1.0 fred'],
      ['Via', '1.1 p.example'],
    ]);
    expect(values('X-Correlation-Id')).toEqual([answer.headers.get('x-correlation-id')]);
    expect(values('Via')).toEqual(['1.0 fred, 1.1 p.example, 1.1 latchkey']);
    expect(values('Host')).toEqual([new URL(upstream.url).host]);
    expect((await gateway.takeRow())['id']).toBe(values('X-Correlation-Id')[0]);
  });

  it.each([
    ['Zoë & Søn, 日本 🍩', 'Zo%C3%AB%20%26%20S%C3%B8n%2C%20%E6%97%A5%E6%9C%AC%20%F0%9F%8D%A9'],
    ['100% "quoted"\\', '100%25%20%22quoted%22%5C'],
    ['נתיב', '%D7%A0%D7%AA%D7%99%D7%91'],
    ["plain-name_1.2~(it's)*!", "plain-name_1.2~(it's)*!"],
  ])('#100 a key named %s: the headers stay valid', async (name, sent) => {
    const key = await gateway.crm.makeKey({ name });
    await gateway.rows.skip();
    const call = await forward([], { secret: key.secret });
    expect(call.values('X-Latchkey-Key-Name')).toEqual([sent]);
    expect(decodeURIComponent(sent)).toBe(name);
    expect(await gateway.takeRow()).toMatchObject({ keyId: key.id, keyName: name });
  });

  it.each(['two\nlines', 'carriage\rreturn', 'nul\0', 'next line\u0085', 'half \ud83c'])(
    '#100 no key can be named %j',
    async (name) => {
      const { operatorKey: secret } = gateway.latchkey;
      const path = `/v1/accounts/${gateway.crm.accountId}/keys`;
      const answer = await gateway.latchkey.ask('POST', path, {
        secret,
        body: { name, scopes: [] },
      });
      expect([answer.status, answer.json.reason]).toEqual([400, 'VALIDATION_FAILED']);
    },
  );
});
