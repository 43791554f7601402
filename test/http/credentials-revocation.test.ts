import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial } from '../support/denials.js';
import {
  startTestLatchkey,
  type Answer,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { slowReads } from '../support/slow-reads.js';
import { everyDoorPath, takeaways } from '../support/takeaways.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const clients = 6;
const callsBefore = 40;
const callsAfter = 60;
/** Milliseconds by which what is read of a key may arrive late. */
const lateMsMax = 3;

describe('what is taken away is gone when the change is acknowledged', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let rows: NewRows;

  beforeEach(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey({ CALL_LOG_MODE: 'committed' });
    crm = await publishCrm(latchkey, upstream.url);
    rows = new NewRows(latchkey);
  });

  afterEach(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  const scopes = ['contacts.read', 'latchkey.accounts.read'];
  const send = (path: string, secret: string): Promise<Answer> => {
    const isOwn = path.startsWith('/v1/');
    return (isOwn ? latchkey.ask : latchkey.call)('GET', `${path}?hapikey=${secret}`);
  };
  const placesOf = (key: Json) => {
    const account = `/v1/accounts/${crm.accountId}`;
    return { account, key: `${account}/keys/${key.id}` };
  };

  /** Calls without a pause, from several clients at once, each call told with the moment it began. */
  function hammer(paths: readonly string[], secret: string) {
    const calls: { startedMs: number; status: number; reason: string | undefined }[] = [];
    const hammering = { stopped: false };
    const client = async (number: number): Promise<void> => {
      for (let i = number; !hammering.stopped; i += 1) {
        const startedMs = performance.now();
        const { status, json } = await send(paths[i % paths.length] as string, secret);
        calls.push({ startedMs, status, reason: json?.reason });
      }
    };
    const running = Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
    const reach = async (count: number): Promise<void> => {
      while (calls.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    const stop = async (): Promise<void> => {
      hammering.stopped = true;
      await running;
    };
    return { calls, reach, stop };
  }

  it.each(takeaways.map((each) => [each.name, each] as const))(
    '#53 %s: no call that begins afterwards is let through',
    async (_name, { change, reason, paths = everyDoorPath }) => {
      const key = await crm.makeKey({ scopes });
      const [method, path, body] = change(placesOf(key), key);
      // Every call is a cache fill that may be overtaken: what it reads comes late, and the account changes all the time.
      const end = slowReads(latchkey, () => Math.random() * lateMsMax);
      const hammering = hammer(paths, key.secret);
      await hammering.reach(callsBefore);
      for (let i = 0; i < 3; i += 1) {
        await latchkey.manage('PATCH', placesOf(key).account, { name: `Renamed ${i}` });
      }
      await latchkey.manage(method, path, body);
      const acknowledgedMs = performance.now();
      await hammering.reach(hammering.calls.length + callsAfter);
      await hammering.stop();
      end();
      const before = hammering.calls.filter((call) => call.startedMs < acknowledgedMs);
      const after = hammering.calls.filter((call) => call.startedMs >= acknowledgedMs);
      expect(before.filter((call) => call.status === 200).length).toBeGreaterThan(callsBefore / 2);
      expect(after.length).toBeGreaterThan(callsAfter / 2);
      expect(new Set(after.map((call) => call.reason))).toEqual(new Set([reason]));
      await rows.skip();
      for (const door of paths)
        expectDenial(await send(door, key.secret), reason, await rows.take(1), { keyId: key.id });
    },
  );

  it('#57 a revocation that races cache fills wins, 200 times out of 200', async () => {
    const outcomes: (string | number)[] = [];
    let letThrough = 0;
    // Finds the moment at which a fill is as likely to be in time as to be late, however fast the machine is.
    let windowMs = 4 * lateMsMax;
    const race = async (key: Json): Promise<void> => {
      const early = [1, 2].map(() => send('/latchkey/v1/self', key.secret));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * windowMs));
      const revoking = latchkey.manage('POST', `${placesOf(key).key}/revoke`);
      early.push(send('/latchkey/v1/self', key.secret));
      await revoking;
      const late = ['/latchkey/v1/self', '/crm/contacts'].map((path) => send(path, key.secret));
      for (const { json, status } of await Promise.all(late)) outcomes.push(json.reason ?? status);
      const inTime = (await Promise.all(early)).filter((answer) => answer.status === 200).length;
      windowMs *= inTime > 0 ? 0.9 : 1.2;
      letThrough += inTime;
    };
    for (let batch = 0; batch < 20; batch += 1) {
      const keys = await Promise.all(Array.from({ length: 10 }, () => crm.makeKey({ scopes })));
      // Used once and forgotten since: what the fill remembers is not read again for its first use.
      await Promise.all(keys.map((key) => send('/latchkey/v1/self', key.secret)));
      const name = `Batch ${batch}`;
      await latchkey.manage('PATCH', `/v1/accounts/${crm.accountId}`, { name });
      const end = slowReads(latchkey, () => Math.random() * lateMsMax);
      await Promise.all(keys.map(race));
      end();
    }
    expect(outcomes).toHaveLength(400);
    expect(new Set(outcomes)).toEqual(new Set(['KEY_REVOKED']));
    // Some fills were before their revocation and some behind it: it was a race.
    expect(letThrough).toBeGreaterThan(20);
    expect(letThrough).toBeLessThan(580);
  }, 300_000);

  it('#53 a resumed key and account work again at once', async () => {
    const key = await crm.makeKey({ scopes });
    const { key: keyPath, account } = placesOf(key);
    for (const place of [keyPath, account]) {
      for (let i = 0; i < 5; i += 1) {
        await latchkey.manage('POST', `${place}/suspend`);
        expect((await send('/crm/contacts', key.secret)).status).toBe(403);
        await latchkey.manage('POST', `${place}/resume`);
        expect((await send('/crm/contacts', key.secret)).status).toBe(200);
      }
    }
  });
});
