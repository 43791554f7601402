import * as fc from 'fast-check';
import { craftSecret } from '../crafted-secrets.js';
import type { HeaderLine } from '../raw-http.js';
import { mostly, tokenText, visible } from './parts.js';

/** How a caller presents itself: header lines, and parameters of the query. */
export interface Presented {
  readonly lines: readonly HeaderLine[];
  readonly parameters: readonly string[];
}

export const nothingPresented: Presented = { lines: [], parameters: [] };

/** One secret in one place where it counts, spelled as it may be. */
export function credentialOf(secret: fc.Arbitrary<string>): fc.Arbitrary<Presented> {
  return fc.oneof(
    fc.tuple(spelledName, secret.chain(percentEncoded)).map(([name, value]) => ({
      lines: [],
      parameters: [`${name}=${value}`],
    })),
    fc
      .tuple(fc.constantFrom('Authorization', 'authorization'), scheme, secret)
      .map(([name, before, value]) => inLine(name, before + value)),
    fc
      .tuple(fc.constantFrom('X-Access-Token', 'x-access-token'), secret)
      .map(([name, value]) => inLine(name, value)),
  );
}

/** A secret where it does not count, or in a form that does not. */
export function misplaced(secret: fc.Arbitrary<string>): fc.Arbitrary<Presented> {
  return fc.oneof(
    secret.map((value) => inLine('Authorization', `Bearer\t${value}`)),
    secret.map((value) => inLine('Authorization', `Basic ${value}`)),
    secret.map((value) => inLine('Authorization', `Bearer ${value}, Bearer ${value}`)),
    secret.map((value) => inLine('X-Access-Token', `${value},`)),
    secret.map((value) => inLine('Cookie', `hapikey=${value}`)),
    fc.constantFrom('', 'Bearer', 'Bearer ', ' ').map((value) => inLine('Authorization', value)),
    fc
      .tuple(fc.constantFrom('HAPIKEY', 'hapikey[]', 'hapikey[x]', 'Hapikey', '%68APIKEY'), secret)
      .map(([name, value]) => ({
        lines: [],
        parameters: [`${name}=${encodeURIComponent(value)}`],
      })),
    fc.constantFrom('hapikey', 'hapikey=').map((text) => ({ lines: [], parameters: [text] })),
  );
}

/** Two credentials at once, whatever each of them is worth. */
export function twoAtOnce(one: fc.Arbitrary<Presented>): fc.Arbitrary<Presented> {
  return fc.tuple(one, one).map(([a, b]) => ({
    lines: [...a.lines, ...b.lines],
    parameters: [...a.parameters, ...b.parameters],
  }));
}

/** What is no secret of anybody: one that is slightly wrong, one that nobody was given, and junk. */
export function foreignSecret(genuine: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    fc.tuple(genuine, fc.nat(), fc.constantFrom('drop', 'double', 'change')).map(slightlyWrong),
    fc
      .string({ unit: fc.constantFrom(...'abcdefXYZ0189'), minLength: 32, maxLength: 32 })
      .map((random) => craftSecret('lk_prod', random)),
    tokenText(64),
    visible(64),
    fc.constantFrom('null', 'undefined', "' OR 1=1 --", '%00', '__proto__', 'a'.repeat(9_000)),
  );
}

function slightlyWrong([secret, at, how]: [string, number, string]): string {
  const index = at % secret.length;
  const before = secret.slice(0, index);
  const [character = ''] = secret.slice(index);
  const after = secret.slice(index + 1);
  if (how === 'drop') return before + after;
  return (
    before + (how === 'double' ? character + character : character === 'a' ? 'b' : 'a') + after
  );
}

const spelledName = mostly(
  fc.constant('hapikey'),
  fc.constantFrom('hap%69key', '%68%61%70%69%6B%65%79', 'hapike%79'),
);

const scheme = fc.constantFrom('Bearer ', 'bearer ', 'BEARER  ', 'BeArEr    ');

/** Some of its characters, or all that need it. */
function percentEncoded(secret: string): fc.Arbitrary<string> {
  const escaped = (text: string): string => `%${text.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return fc.oneof(
    fc.constant(encodeURIComponent(secret)),
    fc.nat(Math.max(0, secret.length - 1)).map((at) => {
      const [before, after] = [secret.slice(0, at), secret.slice(at + 1)];
      return encodeURIComponent(before) + escaped(secret[at] ?? 'a') + encodeURIComponent(after);
    }),
  );
}

function inLine(name: string, value: string): Presented {
  return { lines: [[name, value]], parameters: [] };
}
