import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LatchkeyProcess } from '../support/latchkey-process.js';
import type { Json } from '../support/latchkey.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { WorkFolder } from '../support/work-folder.js';

// A delivery that was under way when its process was killed is tried again a minute later.
jest.setTimeout(240_000);

const kills = 4;
const changesBetweenKills = 12;

let folder: WorkFolder;
let receiver: WebhookReceiver;
let process: LatchkeyProcess;

beforeEach(async () => {
  receiver = await startWebhookReceiver();
  folder = new WorkFolder();
});

afterEach(async () => {
  await folder.remove();
  await receiver.close();
});

async function start(): Promise<void> {
  process = folder.run({ WEBHOOK_ALLOWED_RANGES: '127.0.0.1' });
  await process.running;
}

const manage = (method: string, path: string, body?: unknown): Promise<Json> =>
  folder.manage(process, method, path, body);

function inDatabase(sql: string): unknown[] {
  const path = join(folder.path, 'data', 'latchkey.db');
  const database = new SqliteDatabase(path, { readonly: true });
  try {
    return database.prepare(sql).pluck().all();
  } finally {
    database.close();
  }
}

it(`killed ${kills} times while it delivers: no notice is lost, and none comes under another id`, async () => {
  await start();
  const { id } = await manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
  const at = `/v1/accounts/${id}`;
  receiver.secrets = [(await manage('POST', `${at}/webhooks`, { url: receiver.url })).secret];
  // Slow enough to be killed in the middle, and now and then not in the mood. To each notice once: every attempt that fails
  // makes the next one later, up to hours.
  const refused = new Set<string>();
  receiver.answer = async (count, id) => {
    await sleep(15);
    if (count % 7 !== 0 || refused.has(id)) return 200;
    refused.add(id);
    return 503;
  };
  /** Keys of which it was acknowledged that they were revoked. */
  const revoked: string[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    for (let i = 0; i < changesBetweenKills; i += 1) {
      const key = await manage('POST', `${at}/keys`, { name: `${kill}.${i}`, scopes: [] });
      await manage('POST', `${at}/keys/${key.id}/revoke`);
      revoked.push(key.id);
    }
    // The last of them are under way.
    await process.stop('SIGKILL');
    await start();
  }
  const pending = () =>
    inDatabase("SELECT count(*) FROM notice_delivery WHERE state = 'pending'")[0] as number;
  for (let waited = 0; pending() > 0; waited += 1) {
    if (waited > 180) throw new Error(`${pending()} deliveries are never settled.`);
    await sleep(1_000);
  }
  const taken = new Map<string, string>();
  for (const { id: notice, json, answered } of receiver.received) {
    if (answered !== 200) continue;
    const { keyId } = json.data;
    // What came twice came under the id by which a receiver knows that.
    expect(taken.get(keyId) ?? notice).toBe(notice);
    taken.set(keyId, notice);
  }
  expect([...taken.keys()].sort()).toEqual(revoked.toSorted());
  expect(
    inDatabase("SELECT DISTINCT state FROM notice_delivery WHERE state <> 'delivered'"),
  ).toEqual([]);
  const acknowledged = inDatabase("SELECT count(*) FROM notice WHERE kind = 'key.revoked'");
  expect(acknowledged).toEqual([revoked.length]);
  expect(await process.stop()).toBe(0);
});
