import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { StoreUnavailableError, type HeldCredential } from '../../src/core/ports.js';
import { newSecret } from '../../src/core/secret-format.js';
import { parseDatabaseUrl } from '../../src/store/data-source-options.js';
import { startFrozenNetwork, type FrozenNetwork } from '../support/frozen-network.js';
import { describeWithPostgres } from '../support/postgres.js';
import { makeDatabase, openStore, type TestDatabase, type TestStore } from '../support/store.js';

/** How long a caller may be kept waiting for a store that says nothing. */
const patienceMs = 8000;

describeWithPostgres('a PostgreSQL that says nothing any more', () => {
  let home: TestDatabase;
  let network: FrozenNetwork;
  let store: TestStore;

  beforeEach(async () => {
    home = await makeDatabase('postgres');
    network = await startFrozenNetwork(home.url);
    const databaseUrl = parseDatabaseUrl(network.url);
    if (databaseUrl === null) throw new Error('This is a database URL.');
    store = await openStore({ ...home, databaseUrl });
  });

  afterEach(async () => {
    network.thaw();
    await store.close();
    await network.close();
    await home.remove();
  });

  it('is unavailable within seconds, for whoever must ask it, and found again when it answers', async () => {
    const account = await store.openAccount();
    const [warm, cold] = [await store.issueKey(account.id), await store.issueKey(account.id)];
    const directory = await store.makeDirectory();
    const held = (await directory.find(warm.secret.text)) as HeldCredential;
    network.freeze();
    const began = performance.now();
    expect(directory.find(warm.secret.text)).toBe(held);
    // More than the pool has connections, so that some of them never get one.
    const asked = Array.from({ length: 30 }, async () => directory.find(cold.secret.text));
    const unknown = Array.from({ length: 30 }, async (_, i) => directory.find(coldSecret(i)));
    const waiting = [...asked, ...unknown, directory.recordFirstUse(held)];
    for (const outcome of await Promise.allSettled(waiting)) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: expect.any(StoreUnavailableError),
      });
    }
    expect(performance.now() - began).toBeLessThan(patienceMs);
    network.thaw();
    expect(await directory.find(cold.secret.text)).toMatchObject({ key: { id: cold.id } });
    expect(await directory.recordFirstUse(held)).toBe(true);
    const fresh = await store.issueKey(account.id);
    expect(await directory.find(fresh.secret.text)).toMatchObject({ key: { id: fresh.id } });
  });

  it('does not keep the connections that it has forgotten', async () => {
    const account = await store.openAccount();
    const key = await store.issueKey(account.id);
    const directory = await store.makeDirectory();
    network.freeze();
    const lost = store.database.change((change) => change.touch('key', key.id));
    await expect(directory.find(key.secret.text)).rejects.toThrow(StoreUnavailableError);
    network.admitNew();
    await expect(lost).rejects.toThrow(/terminated|said nothing|released/);
    expect(await directory.find(key.secret.text)).toMatchObject({ key: { id: key.id } });
    const { revision } = await store.openAccount();
    // What the lost change had begun is gone with its connection, and so is its number.
    expect(revision).toBe(account.revision + 2);
  }, 60_000);

  const coldSecret = (i: number) => newSecret('lk', i % 2 === 0 ? 'qa' : 'production');
});
