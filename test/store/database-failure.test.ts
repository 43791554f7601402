import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
  TransactionNotStartedError,
} from 'typeorm';
import { StoreUnavailableError } from '../../src/core/ports.js';
import {
  beforeAnyChange,
  ChangeFailedError,
  isDatabaseAway,
} from '../../src/store/database-failure.js';
import { ScopeEntity } from '../../src/store/entities/scope.entity.js';
import { startBreakingNetwork } from '../support/breaking-network.js';
import { describeWithPostgres } from '../support/postgres.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

describe('an error that says that the database is away', () => {
  const coded = (code: string, more: object = {}) =>
    Object.assign(new Error('as told'), { code, ...more });

  it.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'],
    ...['ERR_STREAM_DESTROYED', 'ERR_SOCKET_CLOSED'],
    ...['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_IOERR_FSYNC', 'SQLITE_BUSY', 'SQLITE_CORRUPT'],
    ...['08006', '28P01', '3D000', '53100', '53300', '57P01', '57P03', '58030', '25006', 'XX001'],
  ])('is told by its code: %s, as it comes or as a failed query', (code) => {
    expect(isDatabaseAway(coded(code))).toBe(true);
    expect(isDatabaseAway(new QueryFailedError('SELECT 1', [], coded(code)))).toBe(true);
  });

  it.each([
    ...['23505', '42P01', '42601', '22001', '40P01', '25001', 'XX000'],
    ...['SQLITE_CONSTRAINT', 'SQLITE_ERROR', 'SQLITE_MISUSE', 'ENOENT', 'ERR_INVALID_ARG_TYPE'],
  ])('is not one about what was asked: %s', (code) => {
    expect(isDatabaseAway(coded(code))).toBe(false);
    expect(isDatabaseAway(new QueryFailedError('SELECT 1', [], coded(code)))).toBe(false);
  });

  it('is one of connecting, whatever its code', () => {
    expect(isDatabaseAway(coded('ENOENT', { syscall: 'connect' }))).toBe(true);
  });

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Client has encountered a connection error and is not queryable',
  ])('is told by its text where there is no code: %s', (message) => {
    expect(isDatabaseAway(new Error(message))).toBe(true);
  });

  it.each([
    new QueryRunnerAlreadyReleasedError(),
    new QueryRunnerProviderAlreadyReleasedError(),
    new TransactionNotStartedError(),
  ])('is what TypeORM says of a connection that it lost under way: $name', (error) => {
    expect(isDatabaseAway(error)).toBe(true);
  });

  it.each([
    ['a defect', new TypeError("Cannot read properties of undefined (reading 'id')")],
    ['an error of our own', new Error('no further')],
    ['a text', 'Connection terminated'],
    ['nothing', undefined],
    ['null', null],
  ])('is not %s', (_what, error) => {
    expect(isDatabaseAway(error)).toBe(false);
  });

  it('keeps its cause where it is met before any change, and any other stays what it is', async () => {
    const cause = coded('ECONNREFUSED');
    const failed = beforeAnyChange(Promise.reject(cause));
    await expect(failed).rejects.toMatchObject({ name: 'StoreUnavailableError', cause });
    const defect = new TypeError('a defect');
    await expect(beforeAnyChange(Promise.reject(defect))).rejects.toBe(defect);
    expect(await beforeAnyChange(Promise.resolve(7))).toBe(7);
  });
});

describeOnEachDatabase('a change that fails for a reason of its own', (kind) => {
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

  const scope = { name: 'a', description: '', sensitive: false, dataCategories: [] };

  it.each<[string, () => Promise<unknown>]>([
    [
      'a refused row',
      () => store.database.change((change) => change.manager.insert(ScopeEntity, [scope, scope])),
    ],
    [
      'a table that is not there',
      () => store.database.change((change) => change.manager.query('SELECT * FROM nothing')),
    ],
    ['a defect', () => store.database.change(() => Promise.reject(new TypeError('a defect')))],
  ])('is not taken for one that the database was away for: %s', async (_what, failing) => {
    const error: unknown = await failing().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Object);
    expect(error).not.toBeInstanceOf(StoreUnavailableError);
  });
});

describeWithPostgres('a change whose database goes away', () => {
  it('is undecided if its commit was on its way, and is in force here at once; else it is not', async () => {
    const home = await makeDatabase('postgres');
    const network = await startBreakingNetwork(home.url);
    const databaseUrl = { kind: 'postgres', url: network.url } as const;
    const store = await openStore({ ...home, databaseUrl });
    try {
      const heard: unknown[] = [];
      store.database.onChange((stale) => void heard.push(stale));
      network.loseNextCommitAnswer();
      const lost: unknown = await store.database
        .change((change) => change.touch('key', 'key_1'))
        .catch((error: unknown) => error);
      expect(lost).toBeInstanceOf(ChangeFailedError);
      expect(lost).toMatchObject({ isUndecided: true });
      expect(heard).toEqual([[{ subject: 'key', id: 'key_1' }]]);
      const broken: unknown = await store.database
        .change(async (change) => {
          await change.touch('key', 'key_2');
          await network.cut();
          await change.touch('key', 'key_3');
        })
        .catch((error: unknown) => error);
      expect(broken).toBeInstanceOf(ChangeFailedError);
      expect(broken).toMatchObject({ isUndecided: false });
      expect(heard).toHaveLength(1);
      await expect(store.database.change(async () => {})).rejects.toMatchObject({
        isUndecided: false,
      });
    } finally {
      await store.close();
      await network.close();
      await home.remove();
    }
  });
});
