import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import type { TestLatchkey } from '../support/latchkey.js';
import { describeOnEachDatabase } from '../support/store.js';
import { until } from '../support/until.js';

const day = 86_400_000;
/** Looks so often that a test need not wait. */
const courier = { watchMs: 20, sweepMs: 20 };
const surroundings = { wallClock: () => now, courier };

let now: number;

beforeEach(() => {
  // The call log counts by its own clock, which is the machine's.
  now = Date.now();
});

/** Kinds of an account's notices, oldest first. */
async function kindsOf(latchkey: Pick<TestLatchkey, 'manage'>, at: string): Promise<string[]> {
  const { results } = await latchkey.manage<Json>('GET', `${at}/notices`);
  return results.map(({ kind }: Json) => kind).reverse();
}

/** Long enough for several looks; who has nothing to tell by then tells nothing. */
const someLooks = () => sleep(200);

describe('what ends by itself', () => {
  let latchkey: Management;
  let at: string;
  let key: Json;

  beforeEach(async () => {
    latchkey = await startManagement({}, surroundings);
    const account = await latchkey.openAccount();
    at = `/v1/accounts/${account.id}`;
    key = await latchkey.makeKey(account.id);
  });

  afterEach(() => latchkey.remove());

  const open = (days: number): Promise<Json> =>
    latchkey.manage('POST', `${at}/keys/${key.id}/rotations`, {
      graceSeconds: (days * day) / 1000,
    });
  const useOld = async () => {
    const { status } = await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
    expect(status).toBe(200);
  };
  const timesTold = async (kind: string): Promise<number> =>
    (await kindsOf(latchkey, at)).filter((told) => told === kind).length;
  const toldOf = (kind: string, times = 1) =>
    until(kind, async () => (await timesTold(kind)) === times);

  it('a rotation: reminded of 7 days and 24 hours before, while the old secret is used, and told of', async () => {
    const rotation = await open(10);
    await useOld();
    await someLooks();
    expect(await kindsOf(latchkey, at)).toEqual(['rotation.opened']);
    now += 3 * day + 1;
    await useOld();
    await toldOf('rotation.ends_in_7_days');
    now += 6 * day;
    await useOld();
    await toldOf('rotation.ends_in_24_hours');
    await someLooks();
    now += day;
    await toldOf('rotation.expired');
    await someLooks();
    expect(await kindsOf(latchkey, at)).toEqual([
      ...['rotation.opened', 'rotation.ends_in_7_days', 'rotation.ends_in_24_hours'],
      'rotation.expired',
    ]);
    const { results } = await latchkey.manage('GET', `${at}/notices`);
    expect(results[1].data).toMatchObject({ rotationId: rotation.id, oldSecretCallers: 1 });
    const read = await latchkey.manage('GET', `${at}/keys/${key.id}/rotations/${rotation.id}`);
    expect(read.state).toBe('expired');
  });

  it('nobody is reminded of an old secret that nobody uses, until somebody does', async () => {
    await open(10);
    now += 9 * day + 1;
    await someLooks();
    expect(await kindsOf(latchkey, at)).toEqual(['rotation.opened']);
    await useOld();
    await toldOf('rotation.ends_in_24_hours');
  });

  it('who gets more time is reminded again', async () => {
    const { id } = await open(10);
    now += 3 * day + 1;
    await useOld();
    await toldOf('rotation.ends_in_7_days');
    const graceEndsAt = new Date(now + 20 * day).toISOString();
    await latchkey.manage('POST', `${at}/keys/${key.id}/rotations/${id}/extend`, { graceEndsAt });
    now += 14 * day;
    await useOld();
    await toldOf('rotation.ends_in_7_days', 2);
    await someLooks();
    expect(await timesTold('rotation.ends_in_7_days')).toBe(2);
  });

  it('a rotation that is written down by the next change is told of all the same, once', async () => {
    await open(1);
    now += 2 * day;
    await open(1);
    await toldOf('rotation.opened', 2);
    await someLooks();
    expect((await kindsOf(latchkey, at)).toSorted()).toEqual([
      ...['rotation.expired', 'rotation.opened', 'rotation.opened'],
    ]);
  });

  it('a key: 30, 7 and 1 days before it expires', async () => {
    const expiresAt = new Date(now + 40 * day).toISOString();
    await latchkey.manage('PATCH', `${at}/keys/${key.id}`, { expiresAt });
    await someLooks();
    expect(await kindsOf(latchkey, at)).toEqual([]);
    for (const [passed, withinDays] of [
      [11, 30],
      [25, 7],
      [3.5, 1],
    ] as const) {
      now += passed * day;
      let newest: Json;
      await until(`${withinDays} days`, async () => {
        const { results } = await latchkey.manage('GET', `${at}/notices`);
        newest = results[0];
        return newest?.data.withinDays === withinDays;
      });
      expect(newest).toMatchObject({ kind: 'key.expiring', data: { keyId: key.id, expiresAt } });
    }
    now += day;
    await someLooks();
    expect(await kindsOf(latchkey, at)).toHaveLength(3);
  });

  it('a key that was revoked is not told to expire', async () => {
    const expiresAt = new Date(now + 40 * day).toISOString();
    await latchkey.manage('PATCH', `${at}/keys/${key.id}`, { expiresAt });
    await latchkey.manage('POST', `${at}/keys/${key.id}/revoke`);
    now += 20 * day;
    await someLooks();
    expect(await kindsOf(latchkey, at)).toEqual(['key.revoked']);
  });
});

