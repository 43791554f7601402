import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOfSecret } from '../../src/core/secret-digest.js';
import { hasValidChecksum, type Environment } from '../../src/core/secret-format.js';
import {
  cancelRotation,
  finishRotation,
  moveGraceEnd,
  openRotation,
} from '../../src/core/rotation.js';
import type { Rotation, RotationStep } from '../../src/core/rotation.js';
import type { RotationEntity } from '../../src/store/entities/rotation.entity.js';
import { SecretEntity } from '../../src/store/entities/secret.entity.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  wholeDatabase,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

describeOnEachDatabase('secrets and rotations', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let accountId: string;
  let key: { id: string; secret: { id: string; text: string } };

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    accountId = (await store.openAccount()).id;
  });

  beforeEach(async () => {
    key = await store.issueKey(accountId);
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  const secretRow = (id: string) => store.database.read.findOneByOrFail(SecretEntity, { id });
  const record = async () => {
    const found = await store.keys.find(accountId, key.id);
    if (found === null) throw new Error('The key is gone.');
    return found;
  };

  it.each([
    ['production', 'lk_prod_'],
    ['staging', 'lk_stg_'],
    ['qa', 'lk_qa_'],
    ['development', 'lk_dev_'],
  ] as [Environment, string][])(
    'a secret of %s begins with %s and is kept as its digest',
    async (environment, head) => {
      const { id, secret } = await store.issueKey(accountId, { environment });
      expect(secret.text.startsWith(head)).toBe(true);
      expect(hasValidChecksum(secret.text)).toBe(true);
      const [pepper] = store.peppers;
      if (pepper === undefined) throw new Error('There is a pepper.');
      const row = await secretRow(secret.id);
      expect({ ...row }).toEqual({
        ...{ id: secret.id, keyId: id, format: 'ours', digestAlgorithm: 'hmac-sha256' },
        ...{ digest: digestOfSecret(secret.text, pepper), pepperVersion: 1 },
        ...{ start: secret.text.slice(0, head.length + 4), createdAt: row.createdAt, endsAt: null },
        ...{ revokedAt: null, rotationId: null, firstUsedAt: null },
      });
      const everything = JSON.stringify(await wholeDatabase(store));
      expect(everything).toContain(row.start);
      expect(everything).not.toContain(secret.text.slice(head.length, -6));
    },
  );

  it('takes a legacy secret, and shows four characters of it', async () => {
    const text = 'c0ffee00-1234-5678-9abc-def012345678';
    const { id } = await store.database.change((change) =>
      store.secrets.adopt(change, key.id, text),
    );
    expect(await secretRow(id)).toMatchObject({ format: 'legacy', start: 'c0ff' });
    const again = store.database.change((change) => store.secrets.adopt(change, key.id, text));
    await expect(again).rejects.toThrow(/constraint/i);
  });

  const open = (graceSeconds = 60) =>
    store.database.change(async (change) => {
      const opened = await store.rotations.open(
        change,
        { id: key.id, environment: 'qa' },
        key.secret.id,
        taken(openRotation(change.now, { grace: { seconds: graceSeconds } })),
        'key_opener',
      );
      return { ...opened, now: change.now, revision: change.revision };
    });
  const save = (before: RotationEntity, step: (now: number) => RotationStep<string>) =>
    store.database.change(async (change) => {
      await store.rotations.save(change, before, taken(step(change.now)));
      return change;
    });

  describe('a rotation', () => {
    it('gives a second secret, and the first its end', async () => {
      const { id, secret, now, revision } = await open();
      const { openRotation: rotation, secrets, key: changed } = await record();
      expect({ ...rotation }).toEqual({
        ...{ id, keyId: key.id, standing: 'open', startedAt: now, graceEndsAt: now + 60_000 },
        ...{
          endedAt: null,
          retiringSecretId: key.secret.id,
          replacingSecretId: secret.id,
          brownouts: [],
        },
        openedBy: 'key_opener',
      });
      expect(secrets.map((row) => row.id).sort()).toEqual([key.secret.id, secret.id].sort());
      expect(await secretRow(key.secret.id)).toMatchObject({
        ...{ endsAt: now + 60_000, rotationId: id, revokedAt: null },
      });
      expect(await secretRow(secret.id)).toMatchObject({ endsAt: null, rotationId: null });
      expect(changed.revision).toBe(revision);
      expect(await store.rotations.find(key.id, id)).toEqual(rotation);
      expect(await store.rotations.find('key_other', id)).toBeNull();
    });

    it('#46 is one at a time: of ten opened at once, one is', async () => {
      const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => open()));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await record()).secrets).toHaveLength(2);
      expect(await store.rotations.list(key.id, 10)).toHaveLength(1);
    });

    it('#48 is all or nothing', async () => {
      const before = await wholeDatabase(store);
      const failing = store.database.change(async (change) => {
        const { id } = key;
        await store.rotations.open(
          ...([change, { id, environment: 'qa' }, key.secret.id] as const),
          ...([taken(openRotation(change.now, { grace: { seconds: 60 } })), null] as const),
        );
        throw new Error('the power went');
      });
      await expect(failing).rejects.toThrow('the power went');
      expect(await wholeDatabase(store)).toEqual(before);
    });

    const steps: [string, (r: Rotation, now: number) => RotationStep, object, object, object][] = [
      [
        'finished: the first secret ends now',
        finishRotation,
        { standing: 'finished', endedAt: expect.any(Number) },
        { endsAt: expect.any(Number), rotationId: expect.stringMatching(/^rot_/) },
        { revokedAt: null },
      ],
      [
        'cancelled: the first secret stays, the second ends',
        (rotation, now) => cancelRotation(rotation, now, { replacingUsed: false, force: false }),
        { standing: 'cancelled', endedAt: expect.any(Number) },
        { endsAt: null, rotationId: null, revokedAt: null },
        { revokedAt: expect.any(Number) },
      ],
      [
        'extended: the first secret ends later',
        (rotation, now) => moveGraceEnd(rotation, now, rotation.startedAt + 120_000),
        { standing: 'open', endedAt: null },
        { rotationId: expect.stringMatching(/^rot_/) },
        { revokedAt: null },
      ],
    ];
    it.each(steps)(
      '#69 is %s, and nothing else changes',
      async (_what, step, rotation, old, fresh) => {
        await open();
        const other = await store.issueKey(accountId);
        const { openRotation: before } = await record();
        if (before === null) throw new Error('It is open.');
        const tables = await wholeDatabase(store);
        await save(before, (now) => step(before, now));
        const after = await store.rotations.find(key.id, before.id);
        expect(after).toMatchObject(rotation);
        expect(await secretRow(before.retiringSecretId)).toMatchObject(old);
        expect(await secretRow(before.replacingSecretId)).toMatchObject(fresh);
        const now = await wholeDatabase(store);
        const others = (all: typeof now) => ({
          ...{ ...all, access_change: [], access_revision: [] },
          api_key: all['api_key']?.filter((row) => row['id'] !== key.id),
          rotation: all['rotation']?.filter((row) => row['id'] !== before.id),
          secret: all['secret']?.filter((row) => row['key_id'] !== key.id),
        });
        expect(others(now)).toEqual(others(tables));
        expect((await store.keys.find(accountId, other.id))?.openRotation).toBeNull();
      },
    );

    it('is written down as expired from the very millisecond its grace is over', async () => {
      await open();
      const graceEndsAt = (await record()).openRotation?.graceEndsAt ?? 0;
      const writeDown = (now: number) =>
        store.database.change((change) =>
          store.rotations.writeDownExpired({ ...change, manager: change.manager, now }, key.id),
        );
      await writeDown(graceEndsAt - 1);
      expect((await record()).openRotation).not.toBeNull();
      await writeDown(graceEndsAt);
      expect((await record()).openRotation).toBeNull();
      expect(await store.rotations.list(key.id, 10)).toMatchObject([
        { standing: 'expired', endedAt: null },
      ]);
    });

    it('makes room for the next once it has ended; the newest is listed first', async () => {
      const first = await open(0);
      store.sleep(1);
      await store.database.change((change) => store.rotations.writeDownExpired(change, key.id));
      key = { ...key, secret: first.secret };
      const second = await open();
      const listed = await store.rotations.list(key.id, 10);
      expect(listed.map(({ id }) => id)).toEqual([second.id, first.id]);
      expect(await store.rotations.list(key.id, 1)).toHaveLength(1);
    });

    it('#47 ends with its key', async () => {
      const { id } = await open();
      await store.database.change((change) => store.rotations.endWithKey(change, key.id));
      expect(await store.rotations.find(key.id, id)).toMatchObject({
        ...{ standing: 'finished', endedAt: expect.any(Number) },
      });
      await store.database.change((change) => store.rotations.endWithKey(change, 'key_none'));
    });

    it('#98 gives another second secret in the place of a lost one, as long as that was unused', async () => {
      const { id, secret } = await open();
      const rotation = (await record()).openRotation as RotationEntity;
      const owner = { id: key.id, environment: 'qa' } as const;
      const reissue = (from: RotationEntity) =>
        store.database.change((change) => store.rotations.reissue(change, owner, from));
      const issued = await reissue(rotation);
      expect(issued).toMatchObject({ text: expect.stringMatching(/^lk_qa_/) });
      expect(await secretRow(secret.id)).toMatchObject({ revokedAt: expect.any(Number) });
      const now = (await store.rotations.find(key.id, id)) as RotationEntity;
      expect(now).toMatchObject({ standing: 'open', replacingSecretId: issued?.id });
      const directory = await store.makeDirectory();
      const held = await directory.find(issued?.text ?? '');
      expect(held !== null && (await directory.recordFirstUse(held))).toBe(true);
      expect(await reissue(now)).toBeNull();
      expect(await secretRow(issued?.id ?? '')).toMatchObject({ revokedAt: null });
    });
  });
});

function taken(step: RotationStep<string>): Rotation {
  if (!step.ok) throw new Error(step.why);
  return step.rotation;
}
