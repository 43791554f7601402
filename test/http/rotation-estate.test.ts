import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishCrm, type Crm } from '../support/crm.js';
import type { Answer, Json } from '../support/latchkey.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const hour = 3_600_000;
const day = 24 * hour;
const iso = (time: number) => new Date(time).toISOString();

/** A system of the customer's: it has an address, says what it is, and calls one route. */
class Client {
  /** What it was seen to do with each secret, as the monitor is to tell it. */
  readonly uses = new Map<string, Json>();

  constructor(
    readonly number: number,
    public secret: string,
  ) {}

  get ip(): string {
    return `203.0.113.${this.number + 1}`;
  }

  get userAgent(): string {
    return `donut-sync/${this.number}`;
  }

  get route(): string {
    return this.number % 2 === 0 ? '/contacts' : '/contacts/{id}';
  }

  call(latchkey: Nodes['one']): Promise<Answer> {
    const path = `/crm${this.route.replace('{id}', String(this.number))}`;
    const headers = { 'x-forwarded-for': this.ip, 'user-agent': this.userAgent };
    return latchkey.call('GET', path, { secret: this.secret, headers });
  }

  note(at: number, denied: boolean): void {
    const { ip, userAgent } = this;
    const before = this.uses.get(this.secret);
    this.uses.set(this.secret, {
      ...{ ip, userAgent, routes: [this.route] },
      calls: (before?.calls ?? 0) + 1,
      deniedCalls: (before?.deniedCalls ?? 0) + (denied ? 1 : 0),
      brownoutCalls: 0,
      firstSeenAt: before?.firstSeenAt ?? iso(at),
      lastSeenAt: iso(at),
    });
  }
}

const byIp = (callers: Json[]) => callers.toSorted((a: Json, b: Json) => (a.ip < b.ip ? -1 : 1));

describeOnEachDatabase('an estate of 40 systems moves to a new secret', (kind) => {
  let now = Date.UTC(2030, 0, 1);
  let nodes: Nodes;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let rotations: string;
  let old: string;
  let clients: Client[];

  beforeAll(async () => {
    upstream = await startUpstream();
    const environment = { TRUSTED_PROXIES: '127.0.0.1/32' };
    nodes = await startNodes(kind, { wallClock: () => now }, environment);
    crm = await publishCrm(nodes.one, upstream.url);
  });

  afterAll(async () => {
    await nodes?.remove();
    await upstream?.close();
  });

  beforeEach(async () => {
    now += hour;
    const key = await crm.makeKey({ name: 'Everything we have' });
    rotations = `/v1/accounts/${crm.accountId}/keys/${key.id}/rotations`;
    old = key.secret;
    clients = Array.from({ length: 40 }, (_, number) => new Client(number, old));
  });

  /** Every client calls once, half of them by either node. @returns those that were refused */
  const everyoneCalls = async (endsAt: number, caller = clients): Promise<Client[]> => {
    const refused: Client[] = [];
    const calls = caller.map(async (client) => {
      const node = client.number % 4 < 2 ? nodes.one : nodes.other;
      const { status, headers, json } = await client.call(node);
      client.note(now, status !== 200);
      if (status !== 200) refused.push(client);
      const isTold = client.secret === old && now < endsAt;
      expect(headers.get('latchkey-secret-retires')).toBe(isTold ? iso(endsAt) : null);
      expect(headers.get('sunset')).toBe(isTold ? new Date(endsAt).toUTCString() : null);
      if (status !== 200) expect([status, json.reason]).toEqual([401, 'SECRET_EXPIRED']);
    });
    await Promise.all(calls);
    return refused;
  };

  /** In force on the node that made it when it is answered, and on the other within a second (ADR 9). */
  const change = async (path: string, body?: Json): Promise<Json> => {
    const answer = await nodes.one.manage('POST', path, body);
    if (nodes.other !== nodes.one) await sleep(1_000);
    return answer;
  };

  const usesOf = (secret: string): Json[] =>
    clients.flatMap(({ uses }) => uses.get(secret) ?? []);

  /** What both nodes say of it, which is the same. */
  const watched = async (id: string): Promise<Json> => {
    const [one, other] = await Promise.all(
      [nodes.one, nodes.other].map((node) => node.manage('GET', `${rotations}/${id}`)),
    );
    expect(other).toEqual(one);
    return one;
  };

  it('without one failed call for those that moved in time, and the one that never did is named', async () => {
    await everyoneCalls(0);
    for (const client of clients) client.uses.clear();
    const rotation = await change(rotations, { graceSeconds: (3 * day) / 1_000 });
    const endsAt = Date.parse(rotation.graceEndsAt);
    const [forgotten] = clients.slice(-1) as [Client];
    await everyoneCalls(endsAt);
    expect((await watched(rotation.id)).verdict).toBe('new_not_used_yet');

    for (const client of clients.slice(0, -1)) {
      now += hour;
      client.secret = rotation.secret;
      expect(await everyoneCalls(endsAt)).toEqual([]);
      const { retiring, replacing, verdict } = await watched(rotation.id);
      expect(byIp(retiring.callers)).toEqual(byIp(usesOf(old)));
      expect(byIp(replacing.callers)).toEqual(byIp(usesOf(rotation.secret)));
      expect(verdict).toBe('still_in_use');
    }

    now = endsAt - 1;
    expect(await everyoneCalls(endsAt)).toEqual([]);
    const before = await watched(rotation.id);
    expect([before.state, before.verdict]).toEqual(['open', 'still_in_use']);
    expect(before.retiring.callers[0]).toMatchObject({ ip: forgotten.ip, lastSeenAt: iso(now) });

    now = endsAt;
    expect(await everyoneCalls(endsAt)).toEqual([forgotten]);
    const refusal = await forgotten.call(nodes.one);
    forgotten.note(now, true);
    expect(refusal.json.message).toContain(iso(endsAt));
    expect(refusal.json.errors[0].context).toMatchObject({
      ...{ endedAt: iso(endsAt), rotationId: rotation.id },
    });
    now += day;
    expect(await everyoneCalls(endsAt)).toEqual([forgotten]);
    const after = await watched(rotation.id);
    expect([after.state, after.verdict]).toEqual(['expired', null]);
    expect(after.retiring.callers[0]).toMatchObject({ ip: forgotten.ip, deniedCalls: 3 });
    expect(byIp(after.retiring.callers)).toEqual(byIp(usesOf(old)));
  }, 180_000);

  it('and once the old one was quiet for a day, it is safe to finish, and nobody notices', async () => {
    await everyoneCalls(0);
    const rotation = await change(rotations, { graceSeconds: (9 * day) / 1_000 });
    const endsAt = Date.parse(rotation.graceEndsAt);
    now += hour;
    await everyoneCalls(endsAt);
    const lastUse = now;
    for (const client of clients) client.secret = rotation.secret;
    for (now += hour; now < lastUse + day; now += hour) {
      expect(await everyoneCalls(endsAt, clients.slice(0, 8))).toEqual([]);
      const { verdict, quietSince } = await watched(rotation.id);
      expect([verdict, quietSince]).toEqual(['still_in_use', iso(lastUse)]);
    }
    expect((await watched(rotation.id)).verdict).toBe('safe_to_finish');
    await change(`${rotations}/${rotation.id}/finish`);
    expect(await everyoneCalls(0)).toEqual([]);
    now += 10 * day;
    expect(await everyoneCalls(0)).toEqual([]);
  }, 180_000);
}); // prettier-ignore
