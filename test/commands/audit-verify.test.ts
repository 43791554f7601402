import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { getDataSourceToken } from '@nestjs/typeorm';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import SqliteDatabase from 'better-sqlite3';
import type { Json } from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { runCommand, type CommandResult } from '../support/run-command.js';
import { describeOnEachDatabase } from '../support/store.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';

describeOnEachDatabase('latchkey audit verify', (kind) => {
  let database: NodeDatabase;
  let latchkey: Management;
  let folder: string;
  let environment: Record<string, string>;
  let accountId: string;

  beforeAll(async () => {
    database = await databaseFor(kind);
    latchkey = await startManagement({ ...database.environment });
    folder = makeFolder('command');
    const { DATABASE_URL, SEALING_KEY } = database.environment;
    // An auditor needs neither the pepper nor any other setting of the server.
    environment =
      DATABASE_URL !== undefined && SEALING_KEY !== undefined
        ? { DATABASE_URL, SEALING_KEY }
        : { DATABASE_URL: `sqlite:${join(latchkey.folder, 'latchkey.db')}` };
  });

  afterAll(async () => {
    await latchkey?.remove();
    await database?.remove();
    removeFolder(folder);
  });

  beforeEach(async () => {
    ({ id: accountId } = await latchkey.openAccount({ name: 'Audited' }));
    for (const name of ['One', 'Two', 'Three'])
      await latchkey.manage('PATCH', `/v1/accounts/${accountId}`, { name });
  });

  const verify = (...args: string[]): Promise<CommandResult> =>
    runCommand(folder, ['audit', 'verify', ...args], environment);
  const reports = ({ stdout }: CommandResult): Json[] =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  /** As somebody who has the database, and no key. */
  const tamper = (sql: string): Promise<unknown> =>
    latchkey.app.get<DataSource>(getDataSourceToken()).query(sql);
  const eventsOf = async (): Promise<Json[]> =>
    (await latchkey.manage('GET', `/v1/accounts/${accountId}/audit-events`)).results;

  it('tells of each account, beside the server that runs', async () => {
    const [last] = await eventsOf();
    const { code, stdout, stderr } = await verify();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(
      `${accountId}: intact\n  4 events, ${(await eventsOf()).at(-1)?.at} to ${last?.at}\n  head: event 4, ${last?.digest}\n`,
    );
    expect(stdout).toMatch(/\n\d+ accounts, all intact\.\n$/);
    expect(stdout).toContain(`${latchkey.operatorAccountId}: intact`);
    const json = reports(await verify('--json', '--account', accountId));
    expect(json).toEqual([
      {
        ...{ accountId, intact: true, events: 4, firstSeq: 1, brokenAt: null },
        ...{ firstAt: expect.any(String), lastAt: last?.at, comparedWithKeptHead: false },
        head: { seq: 4, digest: last?.digest },
      },
    ]);
  });

  it('says where it is broken, and exits with 1', async () => {
    const event = (await eventsOf())[1];
    await tamper(`UPDATE audit_event SET at = at - 1 WHERE id = '${event?.id}'`);
    const all = await verify();
    expect(all.code).toBe(1);
    expect(all.stdout).toContain(
      `${accountId}: BROKEN at event 3\n  Event 3 (${event?.id}) is not as it was written.\n`,
    );
    expect(all.stdout).toMatch(/ accounts, 1 BROKEN\.\n$/);
    const message = `Event 3 (${event?.id}) is not as it was written.`;
    const brokenAt = { fault: 'altered', seq: 3, eventId: event?.id, message };
    const json = await verify('--json', '--account', accountId);
    expect([json.code, reports(json)[0]]).toMatchObject([1, { intact: false, brokenAt }]);
    const path = `/v1/accounts/${accountId}/audit-events/verify`;
    expect(await latchkey.manage('POST', path)).toMatchObject({
      ...{ intact: false, events: 4, firstSeq: 1, brokenAt, head: { seq: 4 } },
    });
    await tamper(`UPDATE audit_event SET at = at + 1 WHERE id = '${event?.id}'`);
    expect(await latchkey.manage('POST', path)).toMatchObject({ intact: true, brokenAt: null });
    expect((await verify()).code).toBe(0);
  });

  describe('--head', () => {
    let head: Json;

    beforeEach(async () => {
      head = await latchkey.manage('GET', `/v1/accounts/${accountId}/audit-events/head`);
    });

    /** The end is taken off together with its head, and then things go on as ever. */
    async function cutOff(): Promise<void> {
      const [, third] = await eventsOf();
      const whose = `account_id = '${accountId}'`;
      await tamper(`DELETE FROM audit_event WHERE seq = 4 AND ${whose}`);
      await tamper(`UPDATE audit_head SET seq = 3, digest = '${third?.digest}' WHERE ${whose}`);
    }

    it('finds an end that was cut off together with its head, given as text or as a file', async () => {
      expect((await verify('--head', JSON.stringify(head))).code).toBe(0);
      await cutOff();
      expect((await verify()).code).toBe(0);
      const file = join(folder, 'heads');
      writeFileSync(file, `${JSON.stringify(head)}\n`);
      for (const given of [JSON.stringify(head), file]) {
        const { code, stdout } = await verify('--head', given, '--account', accountId);
        expect([code, stdout]).toEqual([1, expect.stringContaining('BROKEN at event 4')]);
      }
      await latchkey.manage('PATCH', `/v1/accounts/${accountId}`, { name: 'Another' });
      expect((await verify()).code).toBe(0);
      const { code, stdout } = await verify('--head', file);
      expect([code, stdout]).toEqual([1, expect.stringContaining('another one than the head')]);
    });

    it('takes the heads of all accounts, and finds one that is gone with all that was its own', async () => {
      const pages: string[] = [];
      for (let query = '?limit=2'; ;) {
        const page = await latchkey.manage('GET', `/v1/audit-heads${query}`);
        pages.push(JSON.stringify(page));
        if (page.paging.next === undefined) break;
        query = `?limit=2&after=${page.paging.next.after}`;
      }
      expect(pages.join('\n')).toContain(JSON.stringify(head));
      const file = join(folder, 'all-heads');
      writeFileSync(file, pages.join('\n'));
      const others = ['--head', file, '--json'];
      const before = await verify(...others);
      const ours = reports(before).find((report) => report.accountId === accountId);
      expect(ours).toMatchObject({ intact: true, comparedWithKeptHead: true });
      for (const table of ['audit_event', 'audit_head'])
        await tamper(`DELETE FROM ${table} WHERE account_id = '${accountId}'`);
      await tamper(`DELETE FROM account WHERE id = '${accountId}'`);
      const gone = reports(await verify(...others)).find((one) => one.accountId === accountId);
      expect(gone.brokenAt).toMatchObject({ fault: 'cut_off', seq: 1, toSeq: 4 });
      expect((await verify('--account', accountId)).code).toBe(2);
    });

    it.each([
      ['no JSON', '{'],
      ['no head', '{"seq": 1}'],
      ['no file', '/nowhere/heads'],
      ['nothing', '[]'],
    ])('that is %s is refused with 2', async (_what, given) => {
      const { code, stderr } = await verify('--head', given);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/^--head [^\n]+\n$/)]);
    });
  });

  it('verifies while the server writes', async () => {
    const writing = { on: true };
    const writer = (async () => {
      for (let i = 0; writing.on; i += 1)
        await latchkey.manage('PATCH', `/v1/accounts/${accountId}`, { name: `Name ${i}` });
    })();
    for (let i = 0; i < 3; i += 1) expect((await verify('--account', accountId)).code).toBe(0);
    writing.on = false;
    await writer;
  });

  it('says in one line why it cannot look, with 2', async () => {
    const key = Buffer.alloc(32, 'x').toString('base64url');
    const none = kind === 'sqlite' ? 'sqlite:nowhere/latchkey.db' : 'postgres://127.0.0.1:1/none';
    for (const [given, says] of [
      [{ SEALING_KEY: key }, /does not open with SEALING_KEY/],
      [{ SEALING_KEY: 'short' }, /^SEALING_KEY is /],
      [{ SEALING_KEY: key, DATABASE_URL: none }, /There is no database at|cannot be read/],
      [{ DATABASE_URL: 'mysql://' }, /^DATABASE_URL is /],
    ] as const) {
      const { code, stdout, stderr } = await runCommand(folder, ['audit', 'verify'], {
        ...{ ...environment, ...given },
      });
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(says);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    }
    for (const args of [['--nope'], ['--account', 'acc_none'], ['more']])
      expect((await verify(...args)).code).toBe(2);
  });
});

