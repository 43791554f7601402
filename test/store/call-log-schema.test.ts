import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { StartError } from '../../src/core/start-error.js';
import { callColumns } from '../../src/store/call-log/call-columns.js';
import { migrateCallLog } from '../../src/store/call-log/migrate-call-log.js';
import { exampleCall, TestCallLog } from '../support/call-log.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';

const migrating = fileURLToPath(new URL('../support/call-log-migration.mjs', import.meta.url));

describeOnEachDatabase('the schema of the call log', (kind) => {
  let home: TestDatabase;

  beforeEach(async () => {
    home = await makeDatabase(kind);
  });

  afterEach(() => home.remove());

  it('is made once, and found as it is after that', async () => {
    await migrateCallLog(home.url);
    const log = await TestCallLog.create(home);
    try {
      const record = await insertedRow(log);
      expect(Object.keys(record)).toEqual(callColumns.map(({ name }) => name));
    } finally {
      await log.close();
    }
  });

  it('is completed by the next start where one was killed midway', async () => {
    for (const afterMs of [0, 5, 15, 30, 60]) {
      const child = spawn(process.execPath, [migrating, home.url], { stdio: 'pipe' });
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    const log = await TestCallLog.create(home);
    try {
      expect(await insertedRow(log)).toBeDefined();
    } finally {
      await log.close();
    }
  });

  it('lets no writer start where it is missing', async () => {
    const log = await TestCallLog.create(home);
    try {
      await log.query('DROP TABLE secret_usage');
      await log.query('DROP TABLE call_node');
      await expect(log.writer()).rejects.toThrow(StartError);
    } finally {
      await log.close();
    }
  });

  if (kind === 'postgres') {
    it('is made by one of several nodes that start together', async () => {
      const starts = [1, 2, 3].map(() => migrateCallLog(home.url));
      await expect(Promise.all(starts)).resolves.toHaveLength(starts.length);
    });
  }

  async function insertedRow(log: TestCallLog): Promise<Record<string, unknown>> {
    const writer = await log.writer();
    await writer.write(exampleCall(writer));
    const [record] = await log.query<Record<string, unknown>>('SELECT * FROM call');
    return record ?? {};
  }
});
