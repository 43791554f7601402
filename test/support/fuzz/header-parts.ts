import * as fc from 'fast-check';
import { anyBytes, mostly, sound, tokenText, unsound, visible, type Part } from './parts.js';

const line = (name: string, value: string): string => `${name}: ${value}\r\n`;

const addresses = [
  '203.0.113.7',
  '203.0.113.7, 127.0.0.1',
  '198.51.100.1:99',
  '[2001:db8::1]:443',
  '::ffff:10.0.0.1',
  '010.0.0.1',
  'unknown',
  '_hid',
  '',
  ',,',
  '1.1.1.1, , 127.0.0.1',
  'fe80::1%eth0',
];

const known: readonly (readonly [name: string, values: readonly string[]])[] = [
  ['User-Agent', ['curl/8.0', '', '\x1b[31mred', '{"a":1}', 'caf\xc3\xa9', '\xff\xfe', 'x'.repeat(2_000)]],
  ['X-Forwarded-For', addresses],
  ['Forwarded', ['for=203.0.113.7', 'for="[::1]"']],
  ['X-Real-IP', ['203.0.113.7']],
  ['X-Forwarded-Host', ['evil.example', '']],
  ['X-Forwarded-Proto', ['https', 'javascript']],
  ['X-Original-Method', ['GET', 'POST', 'get', '']],
  ['X-Original-URI', ['/crm/contacts', '/crm/status?a=1', '//', '/caf\xc3\xa9', 'http://a/crm/ping', '']],
  ['X-Forwarded-Method', ['GET', 'HEAD', 'DELETE', 'G@T']],
  ['X-Forwarded-Uri', ['/crm/contacts/7?limit=1', '/crm/../x', '*', '#']],
  ['X-Latchkey-Account', ['acc_somebody']],
  ['x_latchkey_key', ['key_somebody']],
  ['X-Latchkey-Scopes', ['everything']],
  ['X-Correlation-Id', ['call_00000000000000000000000']],
  ['X-Request-Id', ['1', '\x80\x81', 'r'.repeat(600)]],
  ['Connection', ['close', 'keep-alive', 'X-Latchkey-Account', 'close, X-A', ', ,', 'Upgrade']],
  ['Upgrade', ['websocket', 'h2c', 'WebSocket/13, foo', '']],
  ['Keep-Alive', ['timeout=0', 'timeout=99999999999']],
  ['TE', ['trailers', 'gzip;q=0.5']],
  ['Trailer', ['Content-Length']],
  ['Expect', ['100-continue', '100-CONTINUE']],
  ['Accept', ['*/*', 'text/html']],
  ['Accept-Encoding', ['gzip, br', 'identity;q=0']],
  ['Range', ['bytes=0-0', 'bytes=-1', 'lines=1']],
  ['If-None-Match', ['*', '"a"', 'W/"']],
  ['Content-Encoding', ['gzip', 'br', 'identity']],
  ['Origin', ['https://evil.example', 'null']],
  ['Access-Control-Request-Method', ['POST', 'G@T', '']],
  ['Cookie', ['a=b', '__Host-session=x', ';;;=']],
  ['Referer', ['https://a.example/?token=abc']],
  ['Via', ['1.1 latchkey', '1.1 a, 1.1 b']],
  ['Max-Forwards', ['0', '-1']],
  ['Proxy-Authorization', ['Basic YTpi']],
  ['Proxy-Connection', ['close']],
  ['Http2-Settings', ['AAMAAABkAAQAAP__']],
  ['X-HTTP-Method-Override', ['DELETE']],
  ['Date', ['yesterday']],
  ['__proto__', ['a']],
  ['constructor', ['a']],
  ['Host-', ['a']],
]; // prettier-ignore

/** Control characters are all that a parser takes exception to. */
const takenLine = (name: string, value: string): Part => ({
  text: line(name, value),
  sound: /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
});

const knownLine = fc
  .constantFrom(...known)
  .chain(([name, values]) => fc.constantFrom(...values).map((value) => takenLine(name, value)));

const newLine = fc
  .tuple(tokenText(20), visible(60))
  .map(([name, value]) => sound(line(`X-${name.replaceAll('~', '-')}`, value)));

/** What holds a secret where none belongs. */
const strayLine = (secret: fc.Arbitrary<string>): fc.Arbitrary<Part> =>
  fc
    .tuple(fc.constantFrom('User-Agent', 'X-Request-Id', 'Referer', 'X-Custom', 'Cookie'), secret)
    .map(([name, value]) => sound(line(name, `a ${value} b`)));

const oddLine = fc.oneof(
  anyBytes(40).map((value) => unsound(line('X-Odd', value.replace(/[\r\n]/g, '')))),
  fc
    .constantFrom('X A', '', 'X-\0', 'X\xe9', '(x)', 'X-A ', ' X-A', 'Host', 'hOST')
    .map((name) => unsound(line(name, 'a'))),
  fc.constantFrom('no colon\r\n', ' folded\r\n', 'X-A: a\r\n\tb\r\n', 'X-A: a\rX-B: b\r\n', 'X-A: a\n', 'Expect: 200-ok\r\n').map(unsound), // prettier-ignore
  fc.integer({ min: 100, max: 400 }).map((count) => unsound(line('X-Many', 'a').repeat(count))),
  fc.integer({ min: 1_000, max: 40_000 }).map((size) => unsound(line('X-Large', 'a'.repeat(size)))),
);

/** Some header lines beside `Host`, the credential's and those that frame the body. */
export function headerLines(secret: fc.Arbitrary<string>): fc.Arbitrary<Part> {
  const usual = fc.oneof(
    { weight: 6, arbitrary: knownLine },
    { weight: 2, arbitrary: newLine },
    { weight: 1, arbitrary: strayLine(secret) },
  );
  return fc
    .tuple(fc.array(usual, { maxLength: 4 }), mostly(fc.constant(sound('')), oddLine, 11))
    .map(([lines, odd]) => ({
      text: lines.map(({ text }) => text).join('') + odd.text,
      sound: odd.sound && lines.every((each) => each.sound),
    }));
}

export const hostLine: fc.Arbitrary<Part> = mostly(
  fc.constant(sound('Host: latchkey\r\n')),
  fc.constantFrom('', 'Host: a\r\nHost: b\r\n', 'Host:\r\n', 'Host: a b\r\n', 'Host: a:99999\r\n', 'Host: \xe9\r\n', 'host: a/../b\r\n', 'Host: {}"<>\r\n').map(unsound), // prettier-ignore
  19,
);
