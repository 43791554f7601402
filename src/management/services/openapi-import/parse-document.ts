import { isJsonObject, type JsonObject, ownValue } from './json-object.js';
import { nestingMax, nestsTooDeep } from './nesting.js';
import { readYaml } from './read-yaml.js';
import type { DataReading } from './yaml-data.js';

export type DocumentReading =
  | { readonly ok: true; readonly document: JsonObject }
  | { readonly ok: false; readonly why: string };

/**
 * Reads the text of an OpenAPI 3 document, JSON or YAML. It answers why it cannot, and never throws, whatever the text;
 * its cost grows with the text's length, which the caller bounds.
 */
export function parseDocument(text: string): DocumentReading {
  const reading = readText(text.startsWith('\ufeff') ? text.slice(1) : text);
  if (!reading.ok) return refuse(`the document cannot be read: ${reading.why}`);
  const document = reading.data;
  if (nestsTooDeep(document))
    return refuse(`the document cannot be read: it nests more than ${nestingMax} levels deep`);
  if (!isJsonObject(document)) return refuse('the document is no object');
  const swagger = ownValue(document, 'swagger');
  if (swagger !== undefined)
    return refuse('this is a Swagger 2 document: convert it to OpenAPI 3 first');
  const version = ownValue(document, 'openapi');
  if (version === undefined) return refuse('the document does not say openapi: 3.x');
  if (!isVersion3(version)) return refuse('the document is of another OpenAPI version than 3.x');
  if (!isJsonObject(ownValue(document, 'paths'))) return refuse('the document has no paths');
  return { ok: true, document };
}

/** In YAML an unquoted `3.1` is a number. */
function isVersion3(version: unknown): boolean {
  return (
    (typeof version === 'string' || typeof version === 'number') && /^3(\.|$)/.test(String(version))
  );
}

/** JSON first, because it is much faster. What begins like JSON and is none may still be YAML in its flow style. */
function readText(text: string): DataReading {
  if (text.trim() === '') return { ok: false, why: 'it is empty' };
  try {
    return { ok: true, data: JSON.parse(text) };
  } catch (error) {
    const yaml = readYaml(text);
    if (yaml.ok || !/^\s*[{[]/.test(text)) return yaml;
    return {
      ok: false,
      why: `${(error as Error).message.slice(0, 200)}; nor is it YAML: ${yaml.why}`,
    };
  }
}

function refuse(why: string): DocumentReading {
  return { ok: false, why };
}
