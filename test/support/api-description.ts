import { expect } from '@jest/globals';
import type { Answer, Json } from './latchkey.js';
import { schemaFaults, type Schema, type Schemas } from './json-schema.js';

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema } | undefined>>;
}

export interface Operation {
  readonly method: string;
  readonly template: string;
  readonly parameters: readonly string[];
  readonly responses: Readonly<Record<string, Content>>;
  readonly requiredScopes: readonly string[];
  /** Whom it is for, where scopes do not say so. */
  readonly openTo?: 'anyone' | 'people';
}

/**
 * Any secret of our format, and any recovery code. No test has one that looks like it and is none: random bytes in base64url now and
 * then hold four characters as a token begins, but not where a word does.
 */
const secretShape =
  /[a-z][a-z0-9]*_(?:prod|stg|qa|dev)_[0-9A-Za-z]{38}|whsec_[0-9A-Za-z+/]{43}=|(?<![\w-])lk[ls]_[0-9A-Za-z]{38}(?![\w-])|(?<![\w-])(?:[0-9a-z]{4}-){3}[0-9a-z]{4}(?![\w-])/g;

/** Every operation that an OpenAPI document of ours names. */
export function operationsIn(document: Json): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([template, item]) =>
    Object.entries<Json>(item).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      parameters: (operation.parameters ?? []).map(({ name }: Json) => name),
      responses: operation.responses,
      requiredScopes: operation['x-required-scopes'] ?? [],
      ...(operation['x-open-to'] && { openTo: operation['x-open-to'] }),
    })),
  );
}

/** The OpenAPI document of a running Latchkey, to hold its answers to. */
export class ApiDescription {
  readonly operations: readonly Operation[];
  readonly #schemas: Schemas;

  constructor(document: Json) {
    this.#schemas = document.components.schemas;
    this.operations = operationsIn(document);
  }

  /** The operation that a request is for; a literal segment goes before a parameter. */
  operationOf(method: string, path: string): Operation | undefined {
    const [pathname = ''] = path.split('?', 1);
    const fitting = this.operations.filter(
      (operation) => operation.method === method && isFilledIn(operation.template, pathname),
    );
    return fitting.sort((a, b) => parametersOf(a.template) - parametersOf(b.template))[0];
  }

  /** Holds an answer to the document: its status, its body, and that a secret is shown only where one is given out. */
  check(method: string, path: string, answer: Answer): void {
    const operation = this.operationOf(method, path);
    const isError = answer.status >= 400;
    expect(answer.headers.get('x-correlation-id')).toMatch(/^call_[0-9A-Za-z]{23}$/);
    if (!isError) expect(operation).toBeDefined();
    const documented = operation?.responses[isError ? 'default' : answer.status];
    if (!isError) expect([answer.status, documented]).toEqual([answer.status, expect.anything()]);
    const schema = isError
      ? { $ref: '#/components/schemas/ErrorEnvelopeResponse' }
      : documented?.content?.['application/json']?.schema;
    if (schema === undefined) {
      this.#checkFile(documented, answer);
      return;
    }
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(schemaFaults(answer.json, schema, this.#schemas)).toEqual([]);
    this.#checkSecrets(answer);
    if (!isError) return;
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-correlation-id')).toBe(answer.json.correlationId);
    expect(answer.json.links.documentation).toBe(`/latchkey/errors/${answer.json.reason}`);
  }

  /** An answer that is no JSON is one of the files that are documented, or empty. */
  #checkFile(documented: Content | undefined, answer: Answer): void {
    const { headers, text } = answer;
    const [mediaType] = headers.get('content-type')?.split(';') ?? [];
    if (documented?.content === undefined) expect(text).toBe('');
    else expect(Object.keys(documented.content)).toContain(mediaType);
    expect(text).not.toMatch(secretShape);
    this.#checkHeaders(answer);
  }

  #checkSecrets(answer: Answer): void {
    const { secret, link, recoveryCodes = [] } = (answer.status < 400 && answer.json) || {};
    const one = secret ?? link?.split('#')[1];
    const issued: string[] = one === undefined ? recoveryCodes : [one];
    // That of an authenticator app looks like any other text.
    const known = issued.filter((each) => each.match(secretShape));
    expect(answer.text.match(secretShape) ?? []).toEqual(known);
    if (issued.length > 0) expect(answer.headers.get('cache-control')).toBe('no-store');
    this.#checkHeaders(answer);
  }

  /** A session comes in its cookie, which nobody else may keep. */
  #checkHeaders({ status, headers }: Answer): void {
    headers.forEach((value, name) => {
      if (name !== 'set-cookie') expect(value).not.toMatch(secretShape);
      else expect([status < 300, headers.get('cache-control')]).toEqual([true, 'no-store']);
    });
  }
}

function isFilledIn(template: string, pathname: string): boolean {
  const pattern = template
    .split('/')
    .map((segment) => (segment.startsWith('{') ? '[^/]+' : segment.replaceAll('.', '\\.')))
    .join('/');
  return new RegExp(`^${pattern}$`).test(pathname);
}

function parametersOf(template: string): number {
  return template.split('{').length - 1;
}
