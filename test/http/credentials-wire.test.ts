import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm } from '../support/crm.js';
import {
  expectDenial,
  expectEnvelope,
  expectErrorHeaders,
  expectNoSecret,
} from '../support/denials.js';
import { doorNames, openDoors, type DoorName, type OpenDoor } from '../support/doors.js';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { sendBytes, type HeaderLine } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const malformed = { status: 400, reason: 'REQUEST_MALFORMED' };
const tooLarge = { status: 431, reason: 'HEADERS_TOO_LARGE' };

interface WireCase {
  readonly name: string;
  readonly target?: (path: string, secret: string) => string;
  readonly lines?: (secret: string) => string[];
  readonly expected: { readonly status: number; readonly reason: string };
}

/** What is refused before it is a request: by the parser, or by its size. */
const unparsed: WireCase[] = [
  { name: '#12 a raw NUL in the query', target: (p, k) => `${p}?hapikey=${k}\0`, expected: malformed },
  { name: '#12 a raw NUL in a header', lines: (k) => [`Authorization: Bearer ${k}\0`], expected: malformed },
  { name: '#12 raw UTF-8 in the query', target: (p) => `${p}?hapikey=Ã©`, expected: malformed },
  { name: '#11 100 KB of query', target: (p, k) => `${p}?hapikey=${k}&a=${'a'.repeat(100_000)}`, expected: tooLarge },
  { name: '#11 100 KB of path', target: (p) => `${p}/${'a'.repeat(100_000)}`, expected: tooLarge },
  { name: '#11 a header of 100 KB', lines: (k) => [`Authorization: Bearer ${k}${'a'.repeat(100_000)}`], expected: tooLarge },
  { name: '#18 1,100 header lines before the credential', lines: (k) => [...many(1_100), `Authorization: Bearer ${k}`], expected: tooLarge },
  { name: '#18 300 header lines', lines: (k) => [...many(300), `Authorization: Bearer ${k}`], expected: tooLarge },
]; // prettier-ignore

function many(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `X: ${i % 10}`);
}

const asBrowser: HeaderLine[] = [
  ['Origin', 'https://portal.example'],
  ['Access-Control-Request-Method', 'GET'],
];

