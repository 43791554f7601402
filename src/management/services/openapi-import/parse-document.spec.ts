import { describe, expect, it } from '@jest/globals';
import { parseDocument } from './parse-document.js';

function whyNot(text: string): string {
  const reading = parseDocument(text);
  if (reading.ok) throw new Error('the document was read');
  return reading.why;
}

describe('a document that is read', () => {
  const document = {
    openapi: '3.0.4',
    paths: { '/pets': { get: { security: [{ oauth: ['read'] }] } } },
  };

  it.each([
    ['JSON', JSON.stringify(document)],
    ['JSON behind a byte order mark', `\ufeff${JSON.stringify(document)}`],
    [
      'YAML',
      'openapi: 3.0.4\npaths:\n  /pets:\n    get:\n      security:\n        - oauth: [read]\n',
    ],
    [
      'YAML in its flow style',
      '{openapi: 3.0.4, paths: {/pets: {get: {security: [{oauth: [read]}]}}}}',
    ],
    [
      'YAML with an alias',
      'openapi: 3.0.4\nx: &r [read]\npaths: {/pets: {get: {security: [{oauth: *r}]}}}\n',
    ],
    [
      'YAML with a merge key',
      'openapi: 3.0.4\nx: &s {security: [{oauth: [read]}]}\npaths:\n  /pets:\n    get:\n      <<: *s\n',
    ],
  ])('%s', (_, text) => {
    const reading = parseDocument(text);
    expect(reading).toMatchObject({ ok: true, document });
  });

  it.each([['"3.0.4"'], ['"3"'], ['3.0'], ['3.1'], ['3.1.1'], ['3.2.0']])(
    'openapi: %s',
    (version) => {
      expect(parseDocument(`openapi: ${version}\npaths: {}`).ok).toBe(true);
    },
  );

  it('takes keys of YAML as they are written', () => {
    const reading = parseDocument(
      'openapi: 3.1.0\npaths: {}\nx: {200: a, 1.0: b, true: c, null: d}',
    );
    expect(reading.ok && Object.keys(reading.document['x'] as object)).toEqual([
      '200',
      '1.0',
      'true',
      'null',
    ]);
  });

  it('lets what a map says itself go before what it merges', () => {
    const reading = parseDocument(
      'openapi: 3.1.0\npaths: {}\na: &a {p: 1, q: 1}\nb: &b {q: 2, r: 2}\nx:\n  r: 3\n  <<: [*a, *b]\n  p: 3\n',
    );
    expect(reading.ok && { ...(reading.document['x'] as object) }).toEqual({ p: 3, q: 1, r: 3 });
  });

  it('keeps to the core schema, whatever a directive says', () => {
    const reading = parseDocument(
      '%YAML 1.1\n---\nopenapi: 3.0.0\npaths: {}\nx: yes\ny: 2001-01-01\n',
    );
    expect(reading).toMatchObject({ ok: true, document: { x: 'yes', y: '2001-01-01' } });
  });
});

describe('a document that is refused', () => {
  it.each([
    ['nothing', '', 'the document cannot be read: it is empty'],
    ['white space', ' \n\t', 'the document cannot be read: it is empty'],
    ['only a comment', '# nothing', 'the document is no object'],
    ['a list', '[]', 'the document is no object'],
    ['a number', '3', 'the document is no object'],
    ['null', 'null', 'the document is no object'],
    ['a web page', '<html></html>', 'the document is no object'],
    [
      'Swagger 2',
      '{"swagger":"2.0","paths":{}}',
      'this is a Swagger 2 document: convert it to OpenAPI 3 first',
    ],
    ['no version', '{"paths":{}}', 'the document does not say openapi: 3.x'],
    [
      'another version',
      'openapi: 4.0.0\npaths: {}',
      'the document is of another OpenAPI version than 3.x',
    ],
    [
      'a version 30',
      'openapi: "30"\npaths: {}',
      'the document is of another OpenAPI version than 3.x',
    ],
    [
      'a version that is a list',
      'openapi: [3.0.0]\npaths: {}',
      'the document is of another OpenAPI version than 3.x',
    ],
    ['no paths', 'openapi: 3.1.0', 'the document has no paths'],
    ['paths as a list', 'openapi: 3.1.0\npaths: []', 'the document has no paths'],
    ['inherited paths', 'openapi: 3.1.0\n__proto__: {paths: {}}', 'the document has no paths'],
    [
      'inherited paths in JSON',
      '{"openapi":"3.1.0","__proto__":{"paths":{}}}',
      'the document has no paths',
    ],
  ])('%s', (_, text, why) => {
    expect(whyNot(text)).toBe(why);
  });

  it.each([
    ['broken JSON', '{"openapi": "3.0.0",,}', /JSON at position 20; nor is it YAML/],
    ['broken YAML', 'openapi: 3.0.0\npaths: {\n', /cannot be read: .*\(line \d+\)$/],
    ['a repeated key', 'openapi: 3.0.0\npaths: {}\npaths: {}', /"paths" stands twice/],
    [
      'a key that is a list',
      'openapi: 3.0.0\npaths: {}\n? [a]\n: 1',
      /a list or a map stands as a key/,
    ],
    ['two documents', 'openapi: 3.0.0\npaths: {}\n---\na: 1', /several YAML documents/],
    ['an unknown alias', 'openapi: 3.0.0\npaths: *p', /\*p has no anchor before it/],
    [
      'an alias inside its anchor',
      'openapi: 3.0.0\npaths: &p {a: *p}',
      /\*p stands inside its own anchor/,
    ],
    ['a merge of a text', 'openapi: 3.0.0\npaths: {<<: a}', /a merge key \(<<\) takes a map/],
  ])('%s', (_, text, why) => {
    expect(whyNot(text)).toMatch(why);
  });
});

