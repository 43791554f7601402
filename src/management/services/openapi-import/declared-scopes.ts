import { maskSecretsOfOurs } from '../../../core/redaction.js';
import { isJsonObject, type JsonObject, ownObject, ownValue } from './json-object.js';
import { resolveLocalReference } from './local-reference.js';
import { catalogueName } from './scope-names.js';

export type DeclaredScopes =
  | {
      readonly ok: true;
      /** Descriptions by catalogue name, in the document's order. */
      readonly descriptions: Map<string, string>;
      readonly refused: { readonly scheme: string; readonly why: string }[];
    }
  | { readonly ok: false; readonly why: string };

/** Flows and their scopes, counted together, and as often as a `$ref` repeats them. */
const declarationsMax = 20_000;

/** The scopes that the OAuth 2 flows under `components.securitySchemes` declare. Of two descriptions the first counts. */
export function declaredScopes(document: JsonObject, prefix: string): DeclaredScopes {
  const descriptions = new Map<string, string>();
  const refused: { scheme: string; why: string }[] = [];
  let declarations = 0;
  for (const [scheme, value] of Object.entries(securitySchemesOf(document))) {
    for (const flow of flowsOfScheme(document, value)) {
      const scopes = isJsonObject(flow) ? Object.entries(ownObject(flow, 'scopes')) : [];
      declarations += 1 + scopes.length;
      if (declarations > declarationsMax) {
        return { ok: false, why: `the document declares more than ${declarationsMax} scopes` };
      }
      for (const [declared, text] of scopes) {
        const reading = catalogueName(prefix, declared);
        if (!reading.ok) {
          refused.push({ scheme: scheme.slice(0, 200), why: reading.why });
          continue;
        }
        const description = typeof text === 'string' ? maskSecretsOfOurs(text) : '';
        descriptions.set(reading.name, descriptions.get(reading.name) || description);
      }
    }
  }
  return { ok: true, descriptions, refused };
}

function securitySchemesOf(document: JsonObject): JsonObject {
  return ownObject(ownObject(document, 'components'), 'securitySchemes');
}

function flowsOfScheme(document: JsonObject, value: unknown): unknown[] {
  let scheme = value;
  if (isJsonObject(value) && Object.hasOwn(value, '$ref')) {
    const reference = resolveLocalReference(document, ownValue(value, '$ref'));
    scheme = reference.ok ? reference.value : undefined;
  }
  return isJsonObject(scheme) ? Object.values(ownObject(scheme, 'flows')) : [];
}
