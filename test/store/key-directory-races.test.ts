import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { HeldCredential } from '../../src/core/ports.js';
import { newSecret } from '../../src/core/secret-format.js';
import { SecretEntity } from '../../src/store/entities/secret.entity.js';
import type { CachedKeyDirectory } from '../../src/store/key-directory.js';
import { holdRead } from '../support/held-reads.js';
import { statementsOf } from '../support/statements.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

describeOnEachDatabase('#57 a change that races a fill of the key directory', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let directory: CachedKeyDirectory;
  let accountId: string;
  let key: { id: string; secret: { id: string; text: string } };

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    await store.addScopes('contacts.read');
    accountId = (await store.openAccount()).id;
    await store.bindAccount(accountId);
  });

  let directories = 0;

  beforeEach(async () => {
    directory = await store.makeDirectory();
    directories += 1;
    key = await store.issueKey(accountId, { scopes: ['contacts.read'] });
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  const find = async () => directory.find(key.secret.text);
  const revoke = () =>
    store.database.change((change) => store.keys.change(change, key.id, { standing: 'revoked' }));

  // As many statements as a fill of a secret of a bound account takes; the next test counts them.
  const statementsPerFill = 3;
  const places = Array.from({ length: statementsPerFill }, (_, i) => i + 1);

  it('is tried at every statement of a fill', async () => {
    const statements = statementsOf(store.reader);
    await find();
    expect(statements).toHaveLength(statementsPerFill);
  });

  it.each(places)('wins, whoever was waiting, when it comes at statement %i', async (nth) => {
    const held = holdRead(store.reader, nth);
    const before = [find(), find()];
    await held.reached;
    await revoke();
    const after = find();
    held.release();
    const found = await Promise.all([...before, after]);
    expect(found.map((credential) => credential?.key.standing)).toEqual([
      ...['revoked', 'revoked', 'revoked'],
    ]);
    expect((await find())?.key.standing).toBe('revoked');
  });

  it('is not made to wait by those who asked before it', async () => {
    const held = holdRead(store.reader, 1);
    const before = find();
    await held.reached;
    await revoke();
    // Whoever comes after the change asks anew; only the first statement of the one before is held.
    expect((await find())?.key.standing).toBe('revoked');
    held.release();
    expect((await before)?.key.standing).toBe('revoked');
    expect((await find())?.key.standing).toBe('revoked');
  });

  it('makes a secret known that was just being looked for in vain', async () => {
    const text = newSecret('lk', 'production');
    const held = holdRead(store.reader, 1);
    const looking = directory.find(text);
    await held.reached;
    const { id } = await store.issueKey(accountId);
    await store.database.change(async (change) => {
      const { id: secretId } = await store.secrets.adopt(change, id, text);
      await change.manager.update(SecretEntity, { id: secretId }, { format: 'ours' });
    });
    held.release();
    expect(await looking).toMatchObject({ key: { id } });
    expect(await directory.find(text)).toMatchObject({ key: { id } });
  });

  it('brings the first legacy secret, whoever was still looking for one', async () => {
    // Each of the directories looks, this one last.
    const held = holdRead(store.reader, directories, (statement) =>
      /legacy|format/.test(statement),
    );
    const looking = store.database.forget('everything', 1);
    await held.reached;
    const legacy = 'legacy-secret-that-comes-meanwhile';
    await store.database.change((change) => store.secrets.adopt(change, key.id, legacy));
    held.release();
    await looking;
    expect(await directory.find(legacy)).toMatchObject({ key: { id: key.id } });
  });

  it('loses nothing of a first use that was recorded meanwhile', async () => {
    const first = (await find()) as HeldCredential;
    const other = await store.makeDirectory();
    const held = holdRead(store.reader, 1);
    const filling = other.find(key.secret.text);
    await held.reached;
    expect(await directory.recordFirstUse(first)).toBe(true);
    held.release();
    // It may say "unused" once; then the record is asked for again, and it knows.
    const stale = (await filling) as HeldCredential;
    expect(await other.recordFirstUse(stale)).toBe(true);
    expect(await other.find(key.secret.text)).toMatchObject({ used: true });
  });
});
