import { afterAll, beforeAll, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';
import { filledIn, operationsOf, type Operation } from '../support/document-operations.js';
import { inParallel } from '../support/in-parallel.js';
import type { Answer, CallRow, Json } from '../support/latchkey.js';
import { mainTables } from '../support/main-tables.js';
import { startManagement, type Management } from '../support/management.js';
import { describeWithSharedData, readSharedData } from '../support/shared-data.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const atOnce = 16;

let latchkey: Management;
let upstream: RecordingUpstream;
let accountId: string;

beforeAll(async () => {
  upstream = await startUpstream();
  latchkey = await startManagement({ JUNK_ROWS_PER_MINUTE: '100000' });
  accountId = (await latchkey.openAccount()).id;
});

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

const publish = (name: string): Promise<Json> =>
  latchkey.manage('PUT', `/v1/services/${name}`, { upstream: upstream.url, mount: `/${name}` });

const importInto = (name: string, body: string, type = 'application/json', query = '') =>
  latchkey.ask('PUT', `/v1/services/${name}/openapi${query}`, {
    secret: latchkey.operatorKey,
    headers: { 'content-type': type },
    body,
  });

/** A key for each set of scopes that is asked for. */
class Keys {
  readonly #made = new Map<string, Promise<Json>>();

  with(scopes: readonly string[]): Promise<Json> {
    const name = scopes.toSorted().join(' ');
    const made = this.#made.get(name) ?? latchkey.makeKey(accountId, { scopes });
    this.#made.set(name, made);
    return made;
  }
}

/** Every row of the log since a time, by its id, once those of unsafe calls have their outcome as well. */
async function rowsSince(from: string): Promise<Map<string, CallRow[]>> {
  const rows: CallRow[] = [];
  let after = '';
  do {
    const path = `/v1/request-log?limit=500&door=gateway&from=${from}${after}`;
    const page = await latchkey.manage('GET', path);
    rows.push(...page.results);
    after = page.paging.next === undefined ? '' : `&after=${page.paging.next.after}`;
  } while (after !== '');
  if (rows.some((row) => row['status'] === null)) return rowsSince(from);
  const byId = new Map<string, CallRow[]>();
  for (const row of rows) byId.set(row['id'], [...(byId.get(row['id']) ?? []), row]);
  return byId;
}

interface Made {
  readonly operation: Operation;
  readonly target: string;
  readonly key: Json | null;
  readonly answer: Answer;
  /** What has to become of it: the scopes that open it, or why not. */
  readonly opened: readonly string[] | null;
  readonly reason: string | null;
  readonly missing: readonly string[];
}

const keys = new Keys();

async function make(
  operation: Operation,
  index: number,
  scopes: readonly string[] | null,
  expected: Pick<Made, 'opened' | 'reason' | 'missing'>,
): Promise<Made> {
  const target = `${filledIn(operation.template, index)}?n=${index}`;
  const key = scopes === null ? null : await keys.with(scopes);
  const answer = await latchkey.call(operation.method, `/do${target}`, { secret: key?.secret });
  return { operation, target, key, answer, ...expected };
}

describeWithSharedData('#85 a real API of 659 operations, imported into a running Latchkey', () => {
  let document: Json;
  let operations: Operation[];
  let report: Json;

  it('becomes 658 routes and 142 scopes within 3 s', async () => {
    const text = readSharedData('digitalocean.openapi.json');
    document = JSON.parse(text);
    await publish('do');
    const begin = performance.now();
    const answer = await importInto('do', text);
    const elapsedMs = performance.now() - begin;
    report = answer.json;
    expect([answer.status, report.reason]).toEqual([200, undefined]);
    expect(elapsedMs).toBeLessThan(3000);
    operations = operationsOf(document).filter(({ template }) => template !== '/<upload_url>');
    expect(operations).toHaveLength(658);
    expect([report.routes.length, report.newScopes.length]).toEqual([658, 142]);
    expect(report.skipped.map((skipped: Json) => skipped.operation)).toEqual(['PUT /<upload_url>']);
    const { routes } = await latchkey.manage('GET', '/v1/services/do/routes');
    expect(routes).toHaveLength(658);
    // No operation is lost between two that look alike: each is there under its own name.
    expect(new Set(routes.map((route: Json) => `${route.method} ${route.path}`))).toEqual(
      new Set(operations.map(({ method, template }) => `${method} ${template}`)),
    );
  });

  it('decides every operation as the document says, and sends on what it judged', async () => {
    const from = new Date().toISOString();
    upstream.calls.length = 0;
    const plans = operations.flatMap((operation) => plansFor(operation));
    expect(operations.filter(({ scopeSets }) => scopeSets.length === 0)).toHaveLength(17);
    const made = await inParallel(plans, atOnce, (plan, i) =>
      make(plan.operation, i, plan.scopes, plan.expected),
    );
    const sent = new Map(upstream.calls.map((call) => [`${call.method} ${call.url}`, call]));
    expect(upstream.calls).toHaveLength(made.filter(({ opened }) => opened !== null).length);
    const rows = await rowsSince(from);
    expect(rows.size).toBe(made.length);
    for (const call of made) {
      expectAnswer(call, sent.get(`${call.operation.method} ${call.target}`));
      expectRow(call, rows.get(call.answer.headers.get('x-correlation-id') as string) ?? []);
    }
  }, 120_000);

  it('imported again: no event, no revision, no row of the database changes', async () => {
    const before = await mainTables(latchkey);
    const { json } = await importInto('do', JSON.stringify(document));
    expect(json).toEqual({ ...report, newScopes: [], addedRoutes: [] });
    expect(await mainTables(latchkey)).toEqual(before);
  });

  it('a dry run of another document changes nothing', async () => {
    const before = await mainTables(latchkey);
    const petstore = readSharedData('petstore.openapi.yaml');
    const { json } = await importInto('do', petstore, 'application/yaml', '?dryRun=true');
    expect([json.dryRun, json.addedRoutes.length, json.removedRoutes.length]).toEqual([
      true,
      19,
      658,
    ]);
    expect(json.newScopes).toEqual(['write:pets', 'read:pets']);
    expect(await mainTables(latchkey)).toEqual(before);
    await expectStillDecides();
  });

  it('an import that fails midway changes nothing, and the gateway decides as before', async () => {
    const database = new SqliteDatabase(join(latchkey.folder, 'latchkey.db'));
    database.exec(`CREATE TRIGGER full BEFORE INSERT ON route WHEN NEW.ordinal = 400
      BEGIN SELECT RAISE(ABORT, 'full'); END`);
    const before = await mainTables(latchkey);
    const changed = structuredClone(document);
    for (const item of Object.values<Json>(changed.paths)) delete item.get?.security;
    const { status, json } = await importInto(
      'do',
      JSON.stringify(changed),
      undefined,
      '?scopePrefix=x.',
    );
    expect([status, json.reason]).toEqual([500, 'INTERNAL']);
    expect(await mainTables(latchkey)).toEqual(before);
    database.exec('DROP TRIGGER full');
    database.close();
    await expectStillDecides();
  });

  async function expectStillDecides(): Promise<void> {
    const { secret } = await keys.with(['account:read']);
    expect((await latchkey.call('GET', '/do/v2/account', { secret })).status).toBe(200);
    expect((await latchkey.call('GET', '/do/v2/droplets', { secret })).status).toBe(403);
    expect((await latchkey.call('GET', '/do/pet/1', { secret })).status).toBe(404);
  }
});

/** A call with each sufficient set alone, with each of its scopes taken away, and without a key. */
function plansFor(operation: Operation) {
  const plan = (scopes: readonly string[] | null, expected: Partial<Made>) => ({
    operation,
    scopes,
    expected: { opened: null, reason: null, missing: [], ...expected },
  });
  const { scopeSets } = operation;
  const sufficient = scopeSets.length === 0 ? [[]] : scopeSets;
  // Of alternatives that lack as much, the nearest is the first declared.
  const lacking = (scopeSets[0] ?? []).map((missing) =>
    plan(
      (scopeSets[0] ?? []).filter((scope) => scope !== missing),
      {
        reason: 'SCOPE_MISSING',
        missing: [missing],
      },
    ),
  );
  return [
    ...sufficient.map((opened) => plan(opened, { opened })),
    ...lacking,
    plan(null, { reason: 'CREDENTIALS_MISSING' }),
  ];
}

function expectAnswer(
  { operation, target, answer, opened, reason, missing }: Made,
  sent: RecordingUpstream['calls'][number] | undefined,
): void {
  const what = `${operation.method} ${target}`;
  if (opened !== null) {
    expect([what, answer.status]).toEqual([what, 200]);
    expect([what, sent?.headers['x-latchkey-scopes']]).toEqual([what, opened.join(' ')]);
    return;
  }
  expect([what, sent]).toEqual([what, undefined]);
  const status = reason === 'SCOPE_MISSING' ? 403 : 401;
  expect([what, answer.status, answer.json.reason]).toEqual([what, status, reason]);
  if (reason !== 'SCOPE_MISSING') return;
  expect(answer.json.errors[0].context).toEqual({
    requiredGranularScopes: operation.scopeSets[0],
    missingScopes: missing,
  });
}

function expectRow(
  { operation, target, key, answer, reason, missing }: Made,
  rows: CallRow[],
): void {
  expect([target, rows.length]).toEqual([target, 1]);
  expect(rows[0]).toMatchObject({
    keyId: key?.id ?? null,
    method: operation.method,
    path: `/do${target.split('?', 1)[0]}`,
    route: operation.template,
    decision: reason === null ? 'allowed' : 'denied',
    reason,
    status: answer.status,
    missingScopes: missing,
    callerIp: '127.0.0.1',
  });
}

describeWithSharedData('petstore.openapi.yaml, as YAML', () => {
  it('its alternatives of unequal strength: scopes are asked for, and a note says so', async () => {
    await publish('pets');
    const text = readSharedData('petstore.openapi.yaml');
    const { status, json } = await importInto('pets', text, 'application/yaml');
    expect([status, json.routes.length, json.skipped]).toEqual([200, 19, []]);
    expect(json.notes).toMatchObject([{ operation: 'GET /pet/{petId}' }]);
    const both = await keys.with(['write:pets', 'read:pets']);
    const one = await keys.with(['read:pets']);
    const ask = async (path: string, key?: Json) =>
      (await latchkey.call('GET', `/pets${path}`, { secret: key?.secret })).status;
    expect(await ask('/pet/7', both)).toBe(200);
    expect(await ask('/pet/7', one)).toBe(403);
    expect(await ask('/store/inventory', one)).toBe(200);
    expect(await ask('/user/login', one)).toBe(200);
    expect(await ask('/user/login')).toBe(401);
    await importInto('pets', text, 'application/yaml', '?unsecured=public');
    expect(await ask('/user/login')).toBe(200);
    // Of all operations only those without any security: an API key is one.
    expect(await ask('/store/inventory')).toBe(401);
  });
});
