import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishCrm, type Crm } from '../support/crm.js';
import type { Json } from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const credential = { in: 'header', name: 'X-Upstream-Key', value: 'sesame-of-the-service' };
const ofBinding = { ...credential, value: 'sesame-of-the-binding' };
const path = '/v1/sealing-key';

let upstream: RecordingUpstream;
let latchkey: Management;
let crm: Crm;
let key: Json;
let bound: Json;

beforeEach(async () => {
  upstream = await startUpstream();
});

afterEach(async () => {
  await latchkey.remove();
  await upstream.close();
});

/** A service and a binding with a credential each, and a key of each account. */
async function begin(environment: Record<string, string> = {}): Promise<void> {
  latchkey = await startManagement(environment);
  crm = await publishCrm(latchkey, upstream.url, { credential });
  const other = await latchkey.openAccount({ name: 'Bound' });
  await latchkey.manage('PUT', `/v1/accounts/${other.id}/services/crm`, { credential: ofBinding });
  key = await crm.makeKey();
  bound = await latchkey.makeKey(other.id, { scopes: ['contacts.read'] });
}

async function restart(environment: Record<string, string> = {}): Promise<void> {
  await latchkey.close();
  latchkey = await startManagement({ TEST_FOLDER: latchkey.folder, ...environment });
}

/** What the upstream is shown for a call of either account. */
async function shown(): Promise<unknown[]> {
  upstream.calls.length = 0;
  for (const { secret } of [key, bound])
    expect((await latchkey.call('GET', '/crm/contacts', { secret })).status).toBe(200);
  return upstream.calls.map(({ headers }) => headers['x-upstream-key']);
}
const both = [credential.value, ofBinding.value];

const keyFile = () => join(latchkey.folder, 'sealing.key');
const inFile = () => readFileSync(keyFile(), 'utf8').trim();

/** Everything that lies sealed: version and ciphertext. */
function sealedTexts(): string[] {
  const database = new SqliteDatabase(join(latchkey.folder, 'latchkey.db'), { readonly: true });
  const texts = database
    .prepare(
      `SELECT credential FROM service UNION ALL SELECT credential FROM binding
       UNION ALL SELECT value FROM installation WHERE name = 'audit_key'`,
    )
    .pluck()
    .all() as string[];
  database.close();
  return texts.map((text) => (text.startsWith('{') ? (JSON.parse(text).sealed as string) : text));
}
const versions = () => sealedTexts().map((text) => text.split('.')[0]);

describe('the sealing key, kept in its file', () => {
  beforeEach(() => begin());

  it('is rotated: everything is sealed anew, and the old key is gone', async () => {
    const before = sealedTexts();
    const old = inFile();
    expect(await latchkey.manage('GET', path)).toEqual({
      ...{ version: 1, versions: [1], keptIn: 'file', sealed: [{ version: 1, credentials: 2 }] },
    });
    expect(await latchkey.manage('POST', `${path}/rotate`)).toEqual({
      ...{ version: 2, resealed: 2, retired: [1] },
    });
    expect(versions()).toEqual(['2', '2', '2']);
    expect(sealedTexts().filter((text) => before.includes(text))).toEqual([]);
    expect(inFile()).toMatch(/^2:[\w-]{43}$/);
    expect(inFile()).not.toContain(old.slice(2));
    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    expect(await shown()).toEqual(both);
    await restart();
    expect(await shown()).toEqual(both);
    expect(await latchkey.manage('GET', path)).toMatchObject({ version: 2, versions: [2] });
    expect(await latchkey.manage('POST', `${path}/rotate`)).toMatchObject({ version: 3 });
  });

  it('is told of in the audit trail, without it', async () => {
    await latchkey.manage('POST', `${path}/rotate`);
    const events = `/v1/accounts/${latchkey.operatorAccountId}/audit-events?limit=1`;
    const { results } = await latchkey.manage('GET', events);
    expect(results).toMatchObject([
      {
        action: 'sealing_key.rotated',
        target: { type: 'installation', id: 'sealing_key' },
        after: { version: 2, resealed: 2, retired: [1] },
        actor: { id: latchkey.operatorKeyId },
      },
    ]);
    // The trail's own key was sealed anew, and is the same: the chain goes on after a restart.
    await restart();
    await latchkey.manage('POST', `${path}/rotate`);
    const [next] = (await latchkey.manage('GET', events)).results;
    expect(next.previousDigest).toBe(results[0].digest);
  });

  it('is rotated while calls and changes go on, and none of them fails', async () => {
    const traffic = { going: true };
    const statuses = new Set<number>();
    const secrets = new Set<unknown>();
    const calling = [key, bound].map(async ({ secret }) => {
      while (traffic.going)
        statuses.add((await latchkey.call('GET', '/crm/contacts', { secret })).status);
    });
    const changing = (async () => {
      const body = { upstream: upstream.url, mount: '/crm', credential };
      while (traffic.going)
        statuses.add((await latchkey.manage('PUT', '/v1/services/crm', body)) ? 200 : 0);
    })();
    const rotations: Json[] = await Promise.all(
      Array.from({ length: 5 }, () => latchkey.manage('POST', `${path}/rotate`)),
    );
    traffic.going = false;
    await Promise.all([...calling, changing]);
    for (const { headers } of upstream.calls) secrets.add(headers['x-upstream-key']);
    expect(rotations.map(({ version }) => version)).toEqual([2, 3, 4, 5, 6]);
    expect([...statuses]).toEqual([200]);
    expect([...secrets].sort()).toEqual([...both].sort());
    expect(inFile()).toMatch(/^6:[\w-]{43}$/);
    expect(new Set(versions())).toEqual(new Set(['6']));
    await restart();
    expect(await shown()).toEqual(both);
  });

  it('a crash after the new key was written, and before anything was sealed under it, loses nothing', async () => {
    writeFileSync(keyFile(), `2:${randomBytes(32).toString('base64url')},${inFile()}\n`);
    await restart();
    expect(await shown()).toEqual(both);
    expect(await latchkey.manage('GET', path)).toMatchObject({
      ...{ version: 2, versions: [2, 1], sealed: [{ credentials: 0 }, { credentials: 2 }] },
    });
    const rotated = await latchkey.manage('POST', `${path}/rotate`);
    expect(rotated).toEqual({ version: 3, resealed: 2, retired: [2, 1] });
    expect(inFile()).toMatch(/^3:[\w-]{43}$/);
  });

  it('a crash before the old key was taken out of the file loses nothing', async () => {
    const old = inFile();
    await latchkey.manage('POST', `${path}/rotate`);
    writeFileSync(keyFile(), `${inFile()},${old}\n`);
    await restart();
    expect(await shown()).toEqual(both);
    expect(await latchkey.manage('POST', `${path}/rotate`)).toMatchObject({ retired: [2, 1] });
    await restart();
    expect(await shown()).toEqual(both);
  });

  it('is the operator’s alone', async () => {
    const scopes = ['latchkey.services.read'];
    const { secret } = await latchkey.makeKey(crm.accountId, { scopes });
    expect((await latchkey.ask('GET', path, { secret })).status).toBe(404);
    const refused = await latchkey.ask('POST', `${path}/rotate`, { secret });
    expect([refused.status, refused.json.reason]).toEqual([403, 'SCOPE_MISSING']);
    expect(versions()).toEqual(['1', '1', '1']);
  });
});

