import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { newSecret } from '../../src/core/secret-format.js';
import { SecretSightings } from '../../src/store/secret-sightings.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

describeOnEachDatabase('sightings of secrets', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let sightings: SecretSightings;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  beforeEach(() => {
    sightings = new SecretSightings(store.peppers, store.database);
  });

  const saw = (secret: string, callerIp: string | null, place: 'path' | 'query' = 'path'): void =>
    sightings.saw({ secret, place }, { callId: 'call_1', callerIp, seenAt: 1 });
  const madeUp = (): string => newSecret('lk', 'qa');

  it('wait once for each secret and place', () => {
    const secret = madeUp();
    for (const ip of ['10.0.0.1', '10.9.0.1', null]) saw(secret, ip);
    saw(secret, '10.0.0.1', 'query');
    expect(sightings.waiting).toMatchObject([
      { place: 'path', callerIp: '10.0.0.1' },
      { place: 'query', callerIp: '10.0.0.1' },
    ]);
    expect(JSON.stringify(sightings.waiting)).not.toContain(secret);
  });

  it('are bounded for a block of addresses, and in all', () => {
    for (let i = 0; i < 150; i += 1) saw(madeUp(), `10.0.0.${i}`);
    expect(sightings.waiting).toHaveLength(100);
    saw(madeUp(), '10.0.1.1');
    expect(sightings.waiting).toHaveLength(101);
    for (let i = 0; i < 1_200; i += 1) saw(madeUp(), `10.1.${i % 256}.1`);
    expect(sightings.waiting).toHaveLength(1_000);
    sightings.settle(sightings.waiting.slice(0, 60));
    saw(madeUp(), '10.0.0.7');
    expect(sightings.waiting).toHaveLength(941);
    sightings.settle(sightings.waiting);
    expect(sightings.waiting).toEqual([]);
  });

  it('are told apart from what was made up, in one go', async () => {
    const { id } = await store.openAccount();
    const key = await store.issueKey(id);
    for (let i = 0; i < 99; i += 1) saw(madeUp(), `10.0.0.${i}`);
    saw(key.secret.text, '10.2.0.1');
    const genuine = await sightings.genuine(sightings.waiting);
    expect(genuine).toMatchObject([
      { sighting: { callerIp: '10.2.0.1' }, secret: { id: key.secret.id } },
    ]);
    expect(await sightings.genuine([])).toEqual([]);
  });
});
