import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm } from '../support/crm.js';
import { expectEnvelope, expectNoSecret } from '../support/denials.js';
import { doorNames, openDoors, type DoorName, type OpenDoor } from '../support/doors.js';
import { startTestLatchkey, type CallRow, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

/** Bytes as they are sent, and what the row makes of them: `null` if the parser refuses them, for then it is no call. */
const userAgents: [string, string, string | null][] = [
  ['#59 ANSI colours', '\u001b[31mred\u001b[0m', null],
  ['#59 a terminal title', '\u001b]0;pwned\u0007', null],
  ['#59 a bare carriage return', 'a\rb', null],
  ['#59 DEL', 'a\u007fb', null],
  ['#59 the C1 introducer', '\u009b31mred', '\\u009b31mred'],
  ['#59 a C1 line end', 'a\u0085b', 'a\\u0085b'],
  ['#59 a tab', 'a\tb', 'a\\u0009b'],
  ['#59 JSON', '{"status":200,"keyId":"key_forged"}', '{"status":200,"keyId":"key_forged"}'],
  ['#59 a quote and a backslash', '"\\n"', '"\\n"'],
  ['#59 a line separator', latin1('a\u2028b'), 'a\\u2028b'],
  ['#59 right-to-left override', latin1('exe\u202etxt'), 'exe\\u202etxt'],
  ['other letters are kept', latin1('Zoë ünï 漢字 🔑'), 'Zoë ünï 漢字 🔑'],
  ['markup is text', '<script>alert(1)</script>', '<script>alert(1)</script>'],
  ['a formula is text', '=HYPERLINK("http://x")', '=HYPERLINK("http://x")'],
];

const paths: [string, string, string | null][] = [
  ['#59 CR and LF, encoded', '/x%0d%0aX-Injected:%201', '/x%0d%0aX-Injected:%201'],
  ['#59 an escape, encoded', '/x%1b[31m', '/x%1b[31m'],
  ['#59 JSON', '/{"status":200}', '/{"status":200}'],
  ['#59 a backslash', '/\\u001b[31m', '/\\u001b[31m'],
  ['#59 a raw escape', '/x\u001b[31m', null],
  ['#59 a raw tab', '/x\ty', null],
];

/** UTF-8 as the bytes that Node reads as Latin-1. */
function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Characters that would end a line, move a cursor or turn text around. */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

describe.each(doorNames.map((name) => [name]))(
  'rows of hostile calls, %s door',
  (name: DoorName) => {
    let latchkey: TestLatchkey;
    let upstream: RecordingUpstream;
    let door: OpenDoor;
    let rows: NewRows;

    beforeAll(async () => {
      upstream = await startUpstream();
      latchkey = await startTestLatchkey();
      door = (await openDoors(latchkey, await publishCrm(latchkey, upstream.url)))[name];
      rows = new NewRows(latchkey);
    });

    beforeEach(() => rows.skip());

    afterAll(async () => {
      await latchkey.remove();
      await upstream.close();
    });

    const token = (): HeaderLine => ['X-Access-Token', door.secret];

    function expectOneLine(row: CallRow | undefined): void {
      for (const value of Object.values(row ?? {})) expect(String(value)).not.toMatch(unprintable);
    }

    /** The row of a call, or none if what came was never one. */
    async function rowOf(answer: RawAnswer, isCall: boolean): Promise<CallRow | null> {
      const made = await rows.take(isCall ? 1 : 0);
      expect(made).toHaveLength(isCall ? 1 : 0);
      if (!isCall)
        expectEnvelope(answer, { reason: 'REQUEST_MALFORMED', category: 'INVALID_REQUEST' });
      expectNoSecret([door.secret], answer, made);
      return made[0] ?? null;
    }

    it.each(userAgents)('%s in the user agent: one line', async (_name, sent, userAgent) => {
      const answer = await door.send('', { headers: [token(), ['User-Agent', sent]] });
      const row = await rowOf(answer, userAgent !== null);
      if (row === null) return;
      expect(row).toMatchObject({ ...door.row, keyId: door.keyId, userAgent, status: 200 });
      expectOneLine(row);
    });

    it.each(paths)('%s in the path: one line', async (_name, sent, kept) => {
      const answer = await door.send(sent, { headers: [token()] });
      expect(answer.headers.has('x-injected')).toBe(false);
      const row = await rowOf(answer, kept !== null);
      if (row === null) return;
      const id = answer.headers.get('x-correlation-id');
      expect(row).toMatchObject({
        id,
        path: door.path + kept,
        keyId: door.keyId,
        status: answer.status,
      });
      expectOneLine(row);
    });

    it('#59 every other field that a caller fills is kept on one line, and cut', async () => {
      const evil = '\u009b2J"},{"forged":true\u0085';
      await door.send(`?a=${'q'.repeat(4_000)}&b=1`, {
        headers: [
          token(),
          ['User-Agent', `${evil}${'u'.repeat(2_000)}`],
          ['X-Request-Id', evil],
          ['X-Forwarded-For', evil.repeat(40)],
        ],
      });
      const made = await rows.take(1);
      expect(made).toHaveLength(1);
      const row = made[0] as CallRow;
      expectOneLine(row);
      expect(row['clientRequestId']).toBe('\\u009b2J"},{"forged":true\\u0085');
      for (const [field, bytes] of [
        ['query', 2_048],
        ['userAgent', 512],
        ['forwardedFor', 512],
      ] as const) {
        expect([field, Buffer.byteLength(row[field])]).toEqual([field, expect.any(Number)]);
        expect(Buffer.byteLength(row[field])).toBeLessThanOrEqual(bytes);
        expect(row[field]).toMatch(/…$/);
      }
    });

    it('#60 a secret in path, Referer, user agent or request id is in no row, and the rest of the row is', async () => {
      const { secret } = door;
      const answer = await door.send(`/${secret}/x?hapikey=${secret}&q=${secret}&plain=1`, {
        headers: [
          ['Referer', `https://a.example/?hapikey=${secret}`],
          ['User-Agent', `agent/1 ${secret}`],
          ['X-Request-Id', `id-${secret}`],
        ],
      });
      const made = await rows.take(1);
      expect(made).toHaveLength(1);
      expect(made[0]).toMatchObject({
        id: answer.json.correlationId,
        keyId: door.keyId,
        path: `${door.path}/***/x`,
        query: 'hapikey=***&q=***&plain=1',
        userAgent: 'agent/1 ***',
        clientRequestId: 'id-***',
      });
      expect(answer.raw + JSON.stringify(made)).not.toContain(secret.slice(12));
    });

    it.each([
      ['token'],
      ['access_token'],
      ['password'],
      ['code'],
      ['sig'],
      ['X-Amz-Signature'],
      ['client_secret'],
      ['apiKey'],
      ['filter[token]'],
    ])('#60 a parameter named like a secret (%s) is masked', async (parameter) => {
      const origin = name === 'management' ? latchkey.managementUrl : latchkey.accessUrl;
      await sendRaw(origin, {
        target: `${door.path}?${parameter}=hunter2&a=1`,
        headers: [token()],
      });
      expect(await rows.take(1)).toMatchObject([
        { query: `${parameter}=***&a=1`, keyId: door.keyId },
      ]);
    });
  },
);

describe('#60 a secret that was brought along is known where it was presented', () => {
  it.each([
    ['as hapikey', (k: string) => `?hapikey=${encodeURIComponent(k)}`, () => [] as HeaderLine[]],
    ['as bearer', () => '', (k: string): HeaderLine[] => [['Authorization', `Bearer ${k}`]]],
    [
      'twice',
      (k: string) => `?hapikey=${encodeURIComponent(k)}`,
      (k: string): HeaderLine[] => [['X-Access-Token', k]],
    ],
  ])('%s: it is masked wherever else it stands', async (_name, query, headers) => {
    const secret = 'Zq+/81.a-b_c~d/e+fGhIjKlMnOpQrStUvWx==';
    const latchkey = await startTestLatchkey({ OPERATOR_KEY: secret });
    try {
      const rows = new NewRows(latchkey);
      await rows.skip();
      const encoded = encodeURIComponent(secret);
      const suffix = query(secret);
      const answer = await sendRaw(latchkey.managementUrl, {
        target: `/v1/accounts/${encoded}${suffix}${suffix === '' ? '?' : '&'}q=${encoded}&r=${secret}`,
        headers: [
          ...headers(secret),
          ['User-Agent', `agent ${secret}`],
          ['X-Request-Id', encoded],
          ['X-Forwarded-For', secret],
        ],
      });
      const made = await rows.take(1);
      expect(made).toHaveLength(1);
      expect(made[0]).toMatchObject({
        id: answer.json.correlationId,
        keyName: 'Operator key',
        path: '***',
        userAgent: 'agent ***',
      });
      const seen = answer.raw + JSON.stringify(made);
      for (const needle of [secret, encoded, secret.slice(4)]) expect(seen).not.toContain(needle);
    } finally {
      await latchkey.remove();
    }
  });
});
