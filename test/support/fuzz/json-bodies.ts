import * as fc from 'fast-check';
import type { Json } from '../latchkey.js';
import { oddValue } from './json-values.js';
import { mostly } from './parts.js';

/** Texts of a body: the value as it is, with something wrong in it, or no JSON at all. Latin-1, of UTF-8 bytes. */
export function jsonBodies(values: fc.Arbitrary<Json>): fc.Arbitrary<string> {
  const right = values.map((value) => JSON.stringify(value));
  return mostly(
    right,
    fc.oneof(withStrayProperty(values), withOddMember(values), brokenText(right)),
    2,
  ).map(utf8);
}

export function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Written as text, since an object would not keep `__proto__` or a name that is there twice. */
function withStrayProperty(values: fc.Arbitrary<Json>): fc.Arbitrary<string> {
  const names = ['accountId', 'id', 'role', 'secret', 'state', 'name', 'scopes', '__proto__', 'constructor', 'toString', '', '\u0000', 'a.b', 'a'.repeat(500)]; // prettier-ignore
  return fc.tuple(values, fc.constantFrom(...names), oddValue).map(([value, name, odd]) => {
    const rest = JSON.stringify(value).replace(/^\{/, '');
    return `{${JSON.stringify(name)}:${JSON.stringify(odd)}${rest === '}' ? '' : ','}${rest}`;
  });
}

/** One member, however deep, is replaced. */
function withOddMember(values: fc.Arbitrary<Json>): fc.Arbitrary<string> {
  return fc.tuple(values, fc.nat(), oddValue).map(([value, at, odd]) => {
    const count = countOf(value);
    let next = at % count;
    const replaced = (member: Json): Json => {
      next -= 1;
      if (next === -1) return odd;
      if (Array.isArray(member)) return member.map(replaced);
      if (typeof member !== 'object' || member === null) return member;
      return Object.fromEntries(
        Object.entries(member).map(([name, each]) => [name, replaced(each)]),
      );
    };
    return JSON.stringify(replaced(value));
  });
}

function countOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, member) => sum + countOf(member), 1);
}

function brokenText(right: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    fc.tuple(right, fc.nat()).map(([text, at]) => text.slice(0, at % text.length)),
    right.map((text) => `\ufeff${text}`),
    right.map((text) => `${text},`),
    right.map((text) => text.replace('}', ',}')),
    right.map((text) => text.replaceAll('"', "'")),
    right.map((text) => `[${text}]`),
    fc.integer({ min: 15, max: 30_000 }).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`),
    fc.integer({ min: 15, max: 5_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
    fc.constantFrom('', ' ', 'null', 'true', '0', '"text"', '[]', '{}', 'NaN', '-', '{"a":1e999}', '{"name":"\\ud800"}', '{"name":"\\u0000"}', '{"name":1', '{"a":1}{"b":2}', '{"name":"a","name":"b"}', 'a=b&c=d', '<xml/>', '--x\r\n'),
    fc.constantFrom(100_000, 1_100_000).map((size) => `{"name":"${'x'.repeat(size)}"}`),
    fc.constant(`{${Array.from({ length: 2_000 }, (_, i) => `"p${i}":1`).join(',')}}`),
    fc.constant(`{"scopes":[${'"a",'.repeat(11_000)}"a"],"name":"n"}`),
  ); // prettier-ignore
}
