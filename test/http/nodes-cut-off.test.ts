import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { expectDenial } from '../support/denials.js';
import { startFrozenNetwork, type FrozenNetwork } from '../support/frozen-network.js';
import type { Answer, CallRow, Json } from '../support/latchkey.js';
import { describeWithPostgres } from '../support/postgres.js';
import { startQuietNetwork, type QuietNetwork } from '../support/quiet-network.js';
import { longLeaseMs, startTwoNodes, type TwoNodes } from '../support/two-nodes.js';
import { until } from '../support/until.js';

describeWithPostgres('a node that is cut off from the database', () => {
  let nodes: TwoNodes;
  let network: FrozenNetwork;
  let key: Json;

  beforeEach(async () => {
    nodes = await startTwoNodes({
      wayOfOther: async (url) => {
        network = await startFrozenNetwork(url);
        return network.url;
      },
    });
    key = await nodes.crm.makeKey();
    const call = () => nodes.other.call('GET', '/crm/contacts', { secret: key.secret });
    await until('let through', async () => (await call()).status === 200);
    // Its first use is on record now, and what is remembered of it with that.
    expect((await call()).status).toBe(200);
  });

  afterEach(async () => {
    network.thaw();
    await nodes.close();
    await network.close();
  });

  const keyPath = () => `/v1/accounts/${nodes.crm.accountId}/keys/${key.id}`;
  /** Whoever was known when the node was cut off is named by the row, whatever becomes of the key meanwhile. */
  const doors: [string, boolean, () => Promise<Answer>][] = [
    ['gateway', true, () => nodes.other.call('GET', '/crm/contacts', { secret: key.secret })],
    ['gateway', false, () => nodes.other.call('GET', '/crm/status')],
    ['self', true, () => nodes.other.call('GET', '/latchkey/v1/self', { secret: key.secret })],
    ['management', true, () => nodes.other.ask('GET', '/v1/accounts', { secret: key.secret })],
  ];
  /** As the node reads them that can. */
  async function rowsOf({ json }: Answer): Promise<CallRow[]> {
    let found: CallRow[] = [];
    await until('its row', async () => {
      found = (await nodes.one.rows()).filter(({ id }) => id === json.correlationId);
      return found.length > 0;
    });
    return found;
  }

  const readiness = async (): Promise<Answer> => nodes.other.call('GET', '/latchkey/health/ready');

  it('#56 denies every call with 503 when its lease ends, a remembered key and a public route too, and recovers by itself', async () => {
    expect((await readiness()).json).toEqual({
      status: 'ready',
      checks: { store: 'ok', call_log: 'ok' },
    });
    network.freeze();
    // What it remembers is still good, for as long as it may be believed.
    expect((await nodes.other.call('GET', '/crm/status')).status).toBe(200);
    await nodes.one.manage('POST', `${keyPath()}/revoke`);
    await until('503', async () => (await readiness()).status === 503);
    expect((await readiness()).json.checks).toEqual({ store: 'failing', call_log: 'ok' });
    const calls = nodes.upstream.calls.length;
    for (const [door, isKnown, send] of doors) {
      const answer = await send();
      const keyId = isKnown ? key.id : null;
      const row = { door, keyId, secretState: null };
      expectDenial(answer, 'STORE_UNAVAILABLE', await rowsOf(answer), row);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    // What needs no store is answered as ever.
    expect((await nodes.other.call('GET', '/latchkey/v1/self')).json.reason).toBe(
      'CREDENTIALS_MISSING',
    );
    expect((await nodes.other.call('GET', '/latchkey/health/live')).status).toBe(200);
    expect(nodes.upstream.calls).toHaveLength(calls);
    // The other node never noticed.
    expect((await nodes.one.call('GET', '/crm/status')).status).toBe(200);
    network.thaw();
    await until('ready', async () => (await readiness()).status === 200);
    const { json } = await nodes.other.call('GET', '/crm/contacts', { secret: key.secret });
    expect(json.reason).toBe('KEY_REVOKED');
    expect((await nodes.other.call('GET', '/crm/status')).status).toBe(200);
    expect(nodes.upstream.calls.length).toBeGreaterThan(calls);
  });

  it('#56 never lets a revoked key through later than its lease, however it is called', async () => {
    const outcomes: { afterMs: number; answer: Answer }[] = [];
    network.freeze();
    await nodes.one.manage('POST', `${keyPath()}/revoke`);
    const revoked = performance.now();
    await until('refused, and for good', async () => {
      const afterMs = performance.now() - revoked;
      const answer = await nodes.other.call('GET', '/crm/contacts', { secret: key.secret });
      outcomes.push({ afterMs, answer });
      return afterMs > 4_500;
    });
    const statuses = outcomes.map(({ answer }) => answer.status);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    // Once it says no, it does not say yes again; and no call that began after the lease was let through.
    expect(statuses).toEqual(statuses.toSorted());
    const lastLetThrough = outcomes.findLast(({ answer }) => answer.status === 200);
    expect(lastLetThrough?.afterMs).toBeLessThan(3_000);
  });
});

describeWithPostgres('a node whose notifications are lost', () => {
  let nodes: TwoNodes;
  let network: QuietNetwork;

  beforeEach(async () => {
    nodes = await startTwoNodes({
      leaseMs: longLeaseMs,
      wayOfOther: async (url) => {
        network = await startQuietNetwork(url);
        return network.url;
      },
    });
  });

  afterEach(async () => {
    await nodes.close();
    await network.close();
  });

  it('#55 has a revocation in force within a second all the same', async () => {
    const latenciesMs: number[] = [];
    const lost = network.lost;
    for (let round = 0; round < 10; round += 1) {
      const key = await nodes.crm.makeKey();
      const call = () => nodes.other.call('GET', '/crm/contacts', { secret: key.secret });
      await until('let through', async () => (await call()).status === 200);
      await nodes.one.manage('POST', `/v1/accounts/${nodes.crm.accountId}/keys/${key.id}/revoke`);
      latenciesMs.push(
        await until('revoked', async () => (await call()).json.reason === 'KEY_REVOKED'),
      );
    }
    expect(network.lost).toBeGreaterThan(lost);
    expect(latenciesMs.toSorted((a, b) => a - b)[5]).toBeLessThanOrEqual(1_000);
  });
});
