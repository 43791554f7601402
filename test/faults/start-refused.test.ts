import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { WorkFolder } from '../support/work-folder.js';

// Each starts a process or several, and they share two cores with all the other tests.
jest.setTimeout(90_000);

/** A start that fails says why in one line, and leaves with code 1. */
async function refusal(
  folder: WorkFolder,
  environment: Record<string, string> = {},
): Promise<string> {
  const process = folder.run(environment);
  expect([await process.ended, process.stdout()]).toEqual([1, '']);
  expect(process.stderr()).toMatch(/^[^\n]+\n$/);
  return process.stderr().trim();
}

describe('a start that cannot be', () => {
  let folder: WorkFolder;

  beforeEach(() => {
    folder = new WorkFolder();
  });

  afterEach(() => folder.remove());

  it('says which setting is wrong, from an .env file too, and touches nothing', async () => {
    writeFileSync(join(folder.path, '.env'), 'CALL_LOG_MODE=fast\n');
    expect(await refusal(folder)).toBe(
      'CALL_LOG_MODE is "fast", which cannot be used: it takes one of durable, committed, buffered.',
    );
    expect(readdirSync(folder.path)).toEqual(['.env']);
  });

  it.each(['ACCESS', 'MANAGEMENT'])('says that the port of %s is taken', async (listener) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      expect(await refusal(folder, { [`${listener}_PORT`]: String(port) })).toBe(
        `${listener}_PORT is "${port}", which cannot be used: another process is listening on port ${port} of 127.0.0.1. Stop it, or choose another port.`,
      );
    } finally {
      other.close();
    }
  });

  it.each([
    ['no address of this machine', '192.0.2.1'],
    ['a name that nobody knows', 'nowhere.invalid'],
  ])('says that a host is %s', async (_what, host) => {
    expect(await refusal(folder, { ACCESS_HOST: host })).toBe(
      `ACCESS_HOST is "${host}", which cannot be used: it takes an address of this machine.`,
    );
  });

  it('says that the data folder cannot be made', async () => {
    writeFileSync(join(folder.path, 'data'), 'a file');
    expect(await refusal(folder)).toMatch(/^The folder \.\/data cannot be made: /);
  });

  it('says that nothing can be written in the data folder', async () => {
    // Root may write anywhere, so what stands in the way here is a folder where the lock would lie.
    mkdirSync(join(folder.path, 'data', 'latchkey.db.lock'), { recursive: true });
    expect(await refusal(folder)).toMatch(
      /^\.\/data\/latchkey\.db\.lock cannot be written \(.+\)\. Let this user write in its folder/,
    );
  });

  it('#93 says that another process has the database', async () => {
    const first = folder.run();
    await first.running;
    expect(await refusal(folder)).toBe(
      'Another Latchkey process is using ./data/latchkey.db. Stop it first, or give this one a DATABASE_URL of its own.',
    );
    const logShared = {
      DATABASE_URL: 'sqlite:./other.db',
      CALL_LOG_URL: 'sqlite:data/call-log.db',
    };
    expect(await refusal(folder, logShared)).toMatch(
      /^Another Latchkey process is using data\/call-log\.db/,
    );
    await first.stop('SIGKILL');
    const next = folder.run();
    await next.running;
    expect(await next.stop()).toBe(0);
  });

  it('#94 says that a database is cut off, and which', async () => {
    const first = folder.run();
    await first.running;
    await first.stop();
    const [main, log] = ['latchkey.db', 'call-log.db'].map((name) => join('data', name));
    truncateSync(join(folder.path, log ?? ''), 5000);
    expect(await refusal(folder)).toBe(
      'The call log data/call-log.db is damaged or is no SQLite database. Put a backup in its place, or move it away: what it counted is counted again from the rows.',
    );
    truncateSync(join(folder.path, main ?? ''), 5000);
    expect(await refusal(folder)).toBe(
      './data/latchkey.db is damaged or is no SQLite database. Put a backup in its place; nothing was changed.',
    );
    truncateSync(join(folder.path, main ?? ''), 0);
    expect(await refusal(folder)).toMatch(
      /^\.\/data\/latchkey\.db is empty, but data\/pepper\.key says that there was a database\. Put a backup in its place/,
    );
    await folder.remove({ 'call-log.db': 'cut off above' });
  });

  it('says that no PostgreSQL answers, without its password', async () => {
    const key = Buffer.alloc(32, 7).toString('base64url');
    const line = await refusal(folder, {
      DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/latchkey',
      ...{ KEY_PEPPER: key, SEALING_KEY: key },
    });
    expect(line).toMatch(/^The database at DATABASE_URL cannot be used: .*ECONNREFUSED/);
    expect(line).not.toContain('hunter2');
  });
});
