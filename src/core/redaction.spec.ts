import { describe, expect, it } from '@jest/globals';
import { cpuMs } from '../../test/support/cpu-time.js';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import {
  cut,
  escapeControls,
  headerBytesMax,
  maskSecretsOfOurs,
  pathBytesMax,
  queryBytesMax,
  redactHeader,
  redactPath,
  redactQuery,
} from './redaction.js';
import { environments, newSecret } from './secret-format.js';
import { newWebhookSecret } from './webhook-signature.js';

const ours = ['lk_prod_4fGhJkLmNoPqRsTuVwXyZ0123456789A', '03HTim'].join('');
const other = ['acme1_dev_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef', '141o9J'].join('');
const whsec = newWebhookSecret();
const legacy = 'pat-na1-11111111-2222';

const escaped = (text: string) => Buffer.from(text).toString('hex').replace(/../g, '%$&');
const twice = (text: string) => escaped(text).replaceAll('%', '%25');

// prettier-ignore
describe('a query', () => {
  it.each<[name: string, query: string, expected: string]>([
    ['without secrets stays byte for byte', 'a=1&b=%20+x&c&&d==', 'a=1&b=%20+x&c&&d=='],
    ['that is empty stays empty', '', ''],
    ['#60 hapikey', `a=1&hapikey=${legacy}&b=2`, 'a=1&hapikey=***&b=2'],
    ['#13 hap%69key', `hap%69key=${legacy}`, 'hap%69key=***'],
    ['#13 hapikey wholly encoded', `${escaped('hapikey')}=${legacy}`, `${escaped('hapikey')}=***`],
    ['#13 hapikey encoded twice', `${twice('hapikey')}=${legacy}`, `${twice('hapikey')}=***`],
    ['#17 HAPIKEY', `HAPIKEY=${legacy}`, 'HAPIKEY=***'],
    ['#3 hapikey[]', `hapikey[]=${legacy}`, 'hapikey[]=***'],
    ['#3 hapikey%5B%5D', `hapikey%5B%5D=${legacy}`, 'hapikey%5B%5D=***'],
    ['#3 hapikey[x]', `hapikey[x]=${legacy}`, 'hapikey[x]=***'],
    ['#3 hapikey[0]', `hapikey[0]=${legacy}`, 'hapikey[0]=***'],
    ['#2 hapikey twice', `hapikey=${legacy}&hapikey=x`, 'hapikey=***&hapikey=***'],
    ['an empty hapikey', 'hapikey=', 'hapikey=***'],
    ['a bare hapikey', 'hapikey', 'hapikey'],
    ['hapikey with an encoded =', `hapikey%3D${legacy}`, '***'],
    ['hapikey with an = that is encoded twice', `hapikey%253D${legacy}`, '***'],
    ['hapikey in a path in a value', `next=/a?hapikey=${legacy}`, 'next=***'],
    ['hapikey in an encoded URL in a value', `next=https%3A%2F%2Fa%2F%3Fhapikey%3D${legacy}&b=1`, 'next=***&b=1'],
    ['hapikey in a URL in a value, encoded twice', `next=%252F%253Fhapikey%253D${legacy}`, 'next=***'],
    ['hapikey behind a semicolon', `a=1;hapikey=${legacy}`, 'a=***'],
    ['hapikey inside a name', `a%3Fhapikey%3D${legacy}=1`, '***=1'],
    ['the word hapikey as a value', 'q=hapikey', 'q=hapikey'],
    ['our secret under any name', `q=${ours}&b=1`, 'q=***&b=1'],
    ['the secret of a webhook', `q=${whsec}&b=1`, 'q=***&b=1'],
    ['the secret of a webhook, encoded', `q=${escaped(whsec)}&b=1`, 'q=***&b=1'],
    ['our secret inside a value', `q=say+${ours}+twice`, 'q=say+***+twice'],
    ['our secret as a name', `${ours}=1`, '***=1'],
    ['our secret without a name', ours, '***'],
    ['our secret encoded', `q=${escaped(ours)}`, 'q=***'],
    ['our secret encoded twice', `q=${twice(ours)}`, 'q=***'],
    ['our secret partly encoded', `q=x+${ours.replaceAll('_', '%5F')}`, 'q=***'],
    ['our secret of an older prefix', `q=${other}`, 'q=***'],
    ['two of our secrets side by side', `q=${ours}${other}`, 'q=******'],
    ['two of our secrets apart', `q=${ours}.${ours}`, 'q=***.***'],
    ['what only looks like our secret', `q=${ours.slice(0, -1)}x`, `q=${ours.slice(0, -1)}x`],
    ['legacy text left elsewhere stays', `q=${legacy}`, `q=${legacy}`],
    ['#59 line ends and escapes', 'a=\r\n\u001b[31m', 'a=\\u000d\\u000a\\u001b[31m'],
  ])('%s', (_name, query, expected) => {
    expect(redactQuery(query)).toBe(expected);
  });

  it('that is not there stays so', () => {
    expect(redactQuery(null)).toBeNull();
  });

  it.each([
    'token', 'TOKEN', 'access_token', 'refresh-token', 'id.token', 'accessToken', 'X-Amz-Security-Token', 'x-access-token', 'token[]', 'token[0]', 'filter[token]', 'tok%65n', '%74oken',
    'password', 'Password', 'new_password', 'password2', 'user[password]', 'passwd', 'pwd', 'pass', 'passphrase',
    'secret', 'client_secret', 'clientSecret', 'code', 'sig', 'signature', 'X-Amz-Signature', 'X-Goog-Credential', 'credentials',
    'apikey', 'api_key', 'api-key', 'apiKey', 'x-api-key', 'key', 'access_key', 'AWSAccessKey', 'private-key', 'secretkey',
    'auth', 'Authorization', 'proxy-authorization', 'jwt', 'hmac', 'otp', 'pin', 'client_assertion', 'sessionid', 'JSESSIONID', 'session_id',
  ])('masks %s, which is named like a secret', (name) => {
    expect(redactQuery(`a=1&${name}=s3cret%20value&b=2`)).toBe(`a=1&${name}=***&b=2`);
  });

  it.each([
    'limit', 'after', 'keyId', 'keys', 'monkey', 'q', 'state', 'barcode', 'postcode', 'passenger', 'design', 'author', 'tokenize', 'secretary', 'signed', 'pinned', 'hotkey', 'from',
  ])('leaves %s, which is not', (name) => {
    expect(redactQuery(`${name}=value`)).toBe(`${name}=value`);
  });
});

