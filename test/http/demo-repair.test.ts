import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { commandsIn, paste } from '../support/pasted-commands.js';
import { makeFolder } from '../support/swept-folder.js';

const day = 24 * 3600 * 1000;

describe('later starts of a store with the demo', () => {
  let latchkey: TestLatchkey;

  afterEach(() => latchkey.remove());

  /** The same store again, once what was running is closed. */
  async function restart(
    change: () => void = () => {},
    now: () => number = Date.now,
  ): Promise<void> {
    await latchkey.close();
    change();
    latchkey = await startTestLatchkey(
      { LATCHKEY_DEMO: 'on', TEST_FOLDER: latchkey.folder },
      { wallClock: now },
    );
  }

  async function start(demo: 'on' | 'off' = 'on'): Promise<void> {
    latchkey = await startTestLatchkey({ LATCHKEY_DEMO: demo });
  }

  function printed(): string {
    return latchkey.tryLines((text) => text).join('\n');
  }

  /** The printed secrets, in order and without the ports, which are new with each start. */
  function secretsIn(text: string): string[] {
    return text.match(/lk_dev_\w+/g) ?? [];
  }

  async function expectPromisesKept(): Promise<void> {
    const commands = commandsIn(printed());
    expect(commands).toHaveLength(10);
    const answers = await Promise.all(commands.map(({ command }) => paste(command)));
    expect(answers.map(({ status }) => status)).toEqual(commands.map(({ promised }) => promised));
  }

  function keyFile(): string {
    return join(latchkey.folder, 'demo-keys.json');
  }

  async function demoAccount(): Promise<Json> {
    const { results } = await latchkey.manage('GET', '/v1/accounts');
    return results.find((account: Json) => account.name.endsWith('(demo)'));
  }

  async function keysNamed(start: string): Promise<Json[]> {
    const { id } = await demoAccount();
    const { results } = await latchkey.manage('GET', `/v1/accounts/${id}/keys`);
    return results.filter((key: Json) => key.name.startsWith(start));
  }

  async function auditActions(): Promise<string[]> {
    const events: Json[] = [];
    for (const { id } of (await latchkey.manage('GET', '/v1/accounts')).results) {
      const { results } = await latchkey.manage('GET', `/v1/accounts/${id}/audit-events`);
      events.push(...results);
    }
    return events.map(({ action, actor }) => `${action} by ${actor.name}`).toSorted();
  }

  it('nothing was touched: the same secrets are printed, and nothing is changed', async () => {
    await start();
    const [before, file, actions] = [
      printed(),
      readFileSync(keyFile(), 'utf8'),
      await auditActions(),
    ];
    expect(actions).toContain('service.openapi_imported by demo');
    await restart();
    expect(secretsIn(printed())).toEqual(secretsIn(before));
    expect(readFileSync(keyFile(), 'utf8')).toBe(file);
    expect(await auditActions()).toEqual(actions);
  });

  it('#45 the grace of the rotating key is over: another rotation, of which both secrets work', async () => {
    await start();
    const [nightly] = await keysNamed('Nightly');
    const current = JSON.parse(readFileSync(keyFile(), 'utf8')).secrets[nightly.id][1];
    await restart(undefined, () => Date.now() + 8 * day);
    const secrets = JSON.parse(readFileSync(keyFile(), 'utf8')).secrets[nightly.id];
    expect(secrets).toEqual([current, expect.stringMatching(/^lk_dev_/)]);
    await expectPromisesKept();
    expect(await keysNamed('Nightly')).toHaveLength(1);
  });

  it('keys and graces are limited: the demo keeps within, and knows its keys again', async () => {
    const limits = { KEY_LIFETIME_DAYS_MAX: '30', GRACE_SECONDS_MAX: '3600' };
    const startedAt = Date.now();
    latchkey = await startTestLatchkey({ LATCHKEY_DEMO: 'on', ...limits });
    const before = printed();
    await expectPromisesKept();
    const [reporting] = await keysNamed('Reporting');
    expect(Date.parse(reporting.expiresAt) - startedAt).toBeLessThan(30 * day + 60_000);
    await latchkey.close();
    const settings = { LATCHKEY_DEMO: 'on', TEST_FOLDER: latchkey.folder, ...limits };
    latchkey = await startTestLatchkey(settings);
    const kept = secretsIn(before);
    expect(kept.length).toBeGreaterThan(0);
    expect(secretsIn(printed())).toEqual(kept);
  });

  it('#48 a secret that was kept but never committed is passed over', async () => {
    await start();
    const before = secretsIn(printed());
    await restart(() => {
      const content = JSON.parse(readFileSync(keyFile(), 'utf8'));
      for (const secrets of Object.values<string[]>(content.secrets)) {
        secrets.push('lk_dev_000000000000000000000000000000001mGZlL');
      }
      writeFileSync(keyFile(), JSON.stringify(content));
    });
    expect(secretsIn(printed())).toEqual(before);
    await expectPromisesKept();
  });

  it('#48 a secret that cannot be kept makes no key, and keeps nothing else from starting', async () => {
    const folder = makeFolder('test');
    mkdirSync(join(folder, 'demo-keys.json', 'in-the-way'), { recursive: true });
    latchkey = await startTestLatchkey({ LATCHKEY_DEMO: 'on', TEST_FOLDER: folder });
    expect(printed()).toBe('');
    expect(await keysNamed('')).toEqual([]);
    await restart(() => rmSync(keyFile(), { recursive: true }));
    await expectPromisesKept();
    expect(await keysNamed('')).toHaveLength(6);
  });

  it.each([
    ['gone', (file: string) => rmSync(file)],
    ['damaged', (file: string) => writeFileSync(file, '{"secrets": {"key_1":')],
    ['of another shape', (file: string) => writeFileSync(file, '{"secrets": ["lk"]}')],
  ])('the file of secrets is %s: new keys', async (_how, damage) => {
    await start();
    const before = secretsIn(printed());
    await restart(() => damage(keyFile()));
    expect(secretsIn(printed()).filter((secret) => before.includes(secret))).toEqual([]);
    await expectPromisesKept();
  });

  it.each<[string, string, string, Json]>([
    ['was given other scopes', 'PATCH', '', { scopes: ['contacts.read', 'contacts.write'] }],
    ['was suspended', 'POST', '/suspend', {}],
    ['was revoked', 'POST', '/revoke', {}],
    ['was rotated', 'POST', '/rotations', { graceSeconds: 0 }],
  ])(
    'a key that %s stays as it is; a new one takes its place',
    async (_how, method, path, body) => {
      await start();
      const [{ id, accountId }] = (await keysNamed('Reporting')) as [Json];
      const url = `/v1/accounts/${accountId}/keys/${id}`;
      await latchkey.manage(method, url + path, body);
      const changed = await latchkey.manage('GET', url);
      await restart();
      await expectPromisesKept();
      expect(await latchkey.manage('GET', url)).toEqual(changed);
      expect(await keysNamed('Reporting')).toHaveLength(2);
    },
  );

  it('a rotation that somebody opened with the printed command goes on', async () => {
    await start();
    await expectPromisesKept();
    const [vendor] = await keysNamed('Vendor');
    expect(vendor.openRotation).not.toBeNull();
    await restart();
    await expectPromisesKept();
    const [same, another] = await keysNamed('Vendor');
    expect([same.id, same.openRotation]).toEqual([vendor.id, vendor.openRotation]);
    expect(another.id).not.toBe(vendor.id);
  });

  it('the service leads somewhere else now: it is left alone, and nothing is printed', async () => {
    await start();
    const upstream = 'http://127.0.0.1:9/sample';
    const { mount } = await latchkey.manage('GET', '/v1/services/sample-crm');
    await latchkey.manage('PUT', '/v1/services/sample-crm', { upstream, mount });
    await restart();
    expect(printed()).toBe('');
    const service = await latchkey.manage('GET', '/v1/services/sample-crm');
    expect(service.upstream).toBe(upstream);
  });

  it('the account is suspended: the demo does not run', async () => {
    await start();
    const { id } = await demoAccount();
    await latchkey.manage('POST', `/v1/accounts/${id}/suspend`, {});
    await restart();
    expect(printed()).toBe('');
  });

  it.each<[string, string, string, Json]>([
    ['an account', 'POST', '/v1/accounts', { name: 'Rolling Donut Ltd' }],
    ['a scope', 'PUT', '/v1/scopes/tickets.read', {}],
    ['a service', 'PUT', '/v1/services/api', { upstream: 'http://127.0.0.1:9', mount: '/api' }],
  ])('a store that already has %s: no demo is made', async (_what, method, path, body) => {
    await start('off');
    await latchkey.manage(method, path, body);
    await restart();
    expect(printed()).toBe('');
    expect(await demoAccount()).toBeUndefined();
    expect(existsSync(keyFile())).toBe(false);
    expect(await auditActions()).not.toContainEqual(expect.stringContaining('by demo'));
  });

  it('a store that has the operator only: the demo is made', async () => {
    await start('off');
    await restart();
    await expectPromisesKept();
  });
});
