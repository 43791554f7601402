import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRequestTarget } from '../../src/core/request-path.js';
import { StoreUnavailableError, type HeldCredential } from '../../src/core/ports.js';
import { ApiKeyEntity } from '../../src/store/entities/api-key.entity.js';
import {
  patient,
  startFollowing,
  type FollowingNode,
  type FollowingSettings,
} from '../support/following-node.js';
import { startFrozenNetwork, type FrozenNetwork } from '../support/frozen-network.js';
import { holdRead } from '../support/held-reads.js';
import { describeWithPostgres } from '../support/postgres.js';
import { startQuietNetwork } from '../support/quiet-network.js';
import { makeDatabase, openStore, type TestDatabase, type TestStore } from '../support/store.js';
import { until } from '../support/until.js';

/** Far below the hour for which a patient node waits. */
const hardlyEverMs = 20_000;

describeWithPostgres('a node that loses touch with the database', () => {
  let home: TestDatabase;
  let other: TestStore;
  let key: { id: string; secret: { id: string; text: string } };
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    home = await makeDatabase('postgres');
    other = await openStore(home);
    key = await other.issueKey((await other.openAccount()).id);
  });

  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
    await other.close();
    await home.remove();
  });

  async function follow(settings: FollowingSettings): Promise<FollowingNode> {
    const node = await startFollowing(home, other, settings);
    closing.push(() => node.close());
    return node;
  }

  async function freezable(): Promise<FrozenNetwork> {
    const network = await startFrozenNetwork(home.url);
    closing.push(async () => {
      network.thaw();
      await network.close();
    });
    return network;
  }

  const standing = async (node: FollowingNode) =>
    (await node.directory.find(key.secret.text))?.key.standing;

  const revoke = () =>
    other.database.change((change) => other.keys.change(change, key.id, { standing: 'revoked' }));

  const untilRevoked = (node: FollowingNode) =>
    until('revoked', async () => (await standing(node).catch(() => null)) === 'revoked');

  /** Ends the connections that notifications come by, and no others. */
  const cutListening = () =>
    other.writer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'latchkey changes'`,
    );

  it('#55 whose notifications are lost hears of every change by asking', async () => {
    const network = await startQuietNetwork(home.url);
    closing.push(() => network.close());
    const node = await follow({ ...patient, url: network.url });
    expect(await standing(node)).toBe('active');
    const lost = network.lost;
    await revoke();
    await untilRevoked(node);
    expect(network.lost).toBeGreaterThan(lost);
  });

  it('#55 whose listening connection is ended, again and again, makes it anew and misses nothing', async () => {
    const node = await follow(patient);
    for (let i = 0; i < 5; i += 1) {
      key = await other.issueKey((await other.openAccount()).id);
      expect(await standing(node)).toBe('active');
      // It may just be making it anew: what was revoked is heard of by asking as well.
      await until('a listening connection', async () => (await cutListening()).length > 0);
      await revoke();
      await untilRevoked(node);
    }
    // It was never out of touch for longer than its lease, so it had no cause to forget the rest.
    expect(node.heard.filter((stale) => stale === 'everything')).toHaveLength(1);
  });

  it('#56 that is cut off serves what it remembers until its lease ends, and then nothing', async () => {
    const network = await freezable();
    const leaseMs = 2_500;
    const pace = { pollMs: 50, silenceMsMax: 300 };
    const node = await follow({ url: network.url, leaseMs, pace });
    const held = await node.directory.find(key.secret.text);
    const heard = node.heard.length;
    network.freeze();
    expect(node.directory.find(key.secret.text)).toBe(held);
    await revoke();
    await until('the end of the lease', () => !node.lease.holds);
    expect(() => node.directory.find(key.secret.text)).toThrow(StoreUnavailableError);
    expect(node.catalog.resolve('GET', readRequestTarget('/a').path).match.kind).toBe(
      'unavailable',
    );
    // Without being asked for more than what no store is needed for.
    expect(node.directory.find('lk_prod_')).toBeNull();
    network.thaw();
    await until('its return', () => node.lease.holds);
    expect(node.heard[heard]).toBe('everything');
    expect(await standing(node)).toBe('revoked');
  });

  it('#56 takes an answer that is older than its lease for no confirmation', async () => {
    const network = await freezable();
    const leaseMs = 500;
    const pace = { ...patient.pace, pollMs: 50 };
    const node = await follow({ feedUrl: network.url, leaseMs, pace });
    await until('a question', () => node.lease.holds);
    const heard = node.heard.length;
    network.freeze();
    // A question is on its way by now, and its answer comes when both are thawed.
    await sleep(3 * leaseMs);
    network.thaw();
    await until('its return', () => node.lease.holds);
    // The old answer did not renew the lease, so that the next found it run out as well.
    expect(node.heard.slice(heard, heard + 2)).toEqual(['everything', 'everything']);
  });

  it('#56 finds a server that its old connections do not lead to', async () => {
    const network = await freezable();
    const node = await follow({ url: network.url, leaseMs: 2_500, pace: { silenceMsMax: 500 } });
    expect(await standing(node)).toBe('active');
    network.freeze();
    await until('the end of the lease', () => !node.lease.holds);
    await revoke();
    network.admitNew();
    await until('its return', () => node.lease.holds);
    // The pool still has a dead connection or two, and gives them up one after the other.
    await untilRevoked(node);
    expect(node.directory.find(key.secret.text)).toMatchObject({ key: { standing: 'revoked' } });
  });

  it('#56 that lost touch while it asked uses neither what it found nor the first use it recorded', async () => {
    const network = await freezable();
    const settings = { feedUrl: network.url, leaseMs: 2_500, pace: { pollMs: 50 } };
    const node = await follow(settings);
    const used = (await node.directory.find(key.secret.text)) as HeldCredential;
    const { secret } = await other.issueKey(used.account.id);
    const held = holdRead(node.reader, 1);
    const asked = node.directory.find(secret.text);
    await held.reached;
    network.freeze();
    await until('the end of the lease', () => !node.lease.holds);
    held.release();
    await expect(asked).rejects.toThrow('has not heard');
    await expect(node.directory.recordFirstUse(used)).rejects.toThrow('has not heard');
  });

  it('#56 whose event loop stood still takes none of that time for freshness', async () => {
    const leaseMs = 2_500;
    const node = await follow({ leaseMs, pace: { pollMs: 20 } });
    const held = await node.directory.find(key.secret.text);
    expect(node.directory.find(key.secret.text)).toBe(held);
    // In a process of its own, for which this one stands still: it revokes the key, and then the lease ends.
    const revokeElsewhere = `
      import pg from 'pg';
      const client = new pg.Client(process.argv[1]);
      await client.connect();
      await client.query("UPDATE api_key SET standing = 'revoked'");
      await client.query('UPDATE access_revision SET revision = revision + 1');
      await client.query("INSERT INTO access_change SELECT revision, 'key', $1, 0 FROM access_revision", [process.argv[2]]);
      await client.end();
      await new Promise((resolve) => setTimeout(resolve, ${leaseMs}));`;
    execFileSync(process.execPath, [
      ...['--input-type=module', '--eval', revokeElsewhere],
      ...[home.url, key.id],
    ]);
    expect(() => node.directory.find(key.secret.text)).toThrow(StoreUnavailableError);
    await until('its return', () => node.lease.holds);
    expect(await standing(node)).toBe('revoked');
  });

  it('#56 that cannot hear of changes when it starts is there as soon as it can', async () => {
    const network = await freezable();
    network.freeze();
    const pace = { silenceMsMax: 200, retryMsMax: 200 };
    const node = await follow({ feedUrl: network.url, pace });
    // The store itself answers all the while.
    expect(await other.database.read.count(ApiKeyEntity)).toBe(1);
    expect(() => node.directory.find(key.secret.text)).toThrow(StoreUnavailableError);
    network.thaw();
    await until('its lease', () => node.lease.holds);
    expect(await standing(node)).toBe('active');
  });

  it('stops at once, whatever it waits for', async () => {
    const network = await freezable();
    const node = await startFollowing(home, other, { ...patient, feedUrl: network.url });
    network.freeze();
    const stopped = node.close().then(() => true);
    expect(await Promise.race([stopped, sleep(hardlyEverMs, false, { ref: false })])).toBe(true);
  });
});
