/** A JSON object out of somebody else's document: read it with `ownValue`, or key by key with `Object.entries`. */
export type JsonObject = { readonly [key: string]: unknown };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the document itself says under this key: nothing inherited (`constructor`, `__proto__`) ever counts. */
export function ownValue(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** `ownValue` where only an object is of use; anything else reads as empty. */
export function ownObject(object: JsonObject, key: string): JsonObject {
  const value = ownValue(object, key);
  return isJsonObject(value) ? value : {};
}