// prettier-ignore
describe('a path', () => {
  it.each<[name: string, path: string, expected: string]>([
    ['without secrets stays byte for byte', '/a/%2F;x=1/b%20c/', '/a/%2F;x=1/b%20c/'],
    ['#60 with our secret as a segment', `/a/${ours}/b`, '/a/***/b'],
    ['#60 with our secret inside a segment', `/a/key-${ours}.json`, '/a/key-***.json'],
    ['with our secret glued after letters', `/abc${ours}`, '/abc***'],
    ['with our secret glued after letters and digits longer than a prefix', `/${'a1'.repeat(20)}${ours}`, `/${'a1'.repeat(20)}***`],
    ['with our secret glued after capitals', `/ABC${ours}`, '/ABC***'],
    ['with our secret glued before letters', `/${ours}abc`, '/***abc'],
    ['with our secret glued behind what looks like the middle of one', `/_prod_${'a'.repeat(36)}${ours}`, `/_prod_${'a'.repeat(36)}***`],
    ['with our secret encoded', `/a/${escaped(ours)}/b`, '/a/***/b'],
    ['with our secret encoded twice', `/a/${twice(ours)}/b`, '/a/***/b'],
    ['with our secret behind an encoded slash', `/a%2F${ours}/b`, '/***/b'],
    ['#60 with hapikey after & for ?', `/contacts&hapikey=${legacy}`, '/***'],
    ['#60 with hapikey as a path parameter', `/contacts;hapikey=${legacy}/notes`, '/***/notes'],
    ['#60 with hapikey after an encoded ?', `/a/contacts%3Fhapikey=${legacy}`, '/a/***'],
    ['#60 with hapikey after an encoded ?, encoded', `/a/contacts%3Fhap%69key%3D${legacy}`, '/a/***'],
    ['the word hapikey as a segment', '/hapikey/1', '/hapikey/1'],
    ['legacy text left elsewhere stays', `/a/${legacy}`, `/a/${legacy}`],
    ['#59 line ends and escapes', '/a\r\nb\u001b[0m\u0000', '/a\\u000d\\u000ab\\u001b[0m\\u0000'],
  ])('%s', (_name, path, expected) => {
    expect(redactPath(path)).toBe(expected);
  });
});

