import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database as SqliteHandle } from 'better-sqlite3';
import { AccountEntity } from '../../src/store/entities/account.entity.js';
import { ScopeEntity } from '../../src/store/entities/scope.entity.js';
import { describeWithPostgres } from '../support/postgres.js';
import {
  makeDatabase,
  openStore,
  wholeDatabase,
  type DatabaseKind,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

interface Opened {
  home: TestDatabase;
  store: TestStore;
}

function openBeforeEach(kind: DatabaseKind): Opened {
  const opened = {} as Opened;
  beforeEach(async () => {
    opened.home = await makeDatabase(kind);
    opened.store = await openStore(opened.home);
  });
  afterEach(async () => {
    await opened.store.close();
    await opened.home.remove();
  });
  return opened;
}

describe('a SQLite database whose disk is full', () => {
  const opened = openBeforeEach('sqlite');

  function handle(): SqliteHandle {
    return (opened.store.writer.driver as unknown as { databaseConnection: SqliteHandle })
      .databaseConnection;
  }

  function fill(): void {
    handle().pragma(`max_page_count = ${handle().pragma('page_count', { simple: true })}`);
  }

  function makeRoom(): void {
    handle().pragma('max_page_count = 1000000');
  }

  const big = { name: 'big', description: 'x'.repeat(100_000), sensitive: false };
  const addBig = () =>
    opened.store.database.change((change) =>
      change.manager.insert(ScopeEntity, { ...big, dataCategories: [] }),
    );

  it('refuses the change, and keeps every change that it acknowledges afterwards', async () => {
    const { store, home } = opened;
    const before = await wholeDatabase(store);
    fill();
    await expect(addBig()).rejects.toThrow(/full/);
    expect(await wholeDatabase(store)).toEqual(before);
    // One that fails for a reason of its own comes between: SQLite had already ended the transaction of the first.
    await expect(
      store.database.change(async (change) => {
        await change.touch('key', 'key_1');
        throw new Error('its own');
      }),
    ).rejects.toThrow('its own');
    makeRoom();
    const account = await store.openAccount();
    expect(handle().inTransaction).toBe(false);
    expect(await store.database.read.existsBy(AccountEntity, { id: account.id })).toBe(true);
    const again = await openStore(home);
    expect(await again.database.read.existsBy(AccountEntity, { id: account.id })).toBe(true);
    await again.close();
  });

  it('takes a plain write back as well, and goes on', async () => {
    const { store } = opened;
    fill();
    const failing = store.database.write((manager) =>
      manager.insert(ScopeEntity, { ...big, dataCategories: [] }),
    );
    await expect(failing).rejects.toThrow(/full/);
    makeRoom();
    await addBig();
    expect(handle().inTransaction).toBe(false);
    expect(await store.scopes.find('big')).toMatchObject({ name: 'big' });
  });
});

describe('the reading connection, on SQLite', () => {
  const opened = openBeforeEach('sqlite');

  it('cannot write', async () => {
    const writing = opened.store.database.read.insert(ScopeEntity, {
      ...{ name: 'x', description: '', sensitive: false, dataCategories: [] },
    });
    await expect(writing).rejects.toThrow(/readonly/);
  });
});

describeWithPostgres('a PostgreSQL server that ends all connections', () => {
  const opened = openBeforeEach('postgres');

  it('fails the change that was under way, and the next ones find it again', async () => {
    const { store } = opened;
    const before = await wholeDatabase(store);
    const cutOff = store.database.change(async (change) => {
      await change.touch('key', 'key_1');
      await opened.home.postgres?.disconnectAll();
      await change.touch('key', 'key_2');
    });
    await expect(cutOff).rejects.toThrow(/terminat|closed|released/i);
    // The pool hears of the end of an idle connection a moment later; one asked for in between fails once.
    await sleep(200);
    expect(await wholeDatabase(store)).toEqual(before);
    const account = await store.openAccount();
    expect(await store.accounts.find(account.id)).toEqual(account);
  });

  it('costs no idle connection its process', async () => {
    const { store } = opened;
    // As many as the pool keeps open, so that each of them hears of it.
    await Promise.all(Array.from({ length: 10 }, () => store.accounts.list(1, null, 'everybody')));
    await opened.home.postgres?.disconnectAll();
    const account = await store.openAccount();
    expect(await store.accounts.find(account.id)).toEqual(account);
  });
});
