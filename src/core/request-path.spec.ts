import { describe, expect, it } from '@jest/globals';
import { cpuMs } from '../../test/support/cpu-time.js';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { readRequestTarget } from './request-path.js';

// prettier-ignore
describe('a request target', () => {
  it.each<[target: string, raw: string, segments: string[], rawQuery: string | null]>([
    ['/', '/', [''], null],
    ['/?', '/', [''], ''],
    ['/a', '/a', ['a'], null],
    ['/a/', '/a/', ['a', ''], null],
    ['/a/b?c=d', '/a/b', ['a', 'b'], 'c=d'],
    ['/a?b?c', '/a', ['a'], 'b?c'],
    ['/a?b=/../c//d', '/a', ['a'], 'b=/../c//d'],
    ['/a?%zz', '/a', ['a'], '%zz'],
    ['/a-b_c~d.e', '/a-b_c~d.e', ['a-b_c~d.e'], null],
    ['#85 /%61', '/%61', ['a'], null],
    ['#85 /%2561', '/%2561', ['%61'], null],
    ['#85 /a%2Fb/c', '/a%2Fb/c', ['a/b', 'c'], null],
    ['#85 /a%2fb', '/a%2fb', ['a/b'], null],
    ['#85 /a%3Fb', '/a%3Fb', ['a?b'], null],
    ['#85 /a%23b', '/a%23b', ['a#b'], null],
    ['#85 /a;x=1/b', '/a;x=1/b', ['a;x=1', 'b'], null],
    ['#85 /a:b@c!$&\'()*+,=', '/a:b@c!$&\'()*+,=', ['a:b@c!$&\'()*+,='], null],
    ['#85 /%E2%82%AC', '/%E2%82%AC', ['€'], null],
    ['#85 /a+b is no space', '/a+b is no space', ['a+b is no space'], null],
    ['/...', '/...', ['...'], null],
    ['/.a/..b/c./d..', '/.a/..b/c./d..', ['.a', '..b', 'c.', 'd..'], null],
    ['/.well-known/x', '/.well-known/x', ['.well-known', 'x'], null],
    ['/__proto__/constructor', '/__proto__/constructor', ['__proto__', 'constructor'], null],
    ['#85 http://example.org/a/b?c', '/a/b', ['a', 'b'], 'c'],
    ['#85 https://example.org:8443/a', '/a', ['a'], null],
    ['#85 HTTP://EXAMPLE.ORG/A', '/A', ['A'], null],
    ['#85 http://example.org', '/', [''], null],
    ['#85 http://example.org?a', '/', [''], 'a'],
    ['#85 http://example.org/', '/', [''], null],
    ['#85 http://a@example.org/b', '/b', ['b'], null],
  ])('%s is read', (target, raw, segments, rawQuery) => {
    const read = readRequestTarget(target.replace('#85 ', ''));
    expect(read).toMatchObject({ path: { valid: true, raw, segments }, rawQuery });
  });

  const dots = 'the path holds a dot segment';
  const empty = 'the path holds an empty segment (//)';
  const escape = 'the path holds a bad percent escape';
  const control = 'the path holds a backslash or a control character';
  const fragment = 'a fragment (#) never belongs in a request';
  const noPath = 'the request target is not a path';
  it.each<[target: string, detail: string]>([
    ['#15 /a#b', fragment],
    ['#15 /#', fragment],
    ['#15 /a?b#c', fragment],
    ['#15 /a#b?c', fragment],
    ['#15 http://example.org/a#b', fragment],
    ['#15 http://example.org#b', noPath],
    ['#85 /.', dots],
    ['#85 /..', dots],
    ['#85 /./a', dots],
    ['#85 /../a', dots],
    ['#85 /a/../b', dots],
    ['#85 /a/..', dots],
    ['#85 /a/./', dots],
    ['#85 /%2e', dots],
    ['#85 /%2E%2e/a', dots],
    ['#85 /.%2e/a', dots],
    ['#85 /a/%2e./b', dots],
    ['#85 /..;/a', dots],
    ['#85 /..;x=1/a', dots],
    ['#85 /.;x', dots],
    ['#85 /%2e%2e;x', dots],
    ['#85 /..%3bx', dots],
    ['#85 /a%2F..', dots],
    ['#85 /a%2F..%2Fb', dots],
    ['#85 /..%2Fb', dots],
    ['#85 /..%2fb', dots],
    ['#85 /%2e%2e%2fb', dots],
    ['#85 /a%2F.%2Fb', dots],
    ['#85 /..%5Cb', dots],
    ['#85 /a%5C..', dots],
    ['#85 /a%2F..;x', dots],
    ['#85 //', empty],
    ['#85 //a', empty],
    ['#85 /a//b', empty],
    ['#85 /a//', empty],
    ['#85 /a//b%20c', empty],
    ['#85 //example.org/a', empty],
    ['#85 http://example.org//a', empty],
    ['#85 /;x/admin', empty],
    ['#85 /;/admin', empty],
    ['#85 /a/;x', empty],
    ['#85 /a/%3Bx/b', empty],
    ['#14 /%', escape],
    ['#14 /%4', escape],
    ['#14 /%zz', escape],
    ['#14 /a%', escape],
    ['#14 /%FF', escape],
    ['#14 /%C0%80', escape],
    ['#14 /%C0%AF', escape],
    ['#14 /%C0%AE%C0%AE/', escape],
    ['#14 /%E0%80%AF', escape],
    ['#14 /%ED%A0%80', escape],
    ['#14 /%F4%90%80%80', escape],
    ['#12 /%00', control],
    ['#12 /a%00b', control],
    ['#59 /a%0Ab', control],
    ['#59 /a%0D%0Ab', control],
    ['#59 /%1B[31m', control],
    ['#59 /%7F', control],
    ['#85 /a%5Cb', control],
    ['#85 /a\\b', control],
    ['*', noPath],
    ['', noPath],
    ['a', noPath],
    ['example.org:443', noPath],
    ['#85 ftp://example.org/a', noPath],
    ['#85 http:///a', noPath],
    ['#85 http:/a', noPath],
    ['#85 http://', noPath],
    ['#85 file:///etc/passwd', noPath],
    ['?hapikey=x', noPath],
    ['\\a', noPath],
    [' /a', noPath],
  ])('%s is invalid', (target, detail) => {
    expect(readRequestTarget(target.replace(/^#\d+ /, '')).path).toMatchObject({ valid: false, detail });
  });

  it('keeps the query of an invalid path, for the log', () => {
    expect(readRequestTarget('/../a?b=c')).toEqual({ path: { valid: false, raw: '/../a', detail: dots }, rawQuery: 'b=c' });
    expect(readRequestTarget('*?b=c')).toEqual({ path: { valid: false, raw: '*', detail: noPath }, rawQuery: 'b=c' });
  });

  it('says what is wrong in words that echo nothing', () => {
    const details = new Set([dots, empty, escape, control, fragment, noPath]);
    fc.assert(
      fc.property(junk, (target) => {
        const { path } = readRequestTarget(target);
        if (!path.valid) expect(details).toContain(path.detail);
      }),
      { numRuns },
    );
  });
});

// prettier-ignore
const bits = fc.constantFrom('/', '/', '.', '..', '%2e', '%2F', '%5C', '%', '%61', ';', '\\', 'a', '?', '#', ':', '\u0000', '%00', '%C3%BC', '%FF', 'ü', 'http://');
const junk = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(bits, { maxLength: 10 }).map((parts) => parts.join('')),
  fc.array(bits, { maxLength: 10 }).map((parts) => `/${parts.join('')}`),
);

/** Prints a segment as somebody might send it: each character as it is, where that is possible, or escaped. */
function print(segment: string, coding: readonly number[]): string {
  return [...segment]
    .map((character, i) => {
      const how = coding[i % coding.length];
      if (how === 0 && /^[^/?#%]$/u.test(character)) return character;
      const hex = Buffer.from(character).toString('hex').replace(/../g, '%$&');
      return how === 1 ? hex : hex.toUpperCase();
    })
    .join('');
}

/** What makes a path ambiguous, told from what its segments mean. */
function isSound(segments: readonly string[]): boolean {
  return segments.every((segment, i) => {
    if (segment === '') return i === segments.length - 1;
    if ([...segment].some((c) => c === '\\' || c < ' ' || c === '\u007f')) return false;
    if (segment.startsWith(';')) return false;
    return segment.split('/').every((part) => !/^\.\.?(?:;|$)/.test(part));
  });
}

describe('any path', () => {
  // prettier-ignore
  const unit = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...'ab.;/%:+ ü€😀') }, { weight: 1, arbitrary: fc.constantFrom('\\', '\u0000', '\n', '\u007f', '?', '#') });
  const segment = fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit, maxLength: 5 }) },
    { weight: 1, arbitrary: fc.constantFrom('.', '..', '...', '..;a', 'a/..', '', ';', '%2e%2e') },
  );

  it('is judged as what decoding it once gives', () => {
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(2), { minLength: 1, maxLength: 7 }),
        fc.constantFrom('', '?', '?a=%2e%2e//b'),
        (segments, coding, query) => {
          const printed = segments.map((one) => print(one, coding));
          const raw = `/${printed.join('/')}`;
          const { path, rawQuery } = readRequestTarget(raw + query);
          expect(path.raw).toBe(raw);
          expect(rawQuery).toBe(query === '' ? null : query.slice(1));
          expect(path.valid).toBe(isSound(segments));
          if (path.valid) expect(path).toMatchObject({ segments, rawSegments: printed });
        },
      ),
      { numRuns },
    );
  });

  it('is read from junk without throwing; a valid one is the bytes that were sent', () => {
    fc.assert(
      fc.property(junk, (target) => {
        const { path, rawQuery } = readRequestTarget(target);
        const query = rawQuery === null ? '' : `?${rawQuery}`;
        if (path.raw !== '/') expect(target.endsWith(path.raw + query)).toBe(true);
        if (!path.valid) return;
        expect(`/${path.rawSegments.join('/')}`).toBe(path.raw);
        expect(path.segments).toEqual(path.rawSegments.map((one) => decodeURIComponent(one)));
        expect(isSound(path.segments)).toBe(true);
        expect(target).not.toContain('#');
      }),
      { numRuns },
    );
  });

  it('reads the same in absolute form as in origin form', () => {
    fc.assert(
      fc.property(
        junk,
        fc.constantFrom('http://example.org', 'HTTPS://a:80'),
        (text, authority) => {
          const target = `/${text}`;
          expect(readRequestTarget(authority + target)).toEqual(readRequestTarget(target));
        },
      ),
      { numRuns },
    );
  });

  it.each([
    ['16 KB of /', '/'.repeat(16_384)],
    ['16 KB of /a', '/a'.repeat(8_192)],
    ['16 KB of %2e', `/${'%2e'.repeat(5_461)}`],
    ['16 KB of ..%2F', `/a${'..a%2F'.repeat(2_730)}`],
    ['16 KB of ;', `/a${';'.repeat(16_384)}`],
    ['16 KB of %', `/${'%'.repeat(16_384)}`],
    ['16 KB of authority', `http://${'a'.repeat(16_384)}`],
    ['16 KB of authority and a newline', `http://${'a'.repeat(16_384)}\n#`],
    ['16 KB of ?', `/${'?'.repeat(16_384)}`],
  ])('hostile, %s, is read at once', (_name, target) => {
    const startedAt = cpuMs();
    expect(readRequestTarget(target).path.raw.length).toBeGreaterThan(0);
    expect(cpuMs() - startedAt).toBeLessThan(200);
  });
});
