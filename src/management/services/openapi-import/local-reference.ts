import { type JsonObject, ownValue } from './json-object.js';

export type ReferenceReading =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

/**
 * What a `$ref` within the same document points to: `#` and a JSON pointer (RFC 6901, in its percent-encoded form of §6).
 * One step only: a reference that leads to a reference is not followed, and nothing is ever fetched.
 */
export function resolveLocalReference(document: JsonObject, reference: unknown): ReferenceReading {
  if (typeof reference !== 'string') return refuse('its $ref is no text');
  if (!reference.startsWith('#/')) return refuse('its $ref leads out of the document');
  const pointer = decode(reference.slice(2));
  if (pointer === null) return refuse('its $ref holds a bad percent escape');
  let value: unknown = document;
  for (const token of pointer.split('/')) {
    if (typeof value !== 'object' || value === null) return refuse('its $ref leads nowhere');
    value = ownValue(value as JsonObject, token.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return value === undefined ? refuse('its $ref leads nowhere') : { ok: true, value };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function refuse(why: string): ReferenceReading {
  return { ok: false, why };
}