describe('latchkey audit verify, on a copy', () => {
  it('needs the file and the key, and no server', async () => {
    const latchkey = await startManagement();
    const folder = makeFolder('copy');
    try {
      const live = new SqliteDatabase(join(latchkey.folder, 'latchkey.db'), { readonly: true });
      await live.backup(join(folder, 'copy.db'));
      live.close();
      copyFileSync(join(latchkey.folder, 'sealing.key'), join(folder, 'sealing.key'));
      const environment = { DATABASE_URL: 'sqlite:copy.db' };
      const { code, stdout } = await runCommand(folder, ['audit', 'verify'], environment);
      expect([code, stdout]).toEqual([0, expect.stringContaining('1 accounts, all intact.')]);
      writeFileSync(join(folder, 'text.db'), 'This is no database.'.repeat(100));
      const none = await runCommand(folder, ['audit', 'verify'], {
        DATABASE_URL: 'sqlite:text.db',
      });
      expect([none.code, none.stderr]).toEqual([2, expect.stringMatching(/not a database/)]);
      const help = await runCommand(folder, ['--help']);
      expect([help.code, help.stdout]).toEqual([0, expect.stringMatching(/^Usage: latchkey /)]);
      expect((await runCommand(folder, [])).code).toBe(2);
    } finally {
      await latchkey.remove();
      removeFolder(folder);
    }
  });
});
