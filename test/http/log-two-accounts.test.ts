import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { publishCrm } from '../support/crm.js';
import { EventStream } from '../support/event-stream.js';
import type { Answer, Json } from '../support/latchkey.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { rowsOf } from '../support/reads-of-log.js';
import { describeOnEachDatabase } from '../support/store.js';
import { until } from '../support/until.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

/** How many calls each account makes, by how many callers at once. They differ, so that a sum of one is none of the other's. */
const shares = [
  { calls: 240, callers: 4 },
  { calls: 150, callers: 3 },
];

/** What an account's key may read, and the scope with which it calls. */
const scopes = ['contacts.read', 'latchkey.request_log.read', 'latchkey.keys.read'];

/** One that calls, is denied, and looks at its own log all the while. */
interface Tenant {
  readonly id: string;
  readonly keyId: string;
  readonly secret: string;
  /** Stands in the path of each of its calls, in its user agent, and in its key's name. */
  readonly marker: string;
  readonly stream: EventStream;
  /** Calls that were begun, and that were answered: what a sum says lies between. */
  readonly begun: { calls: number; denied: number };
  readonly answered: { calls: number; denied: number };
  readonly ids: string[];
}

describeOnEachDatabase('two accounts call and read at once', (kind) => {
  let nodes: Nodes;
  let upstream: RecordingUpstream;
  let tenants: Tenant[];

  beforeEach(async () => {
    upstream = await startUpstream();
    nodes = await startNodes(kind);
    const crm = await publishCrm(nodes.one, upstream.url);
    const others = await nodes.one.manage('POST', '/v1/accounts', { name: 'Pastry Ltd' });
    tenants = [];
    for (const [i, id] of [crm.accountId, others.id].entries()) tenants.push(await settle(id, i));
  }, 60_000);

  afterEach(async () => {
    for (const { stream } of tenants) stream.leave();
    await nodes?.remove();
    await upstream.close();
  });

  async function settle(id: string, index: number): Promise<Tenant> {
    const marker = `marker-of-tenant-${index}`;
    const key = await nodes.one.manage('POST', `/v1/accounts/${id}/keys`, { name: marker, scopes });
    const path = `/v1/accounts/${id}/request-log/stream?door=gateway`;
    const stream = await EventStream.open(nodes.other.managementUrl, path, key.secret);
    await until('its stream begins', () => stream.events.length > 0);
    return {
      ...{ id, keyId: key.id, secret: key.secret, marker, stream },
      ...{ begun: { calls: 0, denied: 0 }, answered: { calls: 0, denied: 0 }, ids: [] },
    };
  }

  /** Every third is denied. */
  async function call(tenant: Tenant, n: number): Promise<void> {
    const isDenied = n % 3 === 0;
    const [method, path] = isDenied ? ['DELETE', '/crm/contacts'] : ['GET', '/crm/contacts'];
    tenant.begun.calls += 1;
    if (isDenied) tenant.begun.denied += 1;
    const node = n % 2 === 0 ? nodes.one : nodes.other;
    const { status, headers } = await node.call(method, `${path}/${tenant.marker}-${n}`, {
      secret: tenant.secret,
      headers: { 'user-agent': tenant.marker },
    });
    expect(status).toBe(isDenied ? 403 : 200);
    tenant.ids.push(headers.get('x-correlation-id') as string);
    tenant.answered.calls += 1;
    if (isDenied) tenant.answered.denied += 1;
  }

  const otherOf = (tenant: Tenant): Tenant => tenants.find((each) => each !== tenant) as Tenant;

  async function read(tenant: Tenant, path: string): Promise<Answer> {
    const at = `/v1/accounts/${tenant.id}/${path}`;
    const answer = await nodes.one.ask('GET', at, { secret: tenant.secret });
    expect([path, answer.status]).toEqual([path, 200]);
    expectNothingOf(otherOf(tenant), answer.text);
    return answer;
  }

  function expectNothingOf(other: Tenant, text: string): void {
    for (const trace of [other.marker, other.id, other.keyId]) expect(text).not.toContain(trace);
  }

  /** Each way to read the log, with a look at whether it is the reader's own, and nothing but that. */
  const readings: ((tenant: Tenant) => Promise<void>)[] = [
    async (tenant) => {
      const { json } = await read(tenant, 'request-log?door=gateway&limit=500');
      for (const row of json.results) expectOwn(tenant, row);
    },
    async (tenant) => {
      // By the id that a caller was told: what is another's is not there.
      await until('both have called', () => tenants.every(({ ids }) => ids.length > 0));
      const [own, theirs] = [tenant.ids.at(-1), otherOf(tenant).ids.at(-1)] as [string, string];
      expectOwn(tenant, (await read(tenant, `request-log/${own}`)).json);
      const { secret } = tenant;
      const path = `/v1/accounts/${tenant.id}/request-log/${theirs}`;
      expect((await nodes.one.ask('GET', path, { secret })).status).toBe(404);
    },
    async (tenant) => {
      // Whatever it filters for, what it finds is in its own log.
      const { json } = await read(tenant, `request-log?keyId=${otherOf(tenant).keyId}`);
      expect(json.results).toEqual([]);
    },
    async (tenant) => {
      const answered = { ...tenant.answered };
      const { json } = await read(tenant, 'request-log/counts?door=gateway');
      expectBetween(json, answered, tenant.begun);
      for (const key of json.keys.results) expect(key.value).toBe(tenant.keyId);
    },
    async (tenant) => {
      for (const row of rowsOf((await read(tenant, 'request-log/export?door=gateway')).text))
        expectOwn(tenant, row);
    },
    async (tenant) => {
      await read(tenant, 'request-log/export?door=gateway&format=csv');
    },
    async (tenant) => {
      const { json } = await read(tenant, 'registers/access');
      expect(json.keys.map(({ keyId }: Json) => keyId)).toEqual([tenant.keyId]);
    },
    async (tenant) => {
      await read(tenant, 'registers/incident?ip=127.0.0.0/8');
    },
  ];

  function expectOwn({ id, keyId, marker }: Tenant, row: Json): void {
    expect(row).toMatchObject({ accountId: id, keyId, keyName: marker, userAgent: marker });
    expect(row.path).toContain(marker);
  }

  function expectBetween(counted: Json, least: Tenant['answered'], most: Tenant['begun']): void {
    expect(counted.calls).toBeGreaterThanOrEqual(least.calls);
    expect(counted.calls).toBeLessThanOrEqual(most.calls);
    expect(counted.deniedCalls).toBeGreaterThanOrEqual(least.denied);
    expect(counted.deniedCalls).toBeLessThanOrEqual(most.denied);
  }

  async function callAndRead(
    tenant: Tenant,
    { calls, callers }: (typeof shares)[0],
  ): Promise<void> {
    let next = 0;
    const calling = { callers };
    const caller = async (): Promise<void> => {
      try {
        while (next < calls) await call(tenant, (next += 1));
      } finally {
        calling.callers -= 1;
      }
    };
    const reader = async (): Promise<void> => {
      while (calling.callers > 0) for (const reading of readings) await reading(tenant);
    };
    await Promise.all([...Array.from({ length: callers }, caller), reader()]);
  }

  it('#62 neither sees a row, a count, an event or a line of the other', async () => {
    await Promise.all(
      tenants.map((tenant, i) => callAndRead(tenant, shares[i] as (typeof shares)[0])),
    );
    for (const [i, tenant] of tenants.entries()) {
      expect(tenant.ids).toHaveLength(shares[i]?.calls as number);
      for (const reading of readings) await reading(tenant);
      const ids = tenant.ids.toSorted();
      const exported = rowsOf((await read(tenant, 'request-log/export?door=gateway')).text);
      expect(exported.map(({ id }) => id).toSorted()).toEqual(ids);
      expect((await tenant.stream.untilCalls(ids.length)).toSorted()).toEqual(ids);
      for (const { call: event } of tenant.stream.events)
        if (event !== null) expectOwn(tenant, event);
      const { json: register } = await read(tenant, 'registers/access');
      const { json: counts } = await read(tenant, `request-log/counts?keyId=${tenant.keyId}`);
      expect(register.keys[0].calls).toBeLessThanOrEqual(counts.calls);
      expect(register.keys[0].deniedCalls).toBe(tenant.answered.denied);
      expect(counts.deniedCalls).toBe(tenant.answered.denied);
    }
  }, 120_000);
});