// prettier-ignore
describe('a header', () => {
  it.each<[name: string, value: string | undefined, expected: string | null]>([
    ['that is not there', undefined, null],
    ['that is empty', '', ''],
    ['without secrets', 'Mozilla/5.0 (X11; Linux x86_64)', 'Mozilla/5.0 (X11; Linux x86_64)'],
    ['#60 with our secret', `curl/8 ${ours} x`, 'curl/8 *** x'],
    ['#60 with our secret encoded', `curl/8 ${escaped(ours)}`, '***'],
    ['#60 a Referer with hapikey', `https://example.org/a?hapikey=${legacy}`, '***'],
    ['in UTF-8, as Node gives it', Buffer.from('café €').toString('latin1'), 'café €'],
    ['in Latin-1', 'caf\u00e9', 'caf\u00e9'],
    ['that is text already', 'Ã© \u20ac', 'Ã© \u20ac'],
    ['#59 CR, LF and ANSI', 'a\r\nb\u001b[31mc', 'a\\u000d\\u000ab\\u001b[31mc'],
    ['#59 C1 controls in Latin-1', 'a\u009b31m', 'a\\u009b31m'],
    ['#59 line separators in UTF-8', Buffer.from('a\u2028b').toString('latin1'), 'a\\u2028b'],
    ['#59 JSON stays text', '{"a":"b\\n"}', '{"a":"b\\n"}'],
    ['legacy text left elsewhere stays', `agent ${legacy}`, `agent ${legacy}`],
  ])('%s', (_name, value, expected) => {
    expect(redactHeader(value)).toBe(expected);
  });
});

describe('#59 control characters', () => {
  it.each([
    [0x00, 0x1f],
    [0x7f, 0x9f],
    [0x2028, 0x2029],
    [0x202a, 0x202e],
    [0x2066, 0x2069],
  ])('from %i to %i are written out', (first, last) => {
    for (let code = first; code <= last; code += 1) {
      // prettier-ignore
      expect(escapeControls(`a${String.fromCharCode(code)}b`)).toBe(`a\\u${code.toString(16).padStart(4, '0')}b`);
    }
  });

  // prettier-ignore
  it.each([' ', '~', '\u00a0', 'ü', '\u2027', '\u202f', '\u2065', '😀', 'שלום'])('%j stays', (text) => {
    expect(escapeControls(text)).toBe(text);
  });

  it('never leave a line end behind', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const kept of [redactPath(text), redactQuery(text), redactHeader(text)]) {
          expect(kept).toEqual(
            expect.not.stringMatching(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/),
          );
        }
      }),
      { numRuns },
    );
  });
});

// prettier-ignore
describe('cutting', () => {
  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdefg', 6, 'abc…'],
    ['üüü', 6, 'üüü'],
    ['üüüü', 6, 'ü…'],
    ['aüüü', 6, 'aü…'],
    ['€€€', 8, '€…'],
    ['😀😀', 8, '😀😀'],
    ['😀😀😀', 8, '😀…'],
    ['a😀😀', 8, 'a😀…'],
    ['', 6, ''],
  ])('%s to %d bytes is %s', (text, bytesMax, expected) => {
    expect(cut(text, bytesMax)).toBe(expected);
  });

  it('keeps within its bytes, never splits a character, and marks what it cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'ü', '€', '😀', '…') }), fc.integer({ min: 3, max: 30 }), (text, bytesMax) => {
        const kept = cut(text, bytesMax);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(bytesMax);
        if (Buffer.byteLength(text) <= bytesMax) {
          expect(kept).toBe(text);
          return;
        }
        expect(kept.endsWith('…')).toBe(true);
        const [whole, first] = [kept.slice(0, -1), [...text.slice(kept.length - 1)][0] as string];
        expect(text.startsWith(whole)).toBe(true);
        expect(whole).toEqual(expect.not.stringMatching(/\p{Surrogate}/u));
        // No more than needed: one character more would not fit.
        expect(Buffer.byteLength(whole + first) + 3).toBeGreaterThan(bytesMax);
      }),
      { numRuns },
    );
  });

  it.each([
    ['a path to 2 KB', redactPath, pathBytesMax, 2_048],
    ['a query to 2 KB', redactQuery, queryBytesMax, 2_048],
    ['a header to 512 bytes', redactHeader, headerBytesMax, 512],
  ])('%s', (_name, redact, bytesMax, expected) => {
    expect(bytesMax).toBe(expected);
    expect(redact('a'.repeat(expected))).toBe('a'.repeat(expected));
    expect(redact('a'.repeat(expected + 1))).toBe(`${'a'.repeat(expected - 3)}…`);
  });

  it('comes after masking: a secret that would be cut in two is masked first', () => {
    for (let before = 440; before < 520; before += 1) {
      const kept = redactHeader(`${'-'.repeat(before)}${ours}`) as string;
      expect(kept).not.toContain('lk_prod_');
    }
    expect(redactPath(`/${'a/'.repeat(1_010)}${ours}`)).not.toContain('4fGh');
    expect(redactQuery(`q=${'-'.repeat(2_020)}${ours}`)).not.toContain('4fGh');
  });

  it('comes after escaping: what is kept never exceeds its bytes', () => {
    expect(Buffer.byteLength(redactHeader('\u0000'.repeat(512)) as string)).toBeLessThanOrEqual(512);
  });
});