describe('what comes over the wire', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let doors: Record<DoorName, OpenDoor>;
  let rows: NewRows;

  beforeAll(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey();
    doors = await openDoors(latchkey, await publishCrm(latchkey, upstream.url));
    rows = new NewRows(latchkey);
  });

  beforeEach(async () => {
    await rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  describe.each(doorNames.map((name) => [name]))('%s door', (name: DoorName) => {
    it.each(unparsed.map((each) => [each.name, each] as const))(
      '%s → the envelope, and no call',
      async (_name, { target, lines, expected }) => {
        const { path, secret } = doors[name];
        const origin = name === 'management' ? latchkey.managementUrl : latchkey.accessUrl;
        const head = [
          `GET ${target?.(path, secret) ?? path} HTTP/1.1`,
          `Host: ${new URL(origin).host}`,
          ...(lines?.(secret) ?? []),
          'Connection: close',
        ];
        const answer = await sendBytes(
          origin,
          Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'),
        );
        expect(answer.status).toBe(expected.status);
        expectEnvelope(answer, { reason: expected.reason, category: 'INVALID_REQUEST' });
        const made = await rows.take(0);
        expect(made).toEqual([]);
        expectNoSecret([secret], answer, made);
        expect(upstream.calls).toEqual([]);
      },
    );

    it('#18 200 header lines are all read: the credential behind them counts', async () => {
      const door = doors[name];
      const lines = Array.from({ length: 200 }, (_, i): HeaderLine => ['X', String(i % 10)]);
      const answer = await door.send('', { headers: [...lines, ['X-Access-Token', door.secret]] });
      expect(answer.status).toBe(200);
      const twice = [
        ...lines,
        ['Authorization', 'Bearer a'] as const,
        ['Authorization', `Bearer ${door.secret}`] as const,
      ];
      await rows.skip();
      expectDenial(
        await door.send('', { headers: twice }),
        'CREDENTIALS_MALFORMED',
        await rows.take(1),
      );
    });

    it('#20 HEAD is decided as GET: with a key', async () => {
      const door = doors[name];
      const answer = await door.send('', {
        method: 'HEAD',
        headers: [['X-Access-Token', door.secret]],
      });
      expect([answer.status, answer.text]).toEqual([200, '']);
      const made = await rows.take(1);
      expect(made).toHaveLength(1);
      expect(made[0]).toMatchObject({
        ...door.row,
        method: 'HEAD',
        keyId: door.keyId,
        status: 200,
        decision: 'allowed',
      });
    });

    it.each([
      ['without one', [], 'CREDENTIALS_MISSING', 401, 'Bearer realm="latchkey"'],
      [
        'with an unknown one',
        [['X-Access-Token', 'nobody-knows-me']],
        'KEY_UNKNOWN',
        401,
        'Bearer realm="latchkey", error="invalid_token"',
      ],
    ] as const)(
      '#20 HEAD is decided as GET: %s',
      async (_name, headers, reason, status, challenge) => {
        const door = doors[name];
        const answer = await door.send('', { method: 'HEAD', headers });
        expect([answer.status, answer.text]).toEqual([status, '']);
        expectErrorHeaders(answer);
        expect(answer.headers.get('www-authenticate')).toBe(challenge);
        const made = await rows.take(1);
        expect(made).toHaveLength(1);
        const id = answer.headers.get('x-correlation-id');
        expect(made[0]).toMatchObject({
          ...door.row,
          id,
          method: 'HEAD',
          reason,
          status,
          decision: 'denied',
        });
      },
    );

    it.each(
      [
        ['gateway', 'PUT', 'GET, HEAD, POST'],
        ['self', 'POST', 'GET, HEAD'],
        ['management', 'DELETE', 'GET, HEAD, POST'],
      ].filter(([of]) => of === name),
    )('#20 known path, other method: 405 (%s, %s), Allow: %s', async (_of, method, allow) => {
      const door = doors[name];
      const answer = await door.send('', { method, headers: [['X-Access-Token', door.secret]] });
      const made = await rows.take(1);
      const detail = expectDenial(answer, 'METHOD_NOT_ALLOWED', made, {
        ...door.row,
        method,
        keyId: door.keyId,
      });
      expect(answer.headers.get('allow')).toBe(allow);
      expect(detail.context).toEqual({ allow: allow?.split(', ') });
      expect(upstream.calls).toEqual([]);
    });

    it('#20 an OPTIONS that is no preflight is a method like the others', async () => {
      const door = doors[name];
      const bare = await door.send('', { method: 'OPTIONS', headers: asBrowser.slice(0, 1) });
      expectDenial(bare, 'CREDENTIALS_MISSING', await rows.take(1), {
        ...door.row,
        method: 'OPTIONS',
      });
      const known = await door.send('', {
        method: 'OPTIONS',
        headers: [['X-Access-Token', door.secret]],
      });
      expectDenial(known, 'METHOD_NOT_ALLOWED', await rows.take(1), {
        ...door.row,
        method: 'OPTIONS',
        keyId: door.keyId,
      });
    });
  });

  it("#20 a CORS preflight gets the service's policy without a credential: no cross-origin use, logged as a call", async () => {
    const door = doors.gateway;
    const answer = await door.send('', { method: 'OPTIONS', headers: asBrowser });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(
      [...answer.headers.keys()].filter((header) => header.startsWith('access-control-')),
    ).toEqual([]);
    const made = await rows.take(1);
    expect(made).toHaveLength(1);
    expect(made[0]).toMatchObject({
      ...door.row,
      id: answer.headers.get('x-correlation-id'),
      method: 'OPTIONS',
      keyId: null,
      credential: 'none',
      status: 204,
      decision: 'allowed',
    });
    expect(upstream.calls).toEqual([]);
  });

  it.each([['self'], ['management']] as const)(
    "#20 the %s door is no service's: its preflight is refused",
    async (name) => {
      const answer = await doors[name].send('', { method: 'OPTIONS', headers: asBrowser });
      expectDenial(answer, 'CREDENTIALS_MISSING', await rows.take(1), {
        ...doors[name].row,
        method: 'OPTIONS',
      });
    },
  );

  it.each([
    ['gateway', '/nowhere/at/all'],
    ['gateway', '/crm/nothing'],
    ['self', '/latchkey/v1/nothing'],
    ['management', '/v1/nothing'],
    ['management', '/nothing'],
  ] as const)('#32 %s door: %s is no route, told to holders of a key only', async (name, path) => {
    const origin = name === 'management' ? latchkey.managementUrl : latchkey.accessUrl;
    const { secret, keyId } = doors[name];
    const ask = (head: string) =>
      sendBytes(
        origin,
        Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\n${head}Connection: close\r\n\r\n`),
      );
    const row = { door: name, path, route: null };
    expectDenial(await ask(''), 'CREDENTIALS_MISSING', await rows.take(1), { ...row, keyId: null });
    expectDenial(await ask(`X-Access-Token: ${secret}\r\n`), 'ROUTE_UNKNOWN', await rows.take(1), {
      ...row,
      keyId,
    });
    expect(upstream.calls).toEqual([]);
  });

  it.each(['management', 'gateway'] as const)(
    'the %s door: `*` is no path, whatever the framework makes of it',
    async (name) => {
      const origin = name === 'management' ? latchkey.managementUrl : latchkey.accessUrl;
      const { secret, keyId } = doors[name];
      for (const [head, of] of [
        ['', null],
        [`X-Access-Token: ${secret}\r\n`, keyId],
      ] as const) {
        const lines = `GET * HTTP/1.1\r\nHost: a\r\n${head}Connection: close\r\n\r\n`;
        const answer = await sendBytes(origin, Buffer.from(lines));
        const row = { door: name, path: '*', route: null, keyId: of };
        expectDenial(answer, 'PATH_INVALID', await rows.take(1), row);
      }
    },
  );
});
