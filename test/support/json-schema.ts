/** The part of JSON Schema that our OpenAPI document uses. A keyword that is not among these is a fault of the checker. */
export interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly type?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

export type Schemas = Readonly<Record<string, Schema>>;

const known = new Set([
  ...['$ref', 'allOf', 'type', 'nullable', 'enum', 'format', 'properties', 'required', 'items'],
  ...['minLength', 'maxLength', 'minimum', 'maximum', 'maxItems', 'uniqueItems'],
  ...['description', 'example', 'default'],
]);

/** Contract, first lines: ISO 8601 UTC with milliseconds. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * What of a value is not as its schema says, each as `$.results[0].id: …`; empty if all is well. Stricter than JSON Schema in
 * one point: properties that an object's schema does not name are faults.
 */
export function schemaFaults(value: unknown, schema: Schema, schemas: Schemas, at = '$'): string[] {
  const unknown = Object.keys(schema).filter((keyword) => !known.has(keyword));
  if (unknown.length > 0) return [`${at}: the checker does not know ${unknown.join(', ')}`];
  if (value === null && schema.nullable === true) return [];
  if (schema.$ref !== undefined) {
    const target = schemas[schema.$ref.replace('#/components/schemas/', '')];
    if (target === undefined) return [`${at}: ${schema.$ref} leads nowhere`];
    return schemaFaults(value, target, schemas, at);
  }
  return [
    ...(schema.allOf ?? []).flatMap((part) => schemaFaults(value, part, schemas, at)),
    ...typeFaults(value, schema, schemas, at),
    ...(schema.enum === undefined || schema.enum.includes(value)
      ? []
      : [`${at}: ${JSON.stringify(value)} is none of ${schema.enum.join(', ')}`]),
  ];
}

function typeFaults(value: unknown, schema: Schema, schemas: Schemas, at: string): string[] {
  const isNot = (what: string): string[] => [`${at}: ${JSON.stringify(value)} is no ${what}`];
  switch (schema.type) {
    case undefined:
      return schema.allOf === undefined ? [`${at}: its schema says nothing`] : [];
    case 'string':
      return typeof value === 'string' ? textFaults(value, schema, at) : isNot('text');
    case 'boolean':
      return typeof value === 'boolean' ? [] : isNot('boolean');
    case 'integer':
      return Number.isInteger(value) ? rangeFaults(value as number, schema, at) : isNot('integer');
    case 'number':
      return Number.isFinite(value) ? rangeFaults(value as number, schema, at) : isNot('number');
    case 'array':
      return Array.isArray(value) ? itemFaults(value, schema, schemas, at) : isNot('array');
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? propertyFaults(value as Record<string, unknown>, schema, schemas, at)
        : isNot('object');
    default:
      return [`${at}: the checker does not know the type ${schema.type}`];
  }
}

function textFaults(text: string, { format, minLength, maxLength }: Schema, at: string): string[] {
  const length = [...text].length;
  const faults: string[] = [];
  if (format === 'date-time' && !time.test(text)) faults.push(`${at}: "${text}" is no time`);
  if (format === 'email' && !/^[^\s@]+@[^\s@]+$/.test(text))
    faults.push(`${at}: "${text}" is no address`);
  if (format !== undefined && !['date-time', 'email'].includes(format)) {
    faults.push(`${at}: the checker does not know the format ${format}`);
  }
  if (length < (minLength ?? 0)) faults.push(`${at}: the text is too short`);
  if (length > (maxLength ?? Infinity)) faults.push(`${at}: the text is too long`);
  return faults;
}

function rangeFaults(number: number, { minimum, maximum }: Schema, at: string): string[] {
  const fits = number >= (minimum ?? -Infinity) && number <= (maximum ?? Infinity);
  return fits ? [] : [`${at}: ${number} is out of range`];
}

function itemFaults(
  items: readonly unknown[],
  { items: schema, maxItems, uniqueItems }: Schema,
  schemas: Schemas,
  at: string,
): string[] {
  if (schema === undefined) return [`${at}: its schema says nothing of its items`];
  const faults = items.flatMap((item, i) => schemaFaults(item, schema, schemas, `${at}[${i}]`));
  if (items.length > (maxItems ?? Infinity)) faults.push(`${at}: too many items`);
  if (uniqueItems === true && new Set(items).size < items.length) {
    faults.push(`${at}: an item stands twice`);
  }
  return faults;
}

/** An object whose schema names no properties at all may hold anything. */
function propertyFaults(
  object: Readonly<Record<string, unknown>>,
  { properties, required = [] }: Schema,
  schemas: Schemas,
  at: string,
): string[] {
  const missing = required
    .filter((name) => object[name] === undefined)
    .map((name) => `${at}.${name}: missing`);
  if (properties === undefined) return missing;
  return [
    ...missing,
    ...Object.entries(object).flatMap(([name, value]) => {
      const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (schema === undefined) return [`${at}.${name}: there is no such property`];
      return schemaFaults(value, schema, schemas, `${at}.${name}`);
    }),
  ];
}