// A genuine secret somewhere in a request, each character of it sent in one of many ways.

const secret = fc
  // prettier-ignore
  .tuple(
    fc.constantFrom('lk', 'a', 'acme1', 'de', 'beef', 'abcdefghijklmnop'),
    fc.constantFrom(...environments),
  )
  .map(
    ([prefix, environment]) =>
      () =>
        newSecret(prefix, environment),
  );

const codings: readonly ((character: string) => string)[] = [
  (character) => character,
  (character) => escaped(character),
  (character) => escaped(character).toUpperCase(),
  (character) => twice(character),
  (character) => escaped(escaped(character)),
  (character) => escaped(character).replace(/\d/, (digit) => escaped(digit)),
];

// prettier-ignore
const coding = fc.oneof(
  { weight: 3, arbitrary: fc.nat(5).map((one) => [one]) },
  { weight: 2, arbitrary: fc.array(fc.nat(5), { minLength: 1, maxLength: 9 }) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(0, 0, 0, 0, 1), { minLength: 1, maxLength: 50 }) },
);

const around = fc
  .array(
    fc.constantFrom(
      'a',
      'x9',
      'LK',
      'lk_',
      '_prod_',
      '_dev_',
      `_prod_${'a'.repeat(36)}`,
      '%',
      '%2',
      '%25',
      '%C3',
      '%E2%82',
      '%5F',
      '-',
      '.',
      ' ',
      '+',
      '"',
      '/',
      '?',
      '&',
      '=',
      ';',
      'q=',
      'hapikey',
      'ü',
      '\u0000',
      ours,
      escaped(ours),
    ),
    { maxLength: 6 },
  )
  // prettier-ignore
  .map((parts) => parts.join(''));

/** What a reader of the log could make of it: the text, and what decoding it once and twice gives. */
function readings(text: string): string[] {
  const decode = (some: string) =>
    // prettier-ignore
    some.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return [text, decode(text), decode(decode(text))];
}

