import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectNoSecret } from '../support/denials.js';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { valuesOf } from '../support/header-lines.js';
import { sendRaw, type HeaderLine } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

/** Imported once, with every character that is encoded in a URL. */
const legacy = 'operator~of+this/installation.-_0123456789==';

const routes = ['GET', 'POST'].flatMap((method) => [
  { method, path: '/*', scopeSets: [] },
  { method, path: '/open/*', scopeSets: [], public: true },
]);

describe('gateway: #84 the credential never reaches the upstream', () => {
  let gateway: OpenGateway;
  let upstream: RecordingUpstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    const environment = { OPERATOR_KEY: legacy };
    gateway = await openGateway(upstream.url, { routes, environment });
  });

  beforeEach(async () => {
    await gateway.rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** @returns what reached the upstream, once it is certain that the secret did not */
  async function forward(
    target: string,
    headers: readonly HeaderLine[],
    secret: string,
  ): Promise<{ url: string; rawHeaders: readonly string[] }> {
    const answer = await sendRaw(gateway.latchkey.accessUrl, { target, headers });
    expect([answer.status, answer.json]).toEqual([200, { ok: true }]);
    const [call, ...more] = upstream.calls;
    expect(more).toEqual([]);
    const { url = '', rawHeaders = [] } = call ?? {};
    const seen = [url, ...rawHeaders].join('\n');
    for (const spelling of [secret, encodeURIComponent(secret)])
      expect(seen).not.toContain(spelling);
    expect(decodeURIComponent(seen)).not.toContain(secret);
    expectNoSecret([secret], answer, [await gateway.takeRow()]);
    return { url, rawHeaders };
  }

  it.each([
    ['?hapikey=<secret>', '', '?hapikey=***'],
    ['?hapikey=<secret>&a=1', '?a=1', '?hapikey=***&a=1'],
    ['?a=1&hapikey=<secret>', '?a=1', '?a=1&hapikey=***'],
    ['?a=1&hapikey=<secret>&b=2', '?a=1&b=2', '?a=1&hapikey=***&b=2'],
    ['?hap%69key=<secret>&a', '?a', '?hap%69key=***&a'],
    ['?%68%61%70%69%6B%65%79=<secret>', '', '?%68%61%70%69%6B%65%79=***'],
    ['?%68apike%79=<secret>&', '?', '?%68apike%79=***&'],
    ['?&&hapikey=<secret>&&', '?&&&', '?&&hapikey=***&&'],
    [
      '?a=%20+&hapikey=<secret>&b=%zz&%63=%3D;',
      '?a=%20+&b=%zz&%63=%3D;',
      '?a=%20+&hapikey=***&b=%zz&%63=%3D;',
    ],
    [
      '?hapikeys=1&hapikey=<secret>&xhapikey=2',
      '?hapikeys=1&xhapikey=2',
      '?hapikeys=1&hapikey=***&xhapikey=***',
    ],
  ])(
    '#60 in the query, as %s: every other byte goes on, and the row is masked',
    async (query, sent, logged) => {
      for (const secret of [gateway.secret, legacy]) {
        upstream.calls.length = 0;
        const filled = query.replace('<secret>', encodeURIComponent(secret));
        const answer = await sendRaw(gateway.latchkey.accessUrl, { target: `/crm/a${filled}` });
        expect([answer.status, upstream.calls.map((call) => call.url)]).toEqual([
          200,
          [`/a${sent}`],
        ]);
        const row = await gateway.takeRow();
        expect([row['query'], row['credential']]).toEqual([logged.slice(1), 'hapikey']);
        expectNoSecret([secret], answer, [row]);
        await gateway.rows.skip();
      }
    },
  );

  it.each([
    ['?hapikey=&a=1', '?a=1'],
    ['?hapikey', ''],
    ['?hap%69key=&a', '?a'],
    ['?HAPIKEY=x&hapikey[]=x', '?HAPIKEY=x&hapikey[]=x'],
    ['?hapikey%5B%5D=x', '?hapikey%5B%5D=x'],
  ])('beside a bearer, %s goes on as %s', async (query, sent) => {
    const headers = [['Authorization', `Bearer ${gateway.secret}`]] as const;
    expect((await forward(`/crm/a${query}`, headers, gateway.secret)).url).toBe(`/a${sent}`);
  });

  it.each<[name: string, lines: (secret: string) => HeaderLine[], goes: string[]]>([
    ['Authorization: Bearer', (s) => [['Authorization', `Bearer ${s}`]], ['authorization']],
    [
      'authorization in another case',
      (s) => [['aUTHORIZATION', `bEARER   ${s}`]],
      ['authorization'],
    ],
    ['X-Access-Token', (s) => [['X-Access-Token', s]], ['x-access-token']],
    [
      'x_access_token beside it',
      (s) => [
        ['X-Access-Token', s],
        ['x_access_token', 'other'],
      ],
      ['x-access-token', 'x_access_token'],
    ],
    [
      'Authorization of another scheme beside it',
      (s) => [
        ['X-Access-Token', s],
        ['Authorization', 'Basic b3RoZXI='],
      ],
      ['authorization'],
    ],
    [
      'an empty Authorization beside it',
      (s) => [
        ['X-Access-Token', s],
        ['Authorization', ''],
      ],
      ['authorization'],
    ],
    [
      'Proxy-Authorization',
      (s) => [
        ['X-Access-Token', s],
        ['Proxy-Authorization', 'Basic b3RoZXI='],
      ],
      ['proxy-authorization'],
    ],
    [
      'a cookie',
      (s) => [
        ['X-Access-Token', s],
        ['Cookie', `a=1; token=${s}`],
      ],
      ['cookie'],
    ],
    [
      'a cookie, encoded',
      (s) => [
        ['X-Access-Token', s],
        ['Cookie', `a=${encodeURIComponent(s)}`],
      ],
      ['cookie'],
    ],
    [
      'a Referer',
      (s) => [
        ['X-Access-Token', s],
        ['Referer', `https://a/?hapikey=${encodeURIComponent(s)}`],
      ],
      ['referer'],
    ],
    [
      'a Referer, plainly',
      (s) => [
        ['X-Access-Token', s],
        ['Referer', `https://a/?hapikey=${s}`],
      ],
      ['referer'],
    ],
    [
      'a Referer, encoded letter by letter',
      (s) => [
        ['X-Access-Token', s],
        ['Referer', `https://a/?b=${everyByte(s)}`],
      ],
      ['referer'],
    ],
    [
      'a header of any name',
      (s) => [
        ['X-Access-Token', s],
        ['X-Debug', `{"sent":"${s}"}`],
      ],
      ['x-debug'],
    ],
  ])('in %s: the line does not go on', async (_name, lines, goes) => {
    for (const secret of [gateway.secret, legacy]) {
      upstream.calls.length = 0;
      await gateway.rows.skip();
      const kept: HeaderLine[] = [['Accept', 'a'], ['X-Debug-Too', 'b']]; // prettier-ignore
      const { rawHeaders } = await forward('/crm/a', [...kept, ...lines(secret)], secret);
      for (const name of goes) expect(valuesOf(rawHeaders, name)).toEqual([]);
      expect([valuesOf(rawHeaders, 'accept'), valuesOf(rawHeaders, 'x-debug-too')]).toEqual([
        ['a'],
        ['b'],
      ]);
    }
  });

  it.each<[name: string, query: string, lines: (secret: string) => HeaderLine[]]>([
    ['hapikey', '?hapikey=<secret>', () => []],
    ['hapikey twice', '?hapikey=<secret>&a=1&hap%69key=<secret>', () => []],
    ['a bearer', '', (s) => [['Authorization', `Bearer ${s}`]]],
    ['two methods', '?hapikey=<secret>', (s) => [['X-Access-Token', s]]],
    ['a list of bearers', '', (s) => [['Authorization', `Bearer ${s}, Bearer ${s}`]]],
    [
      'two bearers and a Referer',
      '',
      (s) => [
        ['Authorization', `Bearer ${s}`],
        ['Authorization', `Bearer ${s}`],
        ['Referer', s],
      ],
    ],
  ])(
    'a public route looks at no credential and passes none on: %s',
    async (_name, query, lines) => {
      const { secret } = gateway;
      const target = `/crm/open/a${query.replaceAll('<secret>', secret)}`;
      const { url, rawHeaders } = await forward(target, lines(secret), secret);
      expect(url).toBe(query.includes('a=1') ? '/open/a?a=1' : '/open/a');
      expect(valuesOf(rawHeaders, 'X-Latchkey-Key')).toEqual([]);
    },
  );

  it('what is no credential goes on as it is: cookies, Referer and body without the secret', async () => {
    const { secret } = gateway;
    const headers: HeaderLine[] = [
      ['X-Access-Token', secret],
      ['Cookie', 'session=other'],
      ['Referer', 'https://a/?hapikey=other'],
      ['Content-Type', 'application/x-www-form-urlencoded'],
    ];
    const body = 'hapikey=in-a-body';
    await sendRaw(gateway.latchkey.accessUrl, { method: 'POST', target: '/crm/a', headers, body });
    expect(upstream.calls[0]).toMatchObject({
      body,
      headers: { cookie: 'session=other', referer: 'https://a/?hapikey=other' },
    });
  });
});

function everyByte(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
}