describe('a hostile document', () => {
  const deep = /nests more than 200 levels deep/;
  const start = 'openapi: 3.0.0\npaths: {}\n';

  it.each([
    ['lists in JSON', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`],
    ['objects in JSON', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['open lists', '['.repeat(1_000_000)],
    ['open maps', '{'.repeat(1_000_000)],
    ['lists in YAML', `${start}a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['block lists', `${'- '.repeat(100_000)}x`],
    ['explicit keys', '? '.repeat(100_000)],
    [
      'block maps',
      Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
    ],
    // Each step adds a level to the data and none to the text.
    ['a chain of aliases', `${start}a0: &a0 []\n${chain(1_000)}`],
  ])('nests too deep: %s', (_, text) => {
    expect(whyNot(text)).toMatch(deep);
  });

  it('nests as deep as it may', () => {
    expect(parseDocument(nested(199)).ok).toBe(true);
    expect(whyNot(nested(200))).toMatch(deep);
  });

  it.each([
    ['lists of aliases', bomb((name) => `[${`*${name},`.repeat(9)}]`)],
    [
      'maps of aliases',
      bomb((name) => `{${Array.from({ length: 9 }, (_, i) => `k${i}: *${name}`).join(', ')}}`),
    ],
    [
      'merges of a large map',
      `x: &x {${keys(2_000)}}\n${Array.from({ length: 600 }, (_, i) => `m${i}: {<<: *x}\n`).join('')}`,
    ],
  ])('is an alias bomb: %s', (_, text) => {
    expect(whyNot(`${start}${text}`)).toMatch(/its aliases stand for more than 1000000 values/);
  });

  it.each([
    [
      'many aliases',
      Array.from({ length: 20_000 }, (_, i) => `a${i}: &a${i} x\nb${i}: *a${i}\n`).join(''),
    ],
    ['many keys', Array.from({ length: 50_000 }, (_, i) => `k${i}: 1\n`).join('')],
  ])('costs no more than its length: %s', (_, text) => {
    const startedAt = performance.now();
    expect(parseDocument(`${start}${text}`).ok).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it.each([
    [
      'JSON',
      '{"openapi":"3.0.0","paths":{},"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    ],
    ['YAML', `${start}__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}\n`],
    ['a merge', `${start}x: &x {"__proto__": {polluted: true}}\ny: {<<: *x}\n`],
  ])('cannot reach a prototype: %s', (_, text) => {
    const reading = parseDocument(text);
    expect(reading.ok).toBe(true);
    expect('polluted' in {}).toBe(false);
    expect(reading.ok && 'polluted' in reading.document).toBe(false);
    expect(reading.ok && 'polluted' in ((reading.document['y'] as object | undefined) ?? {})).toBe(
      false,
    );
  });
});

function bomb(repeat: (name: string) => string): string {
  const lines = Array.from({ length: 8 }, (_, i) => `b${i + 1}: &b${i + 1} ${repeat(`b${i}`)}\n`);
  return `b0: &b0 [x]\n${lines.join('')}`;
}

function chain(length: number): string {
  return Array.from({ length }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]\n`).join('');
}

function keys(count: number): string {
  return Array.from({ length: count }, (_, i) => `k${i}: 1`).join(', ');
}

function nested(levels: number): string {
  return `{"openapi":"3.0.0","paths":{},"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
}
