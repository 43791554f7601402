import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { AccessChangeEntity } from '../../src/store/entities/access-change.entity.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const minuteMs = 60_000;

describeOnEachDatabase('the record of changes', (kind) => {
  let home: TestDatabase;
  let store: TestStore;

  beforeEach(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
  });

  afterEach(async () => {
    await store.close();
    await home.remove();
  });

  const change = () =>
    store.database.change(async (one) => {
      await one.touch('key', `key_${one.revision}`);
      return one.revision;
    });

  const onRecord = async () =>
    (await store.database.read.find(AccessChangeEntity, { order: { revision: 'ASC' } })).map(
      ({ revision }) => revision,
    );

  async function changeUntil(revision: number): Promise<void> {
    while ((await change()) < revision);
  }

  it('loses what is older than an hour, every hundred changes, and nothing younger', async () => {
    await changeUntil(90);
    store.sleep(30 * minuteMs);
    await changeUntil(99);
    store.sleep(31 * minuteMs);
    expect((await onRecord())[0]).toBe(1);
    expect(await change()).toBe(100);
    expect(await onRecord()).toEqual(Array.from({ length: 10 }, (_, i) => 91 + i));
  });

  it('keeps its newest part, however old it is', async () => {
    await changeUntil(99);
    store.sleep(120 * minuteMs);
    await store.database.change(async (one) => expect(one.revision).toBe(100));
    expect(await onRecord()).toContain(99);
  });

  it('never has a hole, though the clock of one node ran behind', async () => {
    await changeUntil(50);
    store.sleep(61 * minuteMs);
    await changeUntil(80);
    // As a node writes whose clock is an hour late.
    await store.database.write((manager) =>
      manager.update(AccessChangeEntity, { revision: 70 }, { at: 0 }),
    );
    await changeUntil(100);
    expect(await onRecord()).toEqual(Array.from({ length: 50 }, (_, i) => 51 + i));
  });
});