describe('the sealing key, given by the environment', () => {
  const [one, two] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64url'));

  beforeEach(() => begin({ SEALING_KEY: `1:${one}` }));

  it('is not made up: where one version is given there is nothing to change to', async () => {
    const asOperator = { secret: latchkey.operatorKey };
    const refused = await latchkey.ask('POST', `${path}/rotate`, asOperator);
    expect([refused.status, refused.json.errors[0].code]).toEqual([409, 'SEALING_KEY_GIVEN']);
    expect(refused.json.message).toContain('2:<new key>,1:<the key there is>');
    // Named behind the old one, which is the first step, it is not for rotating yet.
    await restart({ SEALING_KEY: `1:${one},2:${two}` });
    const early = await latchkey.ask('POST', `${path}/rotate`, asOperator);
    expect([early.status, early.json.errors[0].code]).toEqual([409, 'SEALING_KEY_GIVEN']);
    expect(refused.text).not.toContain(one);
  });

  it('is changed to the first of several, after which the others can be left out', async () => {
    // Every node knows the new one before any seals under it.
    await restart({ SEALING_KEY: `1:${one},2:${two}` });
    await restart({ SEALING_KEY: `2:${two},1:${one}` });
    expect(await shown()).toEqual(both);
    expect(await latchkey.manage('GET', path)).toMatchObject({ keptIn: 'environment' });
    expect(await latchkey.manage('POST', `${path}/rotate`)).toEqual({
      ...{ version: 2, resealed: 2, retired: [1] },
    });
    const again = await latchkey.ask('POST', `${path}/rotate`, { secret: latchkey.operatorKey });
    expect(again.status).toBe(409);
    await restart({ SEALING_KEY: `2:${two},1:${one}` });
    await restart({ SEALING_KEY: `2:${two}` });
    expect(await shown()).toEqual(both);
  });

  it('#96 cannot be left out before', async () => {
    await restart({ SEALING_KEY: `2:${two},1:${one}` });
    await latchkey.close();
    await expect(
      startManagement({ TEST_FOLDER: latchkey.folder, SEALING_KEY: `2:${two}` }),
    ).rejects.toThrow(/^SEALING_KEY lacks version 1, which this database was used with\./);
    await restart({ SEALING_KEY: `2:${two},1:${one}` });
  });

  it('#96 cannot be left out while something is sealed under it, whatever the fingerprints say', async () => {
    await restart({ SEALING_KEY: `2:${two},1:${one}` });
    await latchkey.manage('POST', `${path}/rotate`);
    // A node that still seals under the old one.
    await restart({ SEALING_KEY: `1:${one},2:${two}` });
    const body = { upstream: upstream.url, mount: '/crm', credential };
    await latchkey.manage('PUT', '/v1/services/crm', body);
    await latchkey.close();
    const database = new SqliteDatabase(join(latchkey.folder, 'latchkey.db'));
    database.prepare(`DELETE FROM installation WHERE name = 'sealing_key.1'`).run();
    database.close();
    await expect(
      startManagement({ TEST_FOLDER: latchkey.folder, SEALING_KEY: `2:${two}` }),
    ).rejects.toThrow(/^SEALING_KEY lacks version 1, under which 1 credentials are sealed/);
    await restart({ SEALING_KEY: `2:${two},1:${one}` });
    expect(await shown()).toEqual(both);
  });
});
