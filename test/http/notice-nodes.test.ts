import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';
import { describeOnEachDatabase } from '../support/store.js';
import { until } from '../support/until.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';

describeOnEachDatabase('however many nodes deliver', (kind) => {
  let database: NodeDatabase;
  let receiver: WebhookReceiver;
  let nodes: TestLatchkey[];

  beforeEach(async () => {
    database = await databaseFor(kind);
    receiver = await startWebhookReceiver();
    nodes = [];
    for (let i = 0; i < (kind === 'postgres' ? 3 : 1); i += 1) {
      const environment = { ...database.environment, WEBHOOK_ALLOWED_RANGES: '127.0.0.1' };
      // They look all the time, and so all of them find everything.
      const courier = { sweepMs: 5, retryDelaysMs: [5, 5, 5, 5] };
      nodes.push(await startTestLatchkey(environment, { courier, leaseMs: 60_000 }));
    }
  });

  afterEach(async () => {
    for (const node of nodes) await node.remove();
    await database.remove();
    await receiver.close();
  });

  it('each notice is accepted once, though the receiver fails now and then', async () => {
    const changes = 40;
    const [one] = nodes as [TestLatchkey];
    const { id } = await one.manage<Json>('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
    const at = `/v1/accounts/${id}`;
    const webhook = { url: receiver.url };
    receiver.secrets = [(await one.manage<Json>('POST', `${at}/webhooks`, webhook)).secret];
    receiver.answer = (count) => (count % 5 === 0 ? 503 : 204);
    for (let i = 0; i < changes; i += 1) {
      const node = nodes[i % nodes.length] as TestLatchkey;
      const settings = { name: `key ${i}`, scopes: [] };
      const key = await node.manage<Json>('POST', `${at}/keys`, settings);
      await node.manage('POST', `${at}/keys/${key.id}/suspend`);
    }
    await until('all of them', () => new Set(receiver.accepted()).size >= changes);
    await until('no delivery is pending', async () => {
      const { results } = await one.manage<Json>('GET', `${at}/notices`);
      return results.every(({ deliveries }: Json) => deliveries[0].state === 'delivered');
    });
    expect(receiver.accepted()).toHaveLength(changes);
    expect(new Set(receiver.accepted()).size).toBe(changes);
  });
});
