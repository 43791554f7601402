import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Operation } from '../support/api-description.js';
import type { Json } from '../support/latchkey.js';
import { mainTables } from '../support/main-tables.js';
import { startManagement, type Management } from '../support/management.js';
import { filled, operations, requestFor, sampleOf, samples } from '../support/sample-requests.js';
import { changesBetween } from '../support/table-changes.js';
import { fillIn, openTenant, type Tenant } from '../support/tenants.js';

let latchkey: Management;
let opened = 0;

beforeAll(async () => {
  latchkey = await startManagement();
  // Something of every kind that is nobody's business here, so that a change that touches too much has something to touch.
  await openTenant(latchkey, 'theirs');
});

afterAll(() => latchkey.remove());

const openOurs = (): Promise<Tenant> => openTenant(latchkey, `ours-${(opened += 1)}`);

/** Every line by which the whole database differs afterwards. */
async function changesOf(tenant: Tenant, work: () => Promise<unknown>): Promise<string[]> {
  const before = await mainTables(latchkey);
  await work();
  return changesBetween(before, await mainTables(latchkey), tenant.words);
}

/** A line for each row of these tables that has nothing to do with the tenant. */
async function linesOfOthers(
  lines: Readonly<Record<string, string>>,
  { words }: Tenant,
): Promise<string[]> {
  const tables = Object.keys(lines).length === 0 ? {} : await mainTables(latchkey);
  return Object.entries(lines).flatMap(([table, line]) =>
    (tables[table] ?? [])
      .filter((row) => !Object.values(row).some((value) => words.has(String(value))))
      .map(() => line),
  );
}

/** What a change writes: its rows, its number, and its event at the end of one trail, with that of its end if it has one. */
function asRecorded(writes: readonly string[], event: string, endEvent?: string): string[] {
  const [trail = ''] = event.split(' ');
  const isNew = writes.includes('+ audit_head');
  const head = isNew ? [] : [`~ audit_head ${trail}: digest, seq`];
  const record = ['~ access_revision: revision', `+ audit_event ${event}`, ...head];
  const end = endEvent === undefined ? [] : [`+ audit_event ${endEvent}`];
  return [...writes, ...record, ...end].sort();
}

describe('#69 every operation, as the operator: it does what it says, and writes exactly its rows', () => {
  it.each(
    operations.map(
      (operation) => [`${operation.method} ${operation.template}`, operation] as const,
    ),
  )('%s', async (_name, operation) => {
    const {
      status,
      first,
      tells,
      writes,
      writesOfOthers = {},
      event,
      endEvent,
      andEvent,
    } = sampleOf(operation);
    const tenant = await openOurs();
    if (first !== undefined) {
      const [method, template, body] = first;
      await latchkey.manage(method, fillIn(template, tenant), body);
    }
    const request = requestFor(operation, tenant, latchkey.operatorKey);
    const others = await linesOfOthers(writesOfOthers, tenant);
    await latchkey.newRows.skip();
    const changes = await changesOf(tenant, async () => {
      const answer = await latchkey.ask(request.method, request.path, request);
      expect([answer.status, answer.json?.status === 'error']).toEqual([status, status >= 400]);
      if (tells !== undefined) expect(answer.text).toContain(tenant[tells]);
    });
    const isRetried = request.headers === undefined ? [] : ['+ idempotency_record'];
    const expected =
      event === undefined
        ? []
        : asRecorded([...(writes ?? []), ...others], event, endEvent ?? andEvent);
    expect(changes.map(withoutDigest)).toEqual([...expected, ...isRetried].sort());
    expect(await latchkey.newRows.take(1)).toMatchObject([
      { keyId: byKey(operation), method: request.method, status, decision: 'allowed' },
    ]);
  });

  it('knows a request for each of them, and none for what is no more', () => {
    const names = operations.map(({ method, template }) => `${method} ${template}`);
    expect(Object.keys(samples).sort()).toEqual(names.sort());
  });

  it('what only reads says so: every other method writes, and no GET but what hands the log out, which is on record', () => {
    const writing = operations.filter((operation) => sampleOf(operation).event !== undefined);
    const others = operations.filter(
      (operation) => !writing.includes(operation) && sampleOf(operation).status < 400,
    );
    const onRecord = writing.filter(({ method }) => method === 'GET');
    expect(onRecord.map(({ template }) => template)).toEqual(
      onRecord
        .map(({ template }) => template)
        .filter((template) => /\/(?:export|registers\/\w+)$/.test(template)),
    );
    expect(onRecord.flatMap((operation) => sampleOf(operation).writes ?? [])).toEqual([]);
    expect(others.filter(({ method }) => method !== 'GET').map(({ template }) => template)).toEqual(
      others
        .map(({ template }) => template)
        .filter((template) => /\/(check|verify|read)$/.test(template)),
    );
  });
});

