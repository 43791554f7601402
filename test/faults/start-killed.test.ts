import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { send } from '../support/latchkey.js';
import { describeWithPostgres, makePostgres, type TestPostgres } from '../support/postgres.js';
import { WorkFolder } from '../support/work-folder.js';

jest.setTimeout(90_000);
const operatorKey = 'operator-key-0123456789-0123456789-abcdef';

describe('#95 a first start that was killed', () => {
  let folder: WorkFolder;

  beforeEach(() => {
    folder = new WorkFolder();
  });

  afterEach(() => folder.remove());

  const data = (name: string) => join(folder.path, 'data', name);
  const hasBytes = (name: string) => existsSync(data(name)) && statSync(data(name)).size > 0;

  /** In the order in which a first start comes to them. */
  const moments: [string, () => boolean][] = [
    ['when it had just locked the database', () => existsSync(data('latchkey.db.lock'))],
    ['when the database was an empty file', () => existsSync(data('latchkey.db'))],
    ['when it was migrating', () => hasBytes('latchkey.db-wal')],
    ['when it had made its first key', () => existsSync(data('pepper.key'))],
    ['when it was migrating the call log', () => existsSync(data('call-log.db'))],
    ["when it had written the operator's key", () => existsSync(data('operator.key'))],
  ];
  it.each(moments)('%s is completed by the next', async (_when, isThere) => {
    const killed = folder.run();
    while (!isThere()) await sleep(0);
    expect(await killed.stop('SIGKILL')).toBeNull();
    const next = folder.run();
    await next.running;
    expect(await folder.manage(next, 'GET', '/v1/accounts')).toMatchObject({
      results: [{ name: 'Operator', isOperator: true }],
    });
    expect(await next.stop()).toBe(0);
    const secret = readFileSync(data('operator.key'), 'utf8').trim();
    for (const name of ['latchkey.db', 'call-log.db']) {
      const handle = new SqliteDatabase(data(name), { readonly: true });
      expect(handle.pragma('integrity_check', { simple: true })).toBe('ok');
      handle.close();
      expect(readFileSync(data(name)).includes(secret)).toBe(false);
    }
  });
});

describeWithPostgres('#95 a first start on PostgreSQL that was killed', () => {
  let folder: WorkFolder;
  let postgres: TestPostgres;

  beforeEach(async () => {
    folder = new WorkFolder();
    postgres = await makePostgres();
  });

  afterEach(async () => {
    await folder.remove();
    await postgres.drop();
  });

  it('is completed by the next, however often it was killed and wherever', async () => {
    const key = Buffer.alloc(32, 9).toString('base64url');
    const environment = {
      ...{ DATABASE_URL: postgres.url, KEY_PEPPER: key, SEALING_KEY: key },
      OPERATOR_KEY: operatorKey,
    };
    for (const delayMs of [500, 700, 900, 1100]) {
      const killed = folder.run(environment);
      await sleep(delayMs);
      await killed.stop('SIGKILL');
    }
    const next = folder.run(environment);
    await next.running;
    const { managementUrl } = next.urls();
    const answer = await send(managementUrl, 'GET', '/v1/accounts', { secret: operatorKey });
    expect(answer.json).toMatchObject({ results: [{ isOperator: true }] });
    expect(await next.stop()).toBe(0);
  });
});
