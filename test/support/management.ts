import { expect } from '@jest/globals';
import type { Surroundings } from '../../src/latchkey.js';
import { ApiDescription } from './api-description.js';
import { expectDenial, expectEnvelope } from './denials.js';
import {
  lookMax,
  startTestLatchkey,
  type Answer,
  type AskOptions,
  type CallRow,
  type Json,
  type TestLatchkey,
} from './latchkey.js';
import { firstLook, NewRows } from './new-rows.js';

export interface Request extends AskOptions {
  readonly method: string;
  readonly path: string;
}

/** What a refusal says that is no denial of contract §3. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly category: string;
  /** `errors[0].code`, where there are details. */
  readonly code?: string;
}

/** A Latchkey whose every management answer is held to its own OpenAPI document. */
export interface Management extends TestLatchkey {
  readonly description: ApiDescription;
  readonly operatorAccountId: string;
  readonly operatorKeyId: string;
  /** The rows of every call but those of looking at the rows. */
  readonly newRows: NewRows;
  openAccount(settings?: Json): Promise<Json>;
  /** @returns the key with its `secret` */
  makeKey(accountId: string, settings?: Json): Promise<Json>;
  /** Adds these scopes to the catalogue. */
  addScopes(...names: string[]): Promise<void>;
}

export const refusals = {
  notFound: { status: 404, reason: 'OBJECT_NOT_FOUND', category: 'NOT_FOUND' },
  notGrantable: {
    status: 403,
    reason: 'SCOPE_NOT_GRANTABLE',
    category: 'FORBIDDEN',
    code: 'SCOPE_NOT_GRANTABLE',
  },
  limitNotGrantable: { status: 403, reason: 'LIMIT_NOT_GRANTABLE', category: 'FORBIDDEN' },
  invalid: { status: 400, reason: 'VALIDATION_FAILED', category: 'VALIDATION_ERROR' },
  selfEdit: { status: 403, reason: 'SELF_EDIT', category: 'FORBIDDEN' },
  conflict: (code: string) => ({ status: 409, reason: 'CONFLICT', category: 'CONFLICT', code }),
} as const;

/** Every row but those of looking at the rows. */
async function rowsOf(latchkey: TestLatchkey, limit = lookMax): Promise<CallRow[]> {
  const { results } = await latchkey.manage('GET', `/v1/request-log?limit=${limit}`);
  const looks = [firstLook, lookMax].map((many) => `limit=${many}`);
  return results.filter(
    ({ route, query, status }: CallRow) =>
      route !== '/v1/request-log' || status !== 200 || !looks.includes(query),
  );
}

export async function startManagement(
  environment: Record<string, string> = {},
  surroundings: Surroundings = {},
): Promise<Management> {
  const latchkey = await startTestLatchkey(environment, surroundings);
  const description = new ApiDescription((await latchkey.ask('GET', '/openapi.json')).json);
  const newRows = new NewRows({ ...latchkey, rows: (_query, limit) => rowsOf(latchkey, limit) });
  const self = await latchkey.call('GET', '/latchkey/v1/self', { secret: latchkey.operatorKey });
  const ask = async (method: string, path: string, options?: AskOptions): Promise<Answer> => {
    const answer = await latchkey.ask(method, path, options);
    description.check(method, path, answer);
    return answer;
  };
  const asOperator = (method: string, path: string, body?: unknown): Promise<Answer> =>
    ask(method, path, { secret: latchkey.operatorKey, body });
  const manage = async <T = Json>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await asOperator(method, path, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.json as T;
  };
  return {
    ...latchkey,
    description,
    operatorAccountId: self.json.account.id,
    operatorKeyId: self.json.key.id,
    newRows,
    ask,
    manage,
    openAccount: (settings = {}) =>
      manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd', ...settings }),
    makeKey: (accountId, settings = {}) =>
      manage('POST', `/v1/accounts/${accountId}/keys`, { name: 'Vendor', scopes: [], ...settings }),
    addScopes: async (...names) => {
      for (const name of names) await manage('PUT', `/v1/scopes/${encodeURIComponent(name)}`, {});
    },
  };
}

/** Asks as the operator, and expects 400 with an entry for each of these fields. @returns the answer */
export async function expectInvalid(
  latchkey: Management,
  method: string,
  path: string,
  body: unknown,
  fields: readonly string[],
  place = 'body',
): Promise<Answer> {
  const answer = await latchkey.ask(method, path, { secret: latchkey.operatorKey, body });
  expect([answer.status, answer.json.reason]).toEqual([400, 'VALIDATION_FAILED']);
  expectEnvelope(answer, { reason: 'VALIDATION_FAILED', category: 'VALIDATION_ERROR' });
  const found = answer.json.errors.map((detail: Json) => [detail.in, detail.context?.field]);
  expect(found).toEqual(fields.map((field) => [place, field]));
  return answer;
}

/** Asks, and expects a denial of contract §3 with its one row. @returns `errors[0]` */
export async function expectDenied(
  latchkey: Management,
  request: Request,
  reason: string,
  row: CallRow = {},
): Promise<Json> {
  const { answer, rows } = await askOnRecord(latchkey, request);
  return expectDenial(answer, reason, rows, { ...callOf(request), ...row });
}

/** Asks, and expects another refusal, with the one row of a call that was let in. @returns the answer */
export async function expectRefused(
  latchkey: Management,
  request: Request,
  { status, reason, category, code }: Refusal,
  row: CallRow = {},
): Promise<Answer> {
  const { answer, rows } = await askOnRecord(latchkey, request);
  expect([answer.status, answer.json.reason]).toEqual([status, reason]);
  const detail = expectEnvelope(answer, { reason, category });
  if (code !== undefined) expect(detail.code).toBe(code);
  expect(rows).toHaveLength(1);
  const admitted = { id: answer.json.correlationId, decision: 'allowed', reason: null, status };
  expect(rows[0]).toMatchObject({ ...admitted, ...callOf(request), ...row });
  return answer;
}

async function askOnRecord(latchkey: Management, { method, path, ...options }: Request) {
  await latchkey.newRows.skip();
  const answer = await latchkey.ask(method, path, options);
  return { answer, rows: await latchkey.newRows.take(1) };
}

function callOf({ method, path }: Request): CallRow {
  return {
    door: 'management',
    method,
    path: path.split('?', 1)[0],
    callerIp: '127.0.0.1',
    peerIp: '127.0.0.1',
  };
}