describe('#69 the same in other ways', () => {
  const key = '/v1/accounts/{accountId}/keys/{keyId}';
  const rotation = `${key}/rotations/{rotationId}`;
  const keyRow = '~ api_key key account production: revision';
  const stale = '+ access_change key key';

  it.each<[what: string, request: [string, string, Json?], writes: string[], event: string]>([
    ['grantable scopes alone', ['PATCH', key, { grantableScopes: ['{name}.read'] }],
      [keyRow, stale, '+ api_key_grant key its-scope hand_out'], 'account key.changed key'],
    ['an expiry alone', ['PATCH', key, { expiresAt: '2099-01-01T00:00:00Z' }],
      ['~ api_key key account production: expires_at, revision', stale], 'account key.changed key'],
    ['what an account is entitled to', ['PATCH', '/v1/accounts/{accountId}', { entitledScopes: [] }],
      ['~ account account: entitled_scopes, revision', '+ access_change account account'], 'account account.changed account'],
    ['a policy that asks for nothing', ['PUT', '/v1/accounts/{accountId}/policy', {}],
      ['~ account account: revision', '+ access_change account account'], 'account account.policy_changed account'],
    ['a forced cancel', ['POST', `${rotation}/cancel`, { force: true }],
      [keyRow, stale, '~ rotation rotation key retiring replacing: ended_at, standing',
        '~ secret replacing key: revoked_at', '~ secret retiring key rotation: ends_at, rotation_id',
        '+ notice account key rotation', '+ notice_delivery account', '+ notice_delivery account admin-member'], 'account rotation.cancelled key'],
    ['a new scope', ['PUT', '/v1/scopes/{name}.new', {}], ['+ scope'], 'operator scope.created'],
    ['a binding for one environment', ['PUT', '/v1/accounts/{accountId}/services/{name}', { environment: 'qa' }],
      ['+ binding account service qa', '+ access_change account account'], 'account binding.created'],
    ['no routes', ['PUT', '/v1/services/{name}/routes', { routes: [] }],
      ['~ service service name: revision', '+ access_change service service', '- route service'], 'operator service.routes_replaced service'],
  ])('%s', async (_what, [method, template, body], writes, event) => {
    const tenant = await openOurs();
    const changes = await changesOf(tenant, () =>
      latchkey.manage(method, fillIn(template, tenant), body && filled(body, tenant)),
    );
    expect(changes).toEqual(asRecorded(writes, event));
  }); // prettier-ignore

  it.each<[what: string, first: string, again: string]>([
    ['suspending what is suspended', `${key}/suspend`, `${key}/suspend`],
    ['revoking what is revoked', `${key}/revoke`, `${key}/revoke`],
    ['resuming what is active', `${key}/resume`, `${key}/resume`],
  ])('%s writes its number and nothing else', async (_what, first, again) => {
    const tenant = await openOurs();
    await latchkey.manage('POST', fillIn(first, tenant));
    const changes = await changesOf(tenant, () => latchkey.manage('POST', fillIn(again, tenant)));
    expect(changes).toEqual(['~ access_revision: revision']);
  });
});

/** Who asks where no key does has none. */
function byKey({ openTo }: Operation): string | null {
  return openTo === undefined ? latchkey.operatorKeyId : null;
}

/** The name that a retry has in the database is a digest, another each time. */
function withoutDigest(line: string): string {
  return line.replace(/^(\+ idempotency_record) \S+$/, '$1');
}
