import { describe, expect, it } from '@jest/globals';
import { cpuMs } from '../../test/support/cpu-time.js';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { parseRouteTemplate, type TemplatePart } from './route-template.js';

const l = (literal: string): TemplatePart => ({ literal });
const p = (parameter: string): TemplatePart => ({ parameter });

describe('a route template', () => {
  it.each<[text: string, segments: TemplatePart[][], rest: boolean]>([
    ['/', [[]], false],
    ['/contacts', [[l('contacts')]], false],
    ['/contacts/', [[l('contacts')], []], false],
    ['/contacts/{id}', [[l('contacts')], [p('id')]], false],
    [
      '/contacts/{id}/notes/{note_id}',
      [[l('contacts')], [p('id')], [l('notes')], [p('note_id')]],
      false,
    ],
    ['/{id}', [[p('id')]], false],
    ['/{contact-id}', [[p('contact-id')]], false],
    ['/lists/{id}:archive', [[l('lists')], [p('id'), l(':archive')]], false],
    [
      '/reports/{year}-{month}.csv',
      [[l('reports')], [p('year'), l('-'), p('month'), l('.csv')]],
      false,
    ],
    ['/v{major}.{minor}', [[l('v'), p('major'), l('.'), p('minor')]], false],
    ['/{a}-{b}-{c}', [[p('a'), l('-'), p('b'), l('-'), p('c')]], false],
    ['/files/*', [[l('files')]], true],
    ['/files/{id}/*', [[l('files')], [p('id')]], true],
    ['/*', [], true],
    ['/users/me%3Adelete', [[l('users')], [l('me:delete')]], false],
    ['/users/me:delete', [[l('users')], [l('me:delete')]], false],
    ['/a%2Fb', [[l('a/b')]], false],
    ['/a%2A', [[l('a*')]], false],
    ['/a%20b', [[l('a b')]], false],
    ['/%7Bid%7D', [[l('{id}')]], false],
    ['/caf%C3%A9', [[l('café')]], false],
    ['/café/{größe}', [[l('café')], [p('größe')]], false],
    ['/a;v=1', [[l('a;v=1')]], false],
    ['/.well-known/{x}', [[l('.well-known')], [p('x')]], false],
    ['/__proto__/{constructor}', [[l('__proto__')], [p('constructor')]], false],
    [`/${'a'.repeat(1023)}`, [[l('a'.repeat(1023))]], false],
  ])('%s is read', (text, segments, rest) => {
    expect(parseRouteTemplate(text)).toEqual({ ok: true, template: { segments, rest } });
  });

  it.each<[text: string, why: string]>([
    ['', 'a path starts with /'],
    ['contacts', 'a path starts with /'],
    ['{id}', 'a path starts with /'],
    [`/${'a'.repeat(1024)}`, 'a path has at most 1024 characters'],
    ['/a?b', 'a path holds neither a query (?) nor a fragment (#)'],
    ['/a#b', 'a path holds neither a query (?) nor a fragment (#)'],
    ['/a b', 'a path holds no white space'],
    ['/a\n', 'a path holds no white space'],
    ['/{a b}', 'a path holds no white space'],
    ['/a\ud800', 'a path holds no half characters'],
    ['/{\udc00}', 'a path holds no half characters'],
    ['/a*', 'a * stands for the rest of a path, as its last segment'],
    ['/*/a', 'a * stands for the rest of a path, as its last segment'],
    ['/a/**', 'a * stands for the rest of a path, as its last segment'],
    ['/*/*', 'a * stands for the rest of a path, as its last segment'],
    ['/{*}', 'a * stands for the rest of a path, as its last segment'],
    ['/{id', 'braces must come in pairs'],
    ['/id}', 'braces must come in pairs'],
    ['/{a{b}}', 'braces must come in pairs'],
    ['/{{a}}', 'braces must come in pairs'],
    ['/{a/b}', 'braces must come in pairs'],
    ['/{}', 'a parameter needs a name'],
    ['/a{}b', 'a parameter needs a name'],
    ['/{a}{b}', 'two parameters need text between them'],
    ['/{a}/{a}', 'the parameter {a} stands there twice'],
    ['/{a}-{a}', 'the parameter {a} stands there twice'],
    ['/{a}-{b}-{c}-{d}', 'a segment holds at most 3 parameters'],
    ['/%zz', 'the path holds a bad percent escape'],
    ['/%FF', 'the path holds a bad percent escape'],
    ['/%E2{a}%82%AC', 'the path holds a bad percent escape'],
    ['//', 'the path holds an empty segment (//)'],
    ['/a//b', 'the path holds an empty segment (//)'],
    ['/a//*', 'the path holds an empty segment (//)'],
    ['//*', 'the path holds an empty segment (//)'],
    ['/;a/b', 'the path holds an empty segment (//)'],
    ['/.', 'the path holds a dot segment'],
    ['/a/../b', 'the path holds a dot segment'],
    ['/a/%2e%2e', 'the path holds a dot segment'],
    ['/a/..;b', 'the path holds a dot segment'],
    ['/a%2F..', 'the path holds a dot segment'],
    ['/a%5Cb', 'the path holds a backslash or a control character'],
    ['/a\\b', 'the path holds a backslash or a control character'],
    ['/a%00', 'the path holds a backslash or a control character'],
    ['/a\u0001', 'the path holds a backslash or a control character'],
  ])('%j is refused', (text, why) => {
    expect(parseRouteTemplate(text)).toEqual({ ok: false, why });
  });

  // prettier-ignore
  it('of junk is read or refused without throwing', () => {
    // prettier-ignore
    const bits = fc.constantFrom('/', '/', '{', '}', '{a}', '{b}', '*', '%', '%2F', '%41', '..', ';', 'a', '\ud800', '\udc00', 'ü', '\\');
    // prettier-ignore
    const junk = fc.oneof(fc.string({ unit: 'binary' }), fc.array(bits, { maxLength: 10 }).map((parts) => `/${parts.join('')}`));
    fc.assert(
      fc.property(junk, (text) => {
        const reading = parseRouteTemplate(text);
        if (!reading.ok) return;
        const { segments, rest } = reading.template;
        expect(segments.length + (rest ? 1 : 0)).toBe(text.split('/').length - 1);
        const names = segments.flat().flatMap((part) => ('parameter' in part ? [part.parameter] : []));
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns },
    );
  });

  it.each([
    ['{', '{'.repeat(1023)],
    ['{}', '{a}'.repeat(341)],
    ['/', 'a/'.repeat(511)],
    ['%', '%41'.repeat(341)],
    ['far too much', '{'.repeat(1_000_000)],
  ])('hostile, of %s, is read at once', (_name, text) => {
    const startedAt = cpuMs();
    expect(parseRouteTemplate(`/${text}`)).toHaveProperty('ok');
    expect(cpuMs() - startedAt).toBeLessThan(200);
  });
});
