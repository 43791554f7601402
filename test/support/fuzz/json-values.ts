import * as fc from 'fast-check';
import type { Schema, Schemas } from '../json-schema.js';
import type { Json } from '../latchkey.js';
import { mostly } from './parts.js';

/** Values that a property of this name takes, where its schema alone does not say. */
export type Pools = Readonly<Record<string, readonly Json[]>>;

/** Values as a schema of the OpenAPI document wants them, but now and then at or beyond its limits. */
export function valuesFor(
  schema: Schema,
  schemas: Schemas,
  pools: Pools,
  name = '',
): fc.Arbitrary<Json> {
  const target = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (target !== undefined) {
    const named = schemas[target.replace('#/components/schemas/', '')];
    if (named === undefined) throw new Error(`${target} leads nowhere`);
    return orNull(schema, valuesFor(named, schemas, pools, name));
  }
  const pool = pools[name];
  if (pool !== undefined && schema.type !== 'array') return fc.constantFrom(...pool);
  if (schema.enum !== undefined) return orNull(schema, fc.constantFrom(...schema.enum));
  return orNull(schema, valuesOfType(schema, schemas, pools, name));
}

/** Anything that JSON can say. */
export const oddValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom(null, true, 0, -1, 1.5, 1e21, '', ' ', [], {}, [[]], [null], 'null', '7d'),
  fc.constantFrom('\ud800', '\u202e\u0000', '\u{1f511}', "' OR 1=1 --", '__proto__', '%00', '\n'),
  fc.constantFrom(
    'a'.repeat(5_000),
    Array.from({ length: 300 }, (_, i) => i),
    { a: { b: {} } },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

function orNull({ nullable }: Schema, values: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return nullable === true ? mostly(values, fc.constant(null), 4) : values;
}

function valuesOfType(
  schema: Schema,
  schemas: Schemas,
  pools: Pools,
  name: string,
): fc.Arbitrary<Json> {
  const { minimum = 0, maximum = 1_000_000, items, properties = {}, required = [] } = schema;
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.oneof(
        fc.integer({ min: minimum, max: maximum }),
        fc.constantFrom(minimum - 1, minimum, maximum, maximum + 1),
      );
    case 'array':
      return fc.array(valuesFor(items ?? {}, schemas, pools, name), { maxLength: 3 });
    case 'object': {
      const members = Object.entries(properties).map(
        ([key, value]) => [key, valuesFor(value, schemas, pools, key)] as const,
      );
      return fc.record(Object.fromEntries(members), { requiredKeys: [...required] });
    }
    default:
      return textOf(schema);
  }
}

/** Names and descriptions, in any script. */
function textOf({ minLength = 0, maxLength = 50 }: Schema): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 30) }),
    fc.constantFrom('x', '\u05d0\u202e', '\u{1f511}', 'a\u0000b', 'a\nb', 'x'.repeat(maxLength), 'x'.repeat(maxLength + 1)), // prettier-ignore
  );
}
