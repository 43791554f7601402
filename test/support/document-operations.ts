import type { Json } from './latchkey.js';

const methods = ['get', 'put', 'post', 'delete', 'patch'];
/** An operation as an OpenAPI document has it. */
export interface Operation {
  readonly method: string;
  readonly template: string;
  /** Read from the document by this test itself, and not from what the import made of it. */
  readonly scopeSets: readonly (readonly string[])[];
}

/** What `security` says, in the plain case that these two documents are: entries are alternatives. */
export function operationsOf(document: Json): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([template, item]) =>
    methods
      .filter((method) => item[method] !== undefined)
      .map((method) => ({
        method: method.toUpperCase(),
        template,
        scopeSets: (item[method].security ?? document.security)
          .map((entry: Json) => Object.values(entry).flat())
          .filter((scopes: string[]) => scopes.length > 0),
      })),
  );
}

const values = [
  '7',
  'a.b',
  '1.2.3',
  'x%2Fy',
  '..x',
  'x..',
  'caf%C3%A9',
  '%7Ba%7D',
  'a%20b',
  '~-_:@!$',
];

/** Each parameter gets another value, some of them awkward: what is judged must be what is sent, byte for byte. */
export function filledIn(template: string, from: number): string {
  let next = from;
  return template.replace(/\{[^}]+\}/g, () => values[(next += 1) % values.length] as string);
}