describe('what nobody did, and somebody has to know', () => {
  let latchkey: Management;
  let accountId: string;
  let at: string;

  beforeEach(async () => {
    latchkey = await startManagement({ TRUSTED_PROXIES: '127.0.0.1' }, surroundings);
    accountId = (await latchkey.openAccount()).id;
    at = `/v1/accounts/${accountId}`;
  });

  afterEach(() => latchkey.remove());

  const noticesOf = async (): Promise<Json[]> =>
    (await latchkey.manage('GET', `${at}/notices`)).results;

  it('a secret is over age: told once, by the account’s own policy', async () => {
    const key = await latchkey.makeKey(accountId);
    now += 179 * day;
    await someLooks();
    expect(await noticesOf()).toEqual([]);
    await latchkey.manage('PUT', `${at}/policy`, { secretAgeDaysMax: 10, overAge: 'refuse' });
    now += 2 * 3_600_000;
    await until('the notice', async () => (await noticesOf()).length > 0);
    now += 10 * day;
    await someLooks();
    const [secret] = key.secrets;
    expect(await noticesOf()).toMatchObject([
      {
        ...{ kind: 'secret.over_age', keyId: key.id },
        data: { secretId: secret.id, secretStart: secret.start, maxAgeDays: 10, isRefused: true },
      },
    ]);
  });

  it('a secret is over age by the installation’s policy, unless its key was rotated or revoked', async () => {
    const [old, rotated, revoked] = [
      await latchkey.makeKey(accountId),
      await latchkey.makeKey(accountId),
      await latchkey.makeKey(accountId),
    ];
    await latchkey.manage('POST', `${at}/keys/${revoked.id}/revoke`);
    now += 170 * day;
    await latchkey.manage('POST', `${at}/keys/${rotated.id}/rotations`, { graceSeconds: 0 });
    now += 10 * day;
    await until('the notice', async () =>
      (await noticesOf()).some(({ kind }) => kind === 'secret.over_age'),
    );
    await someLooks();
    const overAge = (await noticesOf()).filter(({ kind }) => kind === 'secret.over_age');
    expect(overAge.map(({ keyId }) => keyId)).toEqual([old.id]);
  });

  it('a key is used from an address that none of its callers had: told once of each', async () => {
    const key = await latchkey.makeKey(accountId);
    const callFrom = async (ip: string): Promise<void> => {
      now += 1_000;
      const headers = { 'x-forwarded-for': ip };
      await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret, headers });
    };
    await callFrom('203.0.113.1');
    await callFrom('203.0.113.1');
    await someLooks();
    expect(await noticesOf()).toEqual([]);
    for (const ip of ['203.0.113.2', '2001:db8::3', '203.0.113.2', '203.0.113.1'])
      await callFrom(ip);
    await until('both', async () => (await noticesOf()).length >= 2);
    await callFrom('203.0.113.2');
    await someLooks();
    const told = await noticesOf();
    expect(told.map(({ kind, data }) => [kind, data.ip]).sort()).toEqual([
      ['key.first_used_from_new_ip', '2001:db8::3'],
      ['key.first_used_from_new_ip', '203.0.113.2'],
    ]);
    expect(told[0].data.keyId).toBe(key.id);
  });

  it('of changing addresses no more than twenty a day are told', async () => {
    const key = await latchkey.makeKey(accountId);
    for (let i = 0; i < 30; i += 1) {
      now += 100;
      const headers = { 'x-forwarded-for': `203.0.113.${i}` };
      await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret, headers });
    }
    await until('twenty', async () => (await noticesOf()).length >= 20);
    await someLooks();
    expect(await noticesOf()).toHaveLength(20);
  });
});

describeOnEachDatabase('however many nodes look', (kind) => {
  let nodes: Nodes;

  beforeEach(async () => {
    nodes = await startNodes(kind, surroundings);
  });

  afterEach(() => nodes.remove());

  it('each end is told of once, and again after no restart', async () => {
    const { one } = nodes;
    const { id } = await one.manage<Json>('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
    const at = `/v1/accounts/${id}`;
    const keys = 12;
    for (let i = 0; i < keys; i += 1) {
      const settings = { name: `key ${i}`, scopes: [] };
      const key = await one.manage<Json>('POST', `${at}/keys`, settings);
      await one.manage('POST', `${at}/keys/${key.id}/rotations`, { graceSeconds: 60 });
    }
    now += 61_000;
    await until('all of them', async () => (await kindsOf(one, at)).length >= 2 * keys);
    await someLooks();
    const expired = (await kindsOf(one, at)).filter((kind) => kind === 'rotation.expired');
    expect(expired).toHaveLength(keys);
  });
});
