import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { publishCrm, type Crm } from '../support/crm.js';
import { everyDoorScopes, expectAtEveryDoor } from '../support/every-door.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

jest.setTimeout(90_000);

let folder: string;
let upstream: RecordingUpstream;
let database: NodeDatabase;
let latchkey: TestLatchkey;
let crm: Crm;

async function begin(kind: 'sqlite' | 'postgres'): Promise<void> {
  folder = makeFolder('restart');
  upstream = await startUpstream();
  database = await databaseFor(kind);
  await startAgain();
  crm = await publishCrm(latchkey, upstream.url);
}

async function startAgain(): Promise<void> {
  latchkey = await startTestLatchkey({ TEST_FOLDER: folder, ...database.environment });
}

afterEach(async () => {
  await latchkey?.remove();
  removeFolder(folder);
  await upstream.close();
  await database.remove();
});

interface Key extends Json {
  readonly id: string;
  readonly secret: string;
}

const makeKey = (): Promise<Key> => crm.makeKey({ scopes: everyDoorScopes });
const pathOf = ({ accountId, id }: Key): string => `/v1/accounts/${accountId}/keys/${id}`;
const revoke = (key: Key): Promise<Json> => latchkey.manage('POST', `${pathOf(key)}/revoke`);
const rotate = (key: Key): Promise<Json> =>
  latchkey.manage('POST', `${pathOf(key)}/rotations`, { graceSeconds: 3600 });

async function expectSaid(secret: string, expected: string | 200): Promise<void> {
  await expectAtEveryDoor(latchkey, new NewRows(latchkey), secret, expected);
}

describeOnEachDatabase('#58 a restart', (kind) => {
  beforeEach(() => begin(kind));

  it('brings nothing back, in whichever way it was taken away', async () => {
    const [revoked, suspended, rotated, finished, cancelled, lost, closed, works] = [
      ...[await makeKey(), await makeKey(), await makeKey(), await makeKey(), await makeKey()],
      ...[await makeKey(), await makeKey(), await makeKey()],
    ] as [Key, Key, Key, Key, Key, Key, Key, Key];
    await revoke(revoked);
    await latchkey.manage('POST', `${pathOf(suspended)}/suspend`);
    await latchkey.manage('POST', `${pathOf(rotated)}/rotations`, { graceSeconds: 0 });
    const rotation = await rotate(finished);
    await latchkey.manage('POST', `${pathOf(finished)}/rotations/${rotation.id}/finish`);
    const withdrawn = await rotate(cancelled);
    await latchkey.manage('POST', `${pathOf(cancelled)}/rotations/${withdrawn.id}/cancel`);
    await latchkey.manage('POST', `${pathOf(lost)}/reissue`);
    const nobody = { mode: 'enforce', entries: [] };
    await latchkey.manage('PUT', `${pathOf(closed)}/ip-allowlist`, nobody);
    const ended: [secret: string, reason: string | 200][] = [
      [revoked.secret, 'KEY_REVOKED'],
      [suspended.secret, 'KEY_SUSPENDED'],
      [rotated.secret, 'SECRET_EXPIRED'],
      [finished.secret, 'SECRET_EXPIRED'],
      [withdrawn.secret, 'SECRET_REVOKED'],
      [lost.secret, 'SECRET_REVOKED'],
      [closed.secret, 'IP_NOT_ALLOWED'],
      [works.secret, 200],
    ];
    for (let starts = 0; starts < 2; starts += 1) {
      for (const [secret, reason] of ended) await expectSaid(secret, reason);
      await latchkey.close();
      await startAgain();
    }
    for (const [secret, reason] of ended) await expectSaid(secret, reason);
    await latchkey.manage('POST', `/v1/accounts/${crm.accountId}/suspend`);
    await latchkey.close();
    await startAgain();
    await expectSaid(works.secret, 'ACCOUNT_SUSPENDED');
  });
});

/**
 * A backup cannot know what was revoked after it was made, and a database that is an older copy of itself says nothing of it.
 * What stays is the call log, which is another database: every revocation was a call.
 */
describe('#58 an older copy of the database is put in its place', () => {
  beforeEach(() => begin('sqlite'));

  const main = (): string => join(folder, 'latchkey.db');

  async function backUp(): Promise<string> {
    const path = join(folder, 'backup.db');
    const handle = new SqliteDatabase(main(), { readonly: true });
    await handle.backup(path);
    handle.close();
    return path;
  }

  async function restore(backup: string): Promise<void> {
    await latchkey.close();
    for (const end of ['-wal', '-shm']) rmSync(main() + end, { force: true });
    copyFileSync(backup, main());
    await startAgain();
  }

  it('what was revoked before stays so, what was made since is unknown, and the log tells what to revoke again', async () => {
    const [before, after, rotated] = [await makeKey(), await makeKey(), await makeKey()];
    await revoke(before);
    const backup = await backUp();
    const madeAt = new Date().toISOString();
    await revoke(after);
    const since = await makeKey();
    const rotation = await rotate(rotated);
    await latchkey.manage('POST', `${pathOf(rotated)}/rotations/${rotation.id}/finish`);
    for (const [secret, reason] of [
      ...([[before.secret, 'KEY_REVOKED'], [after.secret, 'KEY_REVOKED']] as const),
      ...([[rotated.secret, 'SECRET_EXPIRED'], [rotation.secret, 200]] as const),
    ]) await expectSaid(secret, reason); // prettier-ignore
    await latchkey.rows();

    await restore(backup);

    await expectSaid(before.secret, 'KEY_REVOKED');
    for (const secret of [since.secret, rotation.secret]) await expectSaid(secret, 'KEY_UNKNOWN');
    const query = `&door=management&decision=allowed&from=${madeAt}`;
    const changes = (await latchkey.rows(query)).filter(
      ({ method, status }) => method !== 'GET' && status < 400,
    );
    expect(changes.toReversed().map(({ path, actor }) => [path, actor])).toEqual([
      [`${pathOf(after)}/revoke`, null],
      [`/v1/accounts/${crm.accountId}/keys`, null],
      [`${pathOf(rotated)}/rotations`, null],
      [`${pathOf(rotated)}/rotations/${rotation.id}/finish`, null],
    ]);
    await latchkey.manage('POST', changes.at(-1)?.['path']);
    await expectSaid(after.secret, 'KEY_REVOKED');
  });

  it('the log goes on where it was: no number and no id is given twice', async () => {
    const key = await makeKey();
    const backup = await backUp();
    await expectSaid(key.secret, 200);
    const was = await latchkey.rows();
    await restore(backup);
    await expectSaid(key.secret, 200);
    const rows = await latchkey.rows();
    for (const field of ['seq', 'id'])
      expect(new Set(rows.map((row) => row[field])).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(was.length);
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(was.map(({ id }) => id)));
  });
});
