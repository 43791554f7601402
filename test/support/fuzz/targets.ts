import * as fc from 'fast-check';
import { anyBytes, mostly, sound, tokenText, unsound, visible, type Part } from './parts.js';

/** Turns the paths that there are into request targets: most as they are, others as they should not be. */
export function targetsFrom(
  paths: fc.Arbitrary<string>,
  secret: fc.Arbitrary<string>,
): fc.Arbitrary<Part> {
  const path = mostly(paths, fc.oneof(bent(paths), wrong(secret)), 4);
  const query = mostly(fc.constant(''), queries(secret), 3);
  const plain = fc.tuple(path, query).map(([before, after]) => part(before + after));
  return mostly(plain, fc.oneof(inAnotherForm(plain), plain.chain(withOddEnd)), 9);
}

/** In origin form and visible: what Node's parser takes, whatever we then make of it. */
function part(text: string): Part {
  return /^\/[\x21-\x7e]*$/.test(text) ? sound(text) : unsound(text);
}

const oddSegment = fc.constantFrom(
  ...['.', '..', '%2e', '%2E%2e', '.%2e', '', '%2F', '%5c', '\\', ';a=b', '..;', '..;/', ';'],
  ...['%00', '%0d%0a', '%zz', '%', '%c0%80', '%ff', '%u0041', '%252e%252e', '%252f', '{id}', '*'],
  ...['__proto__', 'constructor', 'caf%C3%A9', '%E2%80%AE', '"<>`|^', ':id', '(.*)', '$&', '~root'],
  ...['a'.repeat(300), '%41'.repeat(200), 'x'.repeat(3_000), '/'.repeat(50), '../'.repeat(50)],
);

const segment = fc.oneof(
  oddSegment,
  visible(20).map((text) => text.replace(/[ ?#]/g, '-')),
  tokenText(10),
);

/** A path that there is, with something odd in, before or after it, or with a character of it escaped. */
function bent(paths: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    fc.tuple(paths, segment).map(([path, odd]) => `${path}/${odd}`),
    fc.tuple(paths, segment).map(([path, odd]) => `/${odd}${path}`),
    fc.tuple(paths, fc.nat(), segment).map(([path, at, odd]) => {
      const segments = path.split('/');
      return segments.toSpliced(1 + (at % segments.length), 0, odd).join('/');
    }),
    fc.tuple(paths, fc.nat()).map(([path, at]) => {
      const index = 1 + (at % Math.max(1, path.length - 1));
      const code = path.charCodeAt(index) || 0x2f;
      return `${path.slice(0, index)}%${code.toString(16).padStart(2, '0')}${path.slice(index + 1)}`;
    }),
    paths.map((path) => path.toUpperCase()),
    paths.map((path) => `${path}/`),
  );
}

function wrong(secret: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`),
    secret.map((value) => `/wide/${value}`),
    secret.map((value) => `/nowhere/${encodeURIComponent(value)}/x`),
  );
}

function queries(secret: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const parameter = fc.oneof(
    fc.tuple(tokenText(8), visible(20)).map(([name, value]) => `${name}=${encodeURIComponent(value)}`),
    fc.constantFrom('a=1', 'a', '=', '', '&&', 'a=b=c', 'a+b=c%20d', '%zz=%', '__proto__=1', 'a[]=1', 'a[b][c]=1', '%00=%00', 'q=%FF', 'next=%2Fa%3Fhapikey%3Db', 'limit=1', 'a;b=c', '?', 'token=abc', 'x=' + 'y'.repeat(3_000)),
    secret.map((value) => `q=${value}`),
    secret.map((value) => `next=${encodeURIComponent(`/a?hapikey=${value}`)}`),
    secret.map((value) => `${value}=1`),
  ); // prettier-ignore
  return fc.array(parameter, { maxLength: 4 }).map((parameters) => `?${parameters.join('&')}`);
}

function inAnotherForm(plain: fc.Arbitrary<Part>): fc.Arbitrary<Part> {
  const authority = fc.constantFrom('http://latchkey', 'https://evil.example:8443', 'HTTP://A');
  const oddAuthority = fc.constantFrom('http://u:p@h', 'http://', 'ftp://a', 'http:/a', '//evil.example', 'http://[::1]', 'http://a#b'); // prettier-ignore
  return fc.oneof(
    fc.tuple(authority, plain).map(([origin, { text, sound: isSound }]) => ({
      text: origin + text,
      sound: isSound,
    })),
    fc.tuple(oddAuthority, plain).map(([origin, { text }]) => unsound(origin + text)),
    fc.constantFrom('*', 'latchkey:443', '', 'crm/contacts', '?', '#', 'http://a?b').map(unsound),
  );
}

function withOddEnd({ text }: Part): fc.Arbitrary<Part> {
  return fc.oneof(
    fc.constantFrom('#', '#hapikey=a', ' ', '\t', '\0', '\x7f', '\xc3\xa9').map((odd) => part(text + odd)),
    anyBytes(6).map((odd) => part(text + odd.replace(/[\r\n]/g, ''))),
  ); // prettier-ignore
}
