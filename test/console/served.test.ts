import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';

describe('The console, as it is served', () => {
  let latchkey: TestLatchkey;

  beforeAll(async () => {
    latchkey = await startTestLatchkey();
  });

  afterAll(() => latchkey.remove());

  it.each([
    '/',
    '/sign-in',
    '/forgot',
    '/set-up',
    '/join',
    '/recover',
    '/accounts/acc_1/keys',
    '/installation',
  ])('#76 %s is the page, in no frame, and under a policy without inline scripts', async (path) => {
    const { status, headers, text } = await latchkey.ask('GET', path);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = new Map(
      (headers.get('content-security-policy') ?? '')
        .split('; ')
        .map((part) => [part.split(' ', 1)[0], part.split(' ').slice(1).join(' ')]),
    );
    expect(policy.get('default-src')).toBe("'none'");
    expect(policy.get('script-src')).toBe("'self'");
    expect(policy.get('frame-ancestors')).toBe("'none'");
    expect(policy.get('style-src')).not.toContain('unsafe-inline');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).toContain('<div id="console">');
  });

  it('gives each answer a nonce of its own', async () => {
    const pages = await Promise.all([1, 2].map(() => latchkey.ask('GET', '/')));
    const nonces = pages.map(({ text }) => /csp-nonce" content="([^"]{20,})"/.exec(text)?.[1]);
    expect(nonces[0]).toBeDefined();
    expect(nonces[0]).not.toBe(nonces[1]);
    pages.forEach(({ headers }, i) =>
      expect(headers.get('content-security-policy')).toContain(`'nonce-${nonces[i]}'`),
    );
  });

  it('has files that are kept for good, packed for whoever takes that, and nothing from elsewhere', async () => {
    const { text } = await latchkey.ask('GET', '/');
    const sources = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source = '']) => source);
    expect(sources.length).toBeGreaterThan(1);
    for (const source of sources) {
      expect(source).toMatch(/^\/assets\//);
      const asks = (encoding: string) =>
        latchkey.ask('GET', source, { headers: { 'accept-encoding': encoding } });
      const [packed, plain] = [await asks('br, gzip'), await asks('identity')];
      expect(packed.headers.get('content-encoding')).toBe('gzip');
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(packed.text).toBe(plain.text);
      const { status, headers } = packed;
      expect([status, headers.get('cache-control'), headers.get('vary')]).toEqual([
        200,
        'public, max-age=31536000, immutable',
        'Accept-Encoding',
      ]);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it.each([
    ['/signin', 401, 'CREDENTIALS_MISSING'],
    ['/assets', 401, 'CREDENTIALS_MISSING'],
    ['/assets/none.js', 401, 'CREDENTIALS_MISSING'],
    ['/joined', 401, 'CREDENTIALS_MISSING'],
    ['/assets/..%2findex.html', 400, 'PATH_INVALID'],
  ])('%s is a call like every other', async (path, status, reason) => {
    const answer = await latchkey.ask('GET', path);
    expect([answer.status, answer.json.reason]).toEqual([status, reason]);
  });

  const navigation = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

  it.each(['/security', '/keys', '/nowhere/at/all'])(
    '%s, typed into a browser, is a page that says there is none',
    async (path) => {
      const answer = await latchkey.ask('GET', path, { headers: navigation });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        'text/html; charset=utf-8',
      ]);
      expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
      expect(answer.text).toContain('<div id="console">');
    },
  );

  it('a browser that brings a credential to no address makes a call, which has its row', async () => {
    const { operatorKey: secret } = latchkey;
    const asHeader = { headers: { ...navigation, authorization: `Bearer ${secret}` } };
    for (const [path, options] of [
      ['/nowhere', asHeader],
      ['/nowhere', { headers: { ...navigation, 'x-access-token': secret } }],
      [`/nowhere?hapikey=${secret}`, { headers: navigation }],
    ] as const) {
      const answer = await latchkey.ask('GET', path, options);
      expect([answer.status, answer.json.reason]).toEqual([404, 'ROUTE_UNKNOWN']);
    }
    expect(await latchkey.rows('&path=/nowhere')).toHaveLength(3);
  });

  it('is not on the public listener', async () => {
    for (const path of ['/', '/sign-in', '/accounts/acc_1/keys'])
      expect((await latchkey.call('GET', path)).status).toBe(401);
  });

  it('is no call: it leaves no row', async () => {
    await latchkey.ask('GET', '/sign-in');
    const rows = await latchkey.rows();
    expect(rows.filter(({ path, door }) => path === '/sign-in' && door === 'management')).toEqual(
      [],
    );
  });
});
