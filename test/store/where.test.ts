import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { AccountEntity } from '../../src/store/entities/account.entity.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  wholeDatabase,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

type Ask = (manager: EntityManager, id: string) => Promise<unknown>;
const asks: [string, Ask][] = [
  ['find', (manager, id) => manager.find(AccountEntity, { where: { id } })],
  [
    'find, one of two',
    (manager, id) => manager.find(AccountEntity, { where: [{ id: 'x' }, { id }] }),
  ],
  ['findBy', (manager, id) => manager.findBy(AccountEntity, { id })],
  ['findOne', (manager, id) => manager.findOne(AccountEntity, { where: { id } })],
  ['findOneBy', (manager, id) => manager.findOneBy(AccountEntity, { id })],
  [
    'findOneBy, beside another',
    (manager, id) => manager.findOneBy(AccountEntity, { id, name: 'x' }),
  ],
  ['findOneByOrFail', (manager, id) => manager.findOneByOrFail(AccountEntity, { id })],
  ['existsBy', (manager, id) => manager.existsBy(AccountEntity, { id })],
  ['countBy', (manager, id) => manager.countBy(AccountEntity, { id })],
  ['update', (manager, id) => manager.update(AccountEntity, { id }, { name: 'all of them' })],
  ['update by id', (manager, id) => manager.update(AccountEntity, id, { name: 'all of them' })],
  ['increment', (manager, id) => manager.increment(AccountEntity, { id }, 'revision', 1)],
  ['delete', (manager, id) => manager.delete(AccountEntity, { id })],
  ['delete, one of two', (manager, id) => manager.delete(AccountEntity, [{ id: 'x' }, { id }])],
];

describeOnEachDatabase('a forgotten value', (kind) => {
  let home: TestDatabase;
  let store: TestStore;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    await store.openAccount({ isOperator: true });
    await store.openAccount();
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  describe.each([undefined, null])('#23 %s in a where', (nothing) => {
    it.each(asks)('makes %s throw, and changes no row', async (_method, ask) => {
      const before = await wholeDatabase(store);
      const id = nothing as unknown as string;
      await expect(ask(store.database.read, id)).rejects.toThrow(/undefined|null|empty criteria/i);
      await expect(store.database.write((manager) => ask(manager, id))).rejects.toThrow(
        /undefined|null|empty criteria/i,
      );
      expect(await wholeDatabase(store)).toEqual(before);
    });
  });
});
