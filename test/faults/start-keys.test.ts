import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../../src/core/start-error.js';
import { publishCrm } from '../support/crm.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';
import { startUpstream } from '../support/upstream.js';

jest.setTimeout(90_000);

const keys = ['a', 'b', 'c'].map((letter) => Buffer.alloc(32, letter).toString('base64url'));
const [oldKey = '', newKey = '', wrongKey = ''] = keys;
const operatorKey = 'legacy-operator-key-0123456789-0123456789';

describe('the keys of an installation', () => {
  let folder: string;
  let running: TestLatchkey | null;

  beforeEach(() => {
    folder = makeFolder('keys');
    running = null;
  });

  afterEach(async () => {
    await running?.close();
    removeFolder(folder);
  });

  const file = (name: string) => join(folder, name);

  async function start(environment: Record<string, string> = {}): Promise<TestLatchkey> {
    await running?.close();
    running = null;
    running = await startTestLatchkey({ TEST_FOLDER: folder, ...environment });
    return running;
  }

  async function refusal(environment: Record<string, string>): Promise<string> {
    await running?.close();
    running = null;
    const started = startTestLatchkey({ TEST_FOLDER: folder, ...environment });
    await expect(started).rejects.toThrow(StartError);
    const { message } = await started.then(
      () => new Error('It started.'),
      (error: Error) => error,
    );
    expect(message).toMatch(/^[^\n]+\.$/);
    for (const key of keys) expect(message).not.toContain(key);
    return message;
  }

  /** What the installation knows of itself, and its key files. */
  function facts(): unknown {
    const handle = new SqliteDatabase(file('latchkey.db'), { readonly: true });
    const rows = handle.prepare('SELECT * FROM installation ORDER BY name').all();
    handle.close();
    return [rows, ...['pepper.key', 'sealing.key'].map(contents)];
  }

  function contents(name: string): string | null {
    try {
      return readFileSync(file(name), 'utf8');
    } catch {
      return null;
    }
  }

  async function makeKey(latchkey: TestLatchkey): Promise<Json> {
    const account = await latchkey.manage('POST', '/v1/accounts', { name: 'A' });
    return latchkey.manage('POST', `/v1/accounts/${account.id}/keys`, { name: 'K', scopes: [] });
  }

  const self = async (latchkey: TestLatchkey, secret: string) =>
    (await latchkey.call('GET', '/latchkey/v1/self', { secret })).status;

  it('are made once, for their owner alone, and kept over a restart with all they opened', async () => {
    const first = await start();
    expect(first.madeFiles.map((path) => path.replace(`${folder}/`, ''))).toEqual([
      ...['pepper.key', 'sealing.key', 'operator.key'],
    ]);
    for (const path of first.madeFiles) expect(statSync(path).mode & 0o777).toBe(0o600);
    const key = await makeKey(first);
    const revoked = await makeKey(first);
    await first.manage('POST', `/v1/accounts/${revoked.accountId}/keys/${revoked.id}/revoke`);
    expect(await self(first, key.secret)).toBe(200);
    const rows = await first.rows();
    const made = [contents('pepper.key'), contents('sealing.key'), contents('operator.key')];

    const second = await start();
    expect(second.madeFiles).toEqual([]);
    expect([contents('pepper.key'), contents('sealing.key'), contents('operator.key')]).toEqual(
      made,
    );
    const before = await second.rows(`&to=${rows[0]?.['at'] ?? ''}`);
    expect(before).toEqual(rows.slice(1));
    expect(await self(second, key.secret)).toBe(200);
    // #58 Nothing comes back.
    expect(await self(second, revoked.secret)).toBe(401);
    const after = await second.rows();
    const seqs = after.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => b - a));
    expect(new Set(seqs).size).toBe(seqs.length);
    expect(new Set(after.map(({ nodeId }) => nodeId)).size).toBe(1);
  });

  it('OPERATOR_KEY becomes the first key of an empty store, and of no other', async () => {
    const first = await start({ OPERATOR_KEY: operatorKey });
    expect(contents('operator.key')).toBeNull();
    for (const path of ['/v1/accounts', `/v1/accounts?hapikey=${operatorKey}`]) {
      const secret = path.includes('hapikey') ? {} : { secret: operatorKey };
      expect((await first.ask('GET', path, secret)).status).toBe(200);
    }
    const another = 'another-operator-key-0123456789-012345';
    const second = await start({ OPERATOR_KEY: another });
    expect((await second.ask('GET', '/v1/accounts', { secret: operatorKey })).status).toBe(200);
    expect((await second.ask('GET', '/v1/accounts', { secret: another })).json.reason).toBe(
      'KEY_UNKNOWN',
    );
  });

  const given = { KEY_PEPPER: oldKey, SEALING_KEY: oldKey, OPERATOR_KEY: operatorKey };
  const wrongs: [string, Record<string, string>, string][] = [
    [
      'another pepper',
      { ...given, KEY_PEPPER: wrongKey },
      'KEY_PEPPER version 1 is not the key this database was used with. Restore the right one; nothing was changed.',
    ],
    [
      'another sealing key',
      { ...given, SEALING_KEY: wrongKey },
      'SEALING_KEY version 1 is not the key this database was used with. Restore the right one; nothing was changed.',
    ],
    [
      'a new pepper without the old one',
      { ...given, KEY_PEPPER: `2:${newKey}` },
      'KEY_PEPPER lacks version 1, which this database was used with. Add it after the current one: <new version>:<key>,1:<old key>.',
    ],
    [
      'a new pepper and another sealing key',
      { ...given, KEY_PEPPER: `2:${newKey},1:${oldKey}`, SEALING_KEY: wrongKey },
      'SEALING_KEY version 1 is not the key this database was used with. Restore the right one; nothing was changed.',
    ],
    [
      'a new pepper and a sealing key that cannot be read',
      { ...given, KEY_PEPPER: `2:${newKey},1:${oldKey}`, SEALING_KEY: 'short' },
      'SEALING_KEY is "*** (5 characters)", which cannot be used: it takes at least 32 bytes of base64url, or versions of it with the current one first, such as 2:<new>,1:<old>.',
    ],
    [
      'a new pepper and a prefix that is too like the one before',
      { ...given, KEY_PEPPER: `2:${newKey},1:${oldKey}`, KEY_PREFIX: 'acmex' },
      'KEY_PREFIX is "acmex", which cannot be used: it differs by one letter from the earlier prefix "acme", and such prefixes are kept for other kinds of credential.',
    ],
  ];
  it.each(wrongs)(
    '#96 %s: the start is refused and nothing changed',
    async (_what, environment, line) => {
      const first = await start({ ...given, KEY_PREFIX: 'acme' });
      const key = await makeKey(first);
      await first.close();
      running = null;
      const before = facts();
      expect(await refusal({ KEY_PREFIX: 'acme', ...environment })).toBe(line);
      expect(facts()).toEqual(before);
      const again = await start({ ...given, KEY_PREFIX: 'acme' });
      expect(await self(again, key.secret)).toBe(200);
    },
  );

  it.each(['pepper.key', 'sealing.key'])(
    '#96 without %s the start is refused, and none is made',
    async (name) => {
      await start();
      const kept = contents(name) ?? '';
      await running?.close();
      rmSync(file(name));
      const variable = name === 'pepper.key' ? 'KEY_PEPPER' : 'SEALING_KEY';
      expect(await refusal({})).toBe(
        `${variable} is missing: this database was used with one, and neither the variable nor ${file(name)} is there. Restore it from your backup; nothing was changed.`,
      );
      expect(contents(name)).toBeNull();
      writeFileSync(file(name), 'garbage', { mode: 0o600 });
      expect(await refusal({})).toMatch(
        `${variable} (in ${file(name)}) is "*** (7 characters)", which cannot be used`,
      );
      writeFileSync(file(name), kept);
      await start();
    },
  );

  it('both can be changed: what was made before keeps working, what is made then is under the new one', async () => {
    const upstream = await startUpstream();
    try {
      const first = await start(given);
      const crm = await publishCrm(first, upstream.url, {
        credential: { in: 'header', name: 'X-Upstream-Key', value: 'sesame-of-the-upstream' },
      });
      const before = await crm.makeKey();
      const both = {
        KEY_PEPPER: `2:${newKey},1:${oldKey}`,
        SEALING_KEY: `2:${newKey},1:${oldKey}`,
      };
      const second = await start({ ...given, ...both });
      const after = await second.manage('POST', `/v1/accounts/${crm.accountId}/keys`, {
        ...{ name: 'After', scopes: ['contacts.read'] },
      });
      for (const { secret } of [before, after]) {
        expect((await second.call('GET', '/crm/contacts', { secret })).status).toBe(200);
      }
      expect(upstream.calls.map(({ headers }) => headers['x-upstream-key'])).toEqual([
        ...['sesame-of-the-upstream', 'sesame-of-the-upstream'],
      ]);
      expect(await refusal(given)).toBe(
        'KEY_PEPPER lacks version 2, which this database was used with. Add it after the current one: <new version>:<key>,2:<old key>.',
      );
      const handle = new SqliteDatabase(file('latchkey.db'), { readonly: true });
      const versions = handle.prepare('SELECT id, pepper_version AS version FROM secret').all();
      handle.close();
      expect(versions).toContainEqual({ id: before.secrets[0].id, version: 1 });
      expect(versions).toContainEqual({ id: after.secrets[0].id, version: 2 });
    } finally {
      await upstream.close();
    }
  });

  it('KEY_PREFIX can be changed: secrets with earlier prefixes keep working', async () => {
    const secrets: string[] = [];
    for (const prefix of ['lk', 'acme', 'lk2', 'lk']) {
      const latchkey = await start({ ...given, KEY_PREFIX: prefix });
      const { secret } = await makeKey(latchkey);
      expect(secret.startsWith(`${prefix}_prod_`)).toBe(true);
      secrets.push(secret);
      for (const known of secrets) expect(await self(latchkey, known)).toBe(200);
    }
  });
});
