import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectDenial } from '../support/denials.js';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { valuesOf } from '../support/header-lines.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const trusted = '127.0.0.1';
const stranger = '127.0.0.9';

describe('gateway: behind proxies that are trusted', () => {
  let gateway: OpenGateway;
  let upstream: RecordingUpstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    const environment = { TRUSTED_PROXIES: `${trusted}/32, 10.0.0.0/8` };
    gateway = await openGateway(upstream.url, { environment });
  });

  beforeEach(async () => {
    await gateway.rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  function call(headers: readonly HeaderLine[], from = trusted): Promise<RawAnswer> {
    const own: HeaderLine[] = [['X-Access-Token', gateway.secret]];
    return sendRaw(gateway.latchkey.accessUrl, {
      target: '/crm/a',
      headers: [...own, ...headers],
      from,
    });
  }

  const sent = (name: string) => upstream.calls.flatMap((each) => valuesOf(each.rawHeaders, name));

  it.each<[lines: string[], callerIp: string, forwarded: string]>([
    [[], trusted, trusted],
    [['203.0.113.9'], '203.0.113.9', `203.0.113.9, ${trusted}`],
    [['6.6.6.6, 203.0.113.9'], '203.0.113.9', `6.6.6.6, 203.0.113.9, ${trusted}`],
    [
      ['6.6.6.6', '203.0.113.9, 10.1.1.1'],
      '203.0.113.9',
      `6.6.6.6, 203.0.113.9, 10.1.1.1, ${trusted}`,
    ],
    [['2001:DB8::1'], '2001:db8::1', `2001:DB8::1, ${trusted}`],
    [['203.0.113.9:4711'], '203.0.113.9', `203.0.113.9:4711, ${trusted}`],
  ])(
    '#40 #63 X-Forwarded-For %j from one: the caller is %s, and the upstream has the whole way',
    async (lines, callerIp, forwarded) => {
      const answer = await call(lines.map((line) => ['X-Forwarded-For', line]));
      expect(answer.status).toBe(200);
      expect(sent('X-Forwarded-For')).toEqual([forwarded]);
      expect(await gateway.takeRow()).toMatchObject({
        ...gateway.row,
        ...{
          callerIp,
          peerIp: trusted,
          forwardedFor: lines.length === 0 ? null : lines.join(', '),
        },
      });
    },
  );

  it('#41 the same from anybody else is not believed, and does not go on', async () => {
    const headers: HeaderLine[] = [
      ['X-Forwarded-For', '203.0.113.9'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'api.example'],
    ];
    expect((await call(headers, stranger)).status).toBe(200);
    expect(sent('X-Forwarded-For')).toEqual([stranger]);
    expect(sent('X-Forwarded-Proto')).toEqual(['http']);
    expect(sent('X-Forwarded-Host')).toEqual([new URL(gateway.latchkey.accessUrl).host]);
    expect(await gateway.takeRow()).toMatchObject({ callerIp: stranger, peerIp: stranger });
  });

  it.each([
    ['https', 'https'],
    ['HTTPS', 'https'],
    ['https, http', 'https'],
    ['http, https', 'http'],
    ['http', 'http'],
    ['javascript', 'http'],
    ['', 'http'],
  ])('X-Forwarded-Proto %j from one is %s', async (value, proto) => {
    await call([['X-Forwarded-Proto', value]]);
    expect(sent('X-Forwarded-Proto')).toEqual([proto]);
  });

  it('X-Forwarded-Host from one is what the caller asked for', async () => {
    await call([['X-Forwarded-Host', 'api.example']]);
    expect(sent('X-Forwarded-Host')).toEqual(['api.example']);
  });

  it.each([
    ['Forwarded', 'for=6.6.6.6'],
    ['X-Real-IP', '6.6.6.6'],
    ['X_Forwarded_For', '6.6.6.6'],
    ['X-Forwarded-Port', '6666'],
    ['X-Latchkey-Key', 'spoofed'],
  ])('#43 %s is read from nobody, and goes on from nobody', async (name, value) => {
    await call([[name, value]]);
    expect(upstream.calls[0]?.rawHeaders).not.toContain(value);
    expect(await gateway.takeRow()).toMatchObject({ callerIp: trusted });
  });

  it.each([[['unknown']], [['203.0.113.9', '_hidden']], [['203.0.113.9,']], [['']]])(
    '#40 X-Forwarded-For %j from one says nothing: 400, never sent',
    async (lines) => {
      const answer = await call(lines.map((line) => ['X-Forwarded-For', line]));
      expectDenial(answer, 'CALLER_UNDETERMINED', await gateway.rows.take(1), {
        ...{ keyId: gateway.keyId, method: 'GET', path: '/crm/a', door: 'gateway' },
        ...{ callerIp: null, peerIp: trusted, forwardedFor: lines.join(', ') },
      });
      expect(upstream.calls).toEqual([]);
    },
  );
});
