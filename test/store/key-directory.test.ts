import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { StoreUnavailableError, type HeldCredential } from '../../src/core/ports.js';
import { openRotation } from '../../src/core/rotation.js';
import { newSecret } from '../../src/core/secret-format.js';
import type { Change } from '../../src/store/database.js';
import { BindingEntity } from '../../src/store/entities/binding.entity.js';
import { SecretEntity } from '../../src/store/entities/secret.entity.js';
import type { CachedKeyDirectory } from '../../src/store/key-directory.js';
import { statementsOf } from '../support/statements.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const legacy = 'legacy-secret_of.somewhere~else+/==';
const crm = {
  ...{ upstream: 'http://127.0.0.1:9', mount: '/crm', open: false, stripMount: true },
  timeoutMs: 1000,
};

describeOnEachDatabase('the key directory', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let directory: CachedKeyDirectory;
  let statements: string[];
  let accountId: string;
  let key: { id: string; secret: { id: string; text: string } };

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    await store.addScopes('contacts.read', 'contacts.write', 'latchkey.keys.read');
  });

  beforeEach(async () => {
    directory = await store.makeDirectory();
    accountId = (await store.openAccount()).id;
    key = await store.issueKey(accountId, { scopes: ['contacts.read', 'latchkey.keys.read'] });
    statements = statementsOf(store.reader, store.writer);
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  const find = async (text = key.secret.text) => directory.find(text);
  const queries = () => statements.splice(0).length;

  it('gives everything a decision needs', async () => {
    await store.database.change((change) =>
      store.keys.change(change, key.id, { grantableScopes: ['contacts.write'], expiresAt: 9e12 }),
    );
    expect(await find()).toMatchObject({
      ...{ id: key.secret.id, start: key.secret.text.slice(0, 12), endsAt: null, used: false },
      ...{ revokedAt: null, over: false, rotation: null },
      key: {
        ...{ id: key.id, name: 'Vendor', environment: 'production', standing: 'active' },
        ...{ expiresAt: 9e12, bindings: new Map() },
        scopes: new Set(['contacts.read', 'latchkey.keys.read']),
        grantableScopes: new Set(['contacts.write']),
      },
      account: { id: accountId, isOperator: false, suspended: false, allowHapikey: true },
    });
  });

  it('answers a secret it knows at once, without a query', async () => {
    const cold = await find();
    expect(queries()).toBeGreaterThan(0);
    const warm = directory.find(key.secret.text);
    expect(warm).toBe(cold);
    expect(queries()).toBe(0);
  });

  it('asks once for all who miss the same secret at once', async () => {
    await find();
    const once = queries();
    const other = await store.makeDirectory();
    queries();
    const found = await Promise.all(Array.from({ length: 100 }, () => other.find(key.secret.text)));
    expect(queries()).toBe(once);
    expect(new Set(found).size).toBe(1);
    expect(found[0]).not.toBeNull();
  });

  it('#22 asks once for a secret that nobody has, and again only after a change', async () => {
    const unknown = newSecret('lk', 'production');
    expect(await find(unknown)).toBeNull();
    expect(queries()).toBe(1);
    expect(directory.find(unknown)).toBeNull();
    expect(queries()).toBe(0);
    await store.openAccount();
    queries();
    expect(await find(unknown)).toBeNull();
    expect(queries()).toBe(1);
  });

  it('#89 remembers 10,000 unknown secrets and no more', async () => {
    if (kind === 'postgres') return; // Ten thousand queries; the bound is the same on either database.
    const unknown = Array.from({ length: 10_001 }, () => newSecret('lk', 'qa'));
    for (const text of unknown) expect(await find(text)).toBeNull();
    expect(queries()).toBe(unknown.length);
    for (const text of unknown.slice(1)) expect(directory.find(text)).toBeNull();
    expect(queries()).toBe(0);
    expect(await find(unknown[0])).toBeNull();
    expect(queries()).toBe(1);
  });

  it('finds a secret that was unknown, once it is made', async () => {
    expect(await find(legacy)).toBeNull();
    await store.database.change((change) => store.secrets.adopt(change, key.id, legacy));
    expect(await find(legacy)).toMatchObject({ start: 'lega', key: { id: key.id } });
    await store.database.write((manager) => manager.delete(SecretEntity, { format: 'legacy' }));
  });

  it('#21 asks nothing for what cannot be a secret of its own', async () => {
    const typo = key.secret.text.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const cannotBe = [typo, 'lk_prod_', '', 'x'.repeat(16), 'y'.repeat(513), "' OR 1=1 --", legacy];
    for (const text of cannotBe) expect(directory.find(text)).toBeNull();
    expect(queries()).toBe(0);
  });

  const bind = (environment: 'production' | 'qa' | null) => async (change: Change) => {
    const service = await store.services.put(change, 'crm', crm);
    const row = { id: `bnd_${change.revision}`, accountId, serviceId: service.id, environment };
    await change.manager.delete(BindingEntity, { serviceId: service.id });
    await change.manager.insert(BindingEntity, {
      ...{ ...row, upstream: null, credential: null, revision: change.revision },
    });
    await change.touch('account', accountId);
  };
  const rotate = async (change: Change) => {
    const step = openRotation(change.now, { grace: { seconds: 60 } });
    if (!step.ok) throw new Error(step.why);
    const { id } = key;
    await store.rotations.open(
      ...([change, { id, environment: 'production' }, key.secret.id, step.rotation, null] as const),
    );
  };
  const changes: [
    string,
    (change: Change) => Promise<unknown>,
    (held: HeldCredential) => unknown,
  ][] = [
    [
      'the key is suspended',
      (change) => store.keys.change(change, key.id, { standing: 'suspended' }),
      (held) => held.key.standing === 'suspended',
    ],
    [
      'a scope is taken from the key',
      (change) => store.keys.change(change, key.id, { scopes: [] }),
      (held) => held.key.scopes.size === 0,
    ],
    [
      'the key gets an allowlist',
      (change) =>
        store.keys.change(change, key.id, { ipAllowlist: { mode: 'enforce', entries: [] } }),
      (held) => held.key.ipAllowlist.mode === 'enforce',
    ],
    [
      'a rotation opens',
      rotate,
      (held) => held.endsAt !== null && held.rotation?.side === 'retiring',
    ],
    [
      'the account is suspended',
      (change) => store.accounts.change(change, accountId, { suspended: true }),
      (held) => held.account.suspended,
    ],
    [
      "the account's entitlement shrinks",
      (change) => store.accounts.change(change, accountId, { entitledScopes: [] }),
      (held) => held.key.scopes.size === 1 && held.key.scopes.has('latchkey.keys.read'),
    ],
    ['a service is bound', bind(null), (held) => held.key.bindings.size === 1],
    [
      'a service is bound for its environment',
      bind('production'),
      (held) => held.key.bindings.size === 1,
    ],
    [
      'a service is bound for another environment',
      bind('qa'),
      (held) => held.key.bindings.size === 0,
    ],
  ];
  it.each(changes)('#53 is right about a key as soon as %s', async (_what, work, isSo) => {
    await find();
    await store.database.change(work);
    const held = await find();
    expect(held !== null && isSo(held)).toBe(true);
    queries();
    expect(await find()).toBe(held);
    expect(queries()).toBe(0);
  });

  it('keeps what a change is not about', async () => {
    const warm = await find();
    const other = await store.issueKey(accountId);
    await store.database.change((change) => store.keys.change(change, other.id, { name: 'x' }));
    await store.database.change((change) => store.services.put(change, 'crm', crm));
    expect(directory.find(key.secret.text)).toBe(warm);
  });

  describe('the first use of a secret', () => {
    const firstUse = async () =>
      (await store.database.read.findOneByOrFail(SecretEntity, { id: key.secret.id })).firstUsedAt;

    it('is recorded once, however many come at once', async () => {
      const held = (await find()) as HeldCredential;
      queries();
      const stood = await Promise.all(
        Array.from({ length: 20 }, () => directory.recordFirstUse(held)),
      );
      expect(new Set(stood)).toEqual(new Set([true]));
      expect(statements.filter((statement) => /^UPDATE/i.test(statement))).toHaveLength(1);
      const at = await firstUse();
      expect(at).toEqual(expect.any(Number));
      expect(await find()).toMatchObject({ used: true });
      store.sleep(1000);
      expect(await directory.recordFirstUse(held)).toBe(true);
      expect(await firstUse()).toBe(at);
    });

    it('loses against a cancellation that came before, and leaves no trace', async () => {
      const held = (await find()) as HeldCredential;
      const revoked = await store.database.change((change) =>
        store.rotations.revokeUnused(change, key.secret.id),
      );
      expect([revoked, await directory.recordFirstUse(held), await firstUse()]).toEqual([
        ...[true, false, null],
      ]);
    });

    it('wins against one that comes after', async () => {
      await directory.recordFirstUse((await find()) as HeldCredential);
      const revoked = await store.database.change((change) =>
        store.rotations.revokeUnused(change, key.secret.id),
      );
      expect(revoked).toBe(false);
    });

    it('and a cancellation at the same moment: exactly one of them wins', async () => {
      for (let i = 0; i < 20; i += 1) {
        const { secret } = await store.issueKey(accountId);
        const held = (await find(secret.text)) as HeldCredential;
        const cancel = () =>
          store.database.change((change) => store.rotations.revokeUnused(change, secret.id));
        const use = () => directory.recordFirstUse(held);
        const outcome = await Promise.all(i % 2 === 0 ? [cancel(), use()] : [use(), cancel()]);
        expect(outcome.toSorted()).toEqual([false, true]);
      }
    });
  });

  it('says that the store cannot be asked, and asks again the next time', async () => {
    const reading = store.reader.createQueryRunner.bind(store.reader);
    store.reader.createQueryRunner = () => {
      throw new Error('the database is gone');
    };
    await expect(find()).rejects.toThrow(StoreUnavailableError);
    store.reader.createQueryRunner = reading;
    expect(await find()).toMatchObject({ id: key.secret.id });
  });

  it('finds secrets under every pepper in force, and makes new ones under the first', async () => {
    const [pepper = { version: 1, key: Buffer.alloc(32) }] = store.peppers;
    const next = await openStore(home, {
      peppers: [{ version: 2, key: randomBytes(32) }, pepper],
      prefixes: ['acme', 'lk'],
    });
    const both = await next.makeDirectory();
    const made = await next.issueKey(accountId);
    expect(made.secret.text).toMatch(/^acme_prod_/);
    expect(await both.find(made.secret.text)).toMatchObject({ key: { id: made.id } });
    expect(await both.find(key.secret.text)).toMatchObject({ key: { id: key.id } });
    const row = await next.database.read.findOneByOrFail(SecretEntity, { id: made.secret.id });
    expect(row.pepperVersion).toBe(2);
    expect(await find(made.secret.text)).toBeNull();
    await next.close();
  });
});
