import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { StartError } from '../../src/core/start-error.js';
import { InstallationEntity } from '../../src/store/entities/installation.entity.js';
import {
  checkFingerprints,
  forgetFingerprints,
  hasFingerprint,
  recordFingerprints,
} from '../../src/store/key-fingerprints.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const [one, two, other] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte));

describeOnEachDatabase('the fingerprints of the keys outside', (kind) => {
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

  const keys = (...given: (Buffer | undefined)[]) =>
    given.map((key, i) => ({ version: given.length - i, key: key ?? Buffer.alloc(0) }));

  it('are none in an unused database, which takes any key', async () => {
    expect(await hasFingerprint(store.writer, 'pepper')).toBe(false);
    await checkFingerprints(store.writer, 'pepper', keys(one));
    expect(await hasFingerprint(store.writer, 'pepper')).toBe(false);
  });

  it('are one-way, and apart for each kind', async () => {
    await recordFingerprints(store.writer, 'pepper', keys(one));
    expect(await hasFingerprint(store.writer, 'pepper')).toBe(true);
    expect(await hasFingerprint(store.writer, 'sealing_key')).toBe(false);
    await recordFingerprints(store.writer, 'sealing_key', keys(one));
    const facts = await store.reader.getRepository(InstallationEntity).find();
    const values = facts.map(({ value }) => value);
    expect(new Set(values).size).toBe(2);
    for (const value of values) expect(value).not.toContain(one?.toString('base64url'));
  });

  it('grow by each version that was the current one, and ask for all of them from then on', async () => {
    await recordFingerprints(store.writer, 'pepper', keys(one));
    await recordFingerprints(store.writer, 'pepper', keys(two, one));
    await recordFingerprints(store.writer, 'pepper', keys(two, one));
    await checkFingerprints(store.writer, 'pepper', keys(two, one));
    for (const wrong of [keys(one), keys(other, one), keys(two, other)]) {
      await expect(checkFingerprints(store.writer, 'pepper', wrong)).rejects.toThrow(StartError);
      await expect(recordFingerprints(store.writer, 'pepper', wrong)).rejects.toThrow(StartError);
    }
    await checkFingerprints(store.writer, 'pepper', keys(two, one));
  });

  it('ask for no version that was only listed', async () => {
    const listed = [
      { version: 1, key: one as Buffer },
      { version: 2, key: two as Buffer },
    ];
    await recordFingerprints(store.writer, 'sealing_key', listed);
    await checkFingerprints(store.writer, 'sealing_key', listed.slice(0, 1));
    await recordFingerprints(store.writer, 'sealing_key', listed.toReversed());
    await expect(
      checkFingerprints(store.writer, 'sealing_key', listed.slice(0, 1)),
    ).rejects.toThrow('SEALING_KEY lacks version 2');
    await forgetFingerprints(store.writer, 'sealing_key', [1]);
    await checkFingerprints(store.writer, 'sealing_key', listed.slice(1));
  });

  it('#96 let one of two nodes begin that were given different keys at the same time', async () => {
    const outcomes = await Promise.allSettled(
      [one, other].map((key) => recordFingerprints(store.writer, 'pepper', keys(key))),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
