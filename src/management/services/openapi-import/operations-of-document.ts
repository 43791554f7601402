import { type RouteMethod, routeMethods } from '../../../core/route-table.js';
import { isJsonObject, type JsonObject, ownObject, ownValue } from './json-object.js';
import { resolveLocalReference } from './local-reference.js';

/** An operation as it stands in the document, or why what stands there is of no use. */
export type FoundOperation =
  | {
      readonly label: string;
      readonly path: string;
      readonly method: RouteMethod;
      readonly operation: JsonObject;
    }
  | {
      readonly label: string;
      readonly path: string;
      readonly method: RouteMethod | null;
      readonly why: string;
    };

export type OperationsReading =
  | { readonly ok: true; readonly operations: FoundOperation[] }
  | { readonly ok: false; readonly why: string };

const operationsMax = 10_000;
const labelLengthMax = 300;
/** Fields of path items, counted as often as a `$ref` repeats them: many paths may point at one large item. */
const fieldsMax = 200_000;

/** What a path item holds beside operations (OpenAPI 3.0 to 3.2). */
const otherFields = new Set(['$ref', 'summary', 'description', 'servers', 'parameters']);
const methodOfField = new Map<string, RouteMethod>(
  routeMethods.map((method) => [method.toLowerCase(), method]),
);
const fieldsWithMethod = [...methodOfField.keys()].join(', ');

interface Field {
  readonly name: string;
  readonly value: unknown;
  /** It stands both beside a `$ref` and behind it. */
  readonly twice: boolean;
}

/** All operations under `paths`, in the document's order. */
export function operationsOfDocument(document: JsonObject): OperationsReading {
  const operations: FoundOperation[] = [];
  let fieldsCount = 0;
  for (const [path, item] of Object.entries(ownObject(document, 'paths'))) {
    if (isExtension(path)) continue;
    const fields = fieldsOfPathItem(document, item);
    if (typeof fields === 'string') {
      operations.push({ label: shown(path), path, method: null, why: fields });
    } else {
      fieldsCount += fields.length;
      if (fieldsCount > fieldsMax) {
        return refuse(`the document's path items hold more than ${fieldsMax} fields`);
      }
      for (const field of fields) if (isOperation(field)) operations.push(operationOf(path, field));
    }
    if (operations.length > operationsMax) {
      return refuse(`the document has more than ${operationsMax} operations`);
    }
  }
  return { ok: true, operations };
}

/** A path item's own fields and those behind its `$ref`, or why there are none. */
function fieldsOfPathItem(document: JsonObject, item: unknown): Field[] | string {
  if (!isJsonObject(item)) return 'the path item is no object';
  if (!Object.hasOwn(item, '$ref')) return fieldsOf(item, null);
  const reference = resolveLocalReference(document, ownValue(item, '$ref'));
  if (!reference.ok) return reference.why;
  const target = reference.value;
  if (!isJsonObject(target)) return 'its $ref does not lead to a path item';
  if (Object.hasOwn(target, '$ref')) return 'its $ref leads to another $ref';
  return [...fieldsOf(target, item).filter((field) => !field.twice), ...fieldsOf(item, target)];
}

function fieldsOf(item: JsonObject, other: JsonObject | null): Field[] {
  return Object.entries(item).map(([name, value]) => ({
    name,
    value,
    twice: other !== null && Object.hasOwn(other, name),
  }));
}

function isOperation({ name }: Field): boolean {
  return !otherFields.has(name) && !isExtension(name);
}

function operationOf(path: string, { name, value, twice }: Field): FoundOperation {
  const method = methodOfField.get(name) ?? null;
  if (name === 'head')
    return { label: shown(`HEAD ${path}`), path, method, why: 'HEAD is decided as GET' };
  if (method === null) {
    const why = `"${shown(name)}" is none of ${fieldsWithMethod}`;
    return { label: shown(`${name} ${path}`), path, method, why };
  }
  const label = shown(`${method} ${path}`);
  // OpenAPI leaves open which of the two counts.
  if (twice) return { label, path, method, why: 'it stands both beside the $ref and behind it' };
  if (!isJsonObject(value)) return { label, path, method, why: 'the operation is no object' };
  return { label, path, method, operation: value };
}

/** One long path may carry thousands of operations: an answer that repeats it whole would have no bound. */
function shown(text: string): string {
  return text.length > labelLengthMax ? `${text.slice(0, labelLengthMax)}…` : text;
}

function isExtension(name: string): boolean {
  return name.startsWith('x-');
}

function refuse(why: string): OperationsReading {
  return { ok: false, why };
}