describe('#28 a genuine secret anywhere in a request', () => {
  // prettier-ignore
  it.each([
    ['path', redactPath],
    ['query', redactQuery],
    ['header', redactHeader],
  ])('is never kept from a %s, nor any eight characters of it', (_name, redact) => {
    fc.assert(
      fc.property(secret, coding, around, around, (make, codes, before, after) => {
        const text = make();
        const sent = [...text].map((one, i) => codings[codes[i % codes.length] as number]?.(one)).join('');
        const whole = `/${before}${sent}${after}`;
        // What stands before may swallow the first character (`%6` and `a`): then nothing genuine was sent.
        fc.pre(readings(whole).some((reading) => reading.includes(text)));
        for (const reading of readings(redact(whole) as string)) {
          for (let at = text.length - 38; at + 8 <= text.length; at += 1) {
            if (reading.includes(text.slice(at, at + 8))) throw new Error(`${whole} → ${reading}`);
          }
        }
      }),
      { numRuns },
    );
  });

  it('is told from text that only looks like one', () => {
    fc.assert(
      fc.property(secret, fc.nat(37), fc.constantFrom('0', 'a', 'Z'), (make, at, character) => {
        const text = make();
        const place = text.length - 1 - at;
        fc.pre(text[place] !== character);
        const changed = text.slice(0, place) + character + text.slice(place + 1);
        expect(maskSecretsOfOurs(changed)).toBe(changed);
        expect(maskSecretsOfOurs(text)).toBe('***');
      }),
      { numRuns },
    );
  });

  it.each([
    ['secrets', ours.repeat(350)],
    ['secrets with a wrong end', `${ours.slice(0, -1)}!`.repeat(350)],
    ['beginnings', 'lk_prod_'.repeat(2_048)],
    ['middles', `_prod_${'a'.repeat(38)}`.repeat(372)],
    ['letters before each middle', `${'a'.repeat(16)}_prod_${'a'.repeat(38)}`.repeat(273)],
    ['underscores', '_'.repeat(16_384)],
    ['escapes', '%41'.repeat(5_461)],
    ['escapes of escapes', '%25'.repeat(5_461)],
    ['percent signs', '%'.repeat(16_384)],
    ['brackets', '['.repeat(16_384)],
    ['segments', '/'.repeat(16_384)],
    ['parameters', 'a%61=b%62&'.repeat(1_638)],
    ['equals signs', '='.repeat(16_384)],
    ['hapikeys', 'hapikey'.repeat(2_340)],
    ['hapikeys as parameters', 'hapikey=x&'.repeat(1_638)],
    ['control characters', '\u0000'.repeat(16_384)],
    ['emoji', '😀'.repeat(4_096)],
  ])('hostile, 16 KB of %s, is redacted at once', (_name, text) => {
    for (const redact of [redactPath, redactQuery, redactHeader]) {
      const startedAt = cpuMs();
      const kept = redact(text) as string;
      expect(cpuMs() - startedAt).toBeLessThan(200);
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(2_048);
    }
  });
});

describe('what is long', () => {
  const legacy = 'Zq+/81.a-b_c~d/e+fGhIjKlMnOpQrStUvWx==';
  const encoded = encodeURIComponent(encodeURIComponent(legacy));

  it.each([legacy, encodeURIComponent(legacy), encoded])(
    'shows no part of a presented secret that lies across the cut: %s',
    (sent) => {
      for (let at = pathBytesMax - sent.length - 4; at <= pathBytesMax + 4; at += 1) {
        const path = `/${'a/'.repeat(at / 2)}${sent}/${'b/'.repeat(4000)}`;
        expect(redactPath(path, [legacy])).not.toContain(sent.slice(0, 6));
        const query = `${'a&'.repeat(at / 2)}x=${sent}&${'b&'.repeat(4000)}`;
        expect(redactQuery(query, [legacy])).not.toContain(sent.slice(0, 6));
      }
    },
  );

  it('shows no part of a secret of ours that lies across the cut', () => {
    const ours = newSecret('lk', 'production');
    for (let at = pathBytesMax - 60; at <= pathBytesMax + 4; at += 1) {
      expect(redactPath(`/${'a'.repeat(at)}/${ours}/b`)).not.toContain(ours.slice(8, 14));
      expect(redactQuery(`${'a'.repeat(at)}&${ours}&b`)).not.toContain(ours.slice(8, 14));
    }
  });

  it.each([-2, -1, 0, 1, 2])('is marked where it is cut (%i)', (more) => {
    const first = `a=${'x'.repeat(2_046 + more)}`;
    expect(redactQuery(`${first}&b=2&c=3`)?.endsWith('…')).toBe(true);
    expect(redactPath(`/${first}/b/c`).endsWith('…')).toBe(true);
    expect(redactQuery(first)?.endsWith('…')).toBe(more > 0);
  });

  it('costs little more than what is kept of it', () => {
    const cost = (query: string) => {
      const startedAt = cpuMs();
      for (let i = 0; i < 20; i += 1) redactQuery(query, [legacy]);
      return cpuMs() - startedAt;
    };
    const [kept, sent] = ['%61&'.repeat(700), '%61&'.repeat(40_000)];
    cost(kept);
    const costs = [1, 2, 3, 4, 5].map(() => [cost(kept), cost(sent)]);
    const median = (of: number) => costs.map((pair) => pair[of] ?? 0).sort((a, b) => a - b)[2] ?? 0;
    // Redacting all of it would take fifty times as long.
    expect(median(1)).toBeLessThan(5 * median(0));
  });
});
