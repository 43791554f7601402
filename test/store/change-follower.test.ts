import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readRequestTarget } from '../../src/core/request-path.js';
import type { StaleSubject } from '../../src/store/database.js';
import { ApiKeyEntity } from '../../src/store/entities/api-key.entity.js';
import {
  onlyNotified,
  patient,
  startFollowing,
  type FollowingNode,
  type FollowingSettings,
} from '../support/following-node.js';
import { holdRead } from '../support/held-reads.js';
import { describeWithPostgres } from '../support/postgres.js';
import { makeDatabase, openStore, type TestDatabase, type TestStore } from '../support/store.js';
import { until } from '../support/until.js';

const crm = {
  ...{ upstream: 'http://127.0.0.1:9', mount: '/crm', open: true, stripMount: true },
  timeoutMs: 1000,
};

describeWithPostgres('a node that follows the changes of another', () => {
  let home: TestDatabase;
  let other: TestStore;
  let accountId: string;
  const nodes: FollowingNode[] = [];

  beforeEach(async () => {
    home = await makeDatabase('postgres');
    other = await openStore(home);
    await other.addScopes('contacts.read');
    accountId = (await other.openAccount()).id;
  });

  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.close();
    await other.close();
    await home.remove();
  });

  async function follow(settings: FollowingSettings): Promise<FollowingNode> {
    const node = await startFollowing(home, other, settings);
    nodes.push(node);
    return node;
  }

  const standing = async (node: FollowingNode, secret: string) =>
    (await node.directory.find(secret))?.key.standing;

  const setStanding = (store: TestStore, id: string, to: 'active' | 'suspended' | 'revoked') =>
    store.database.change((change) => store.keys.change(change, id, { standing: to }));

  it('#54 hears of a change by its notification alone', async () => {
    const key = await other.issueKey(accountId);
    const node = await follow(onlyNotified);
    expect(await standing(node, key.secret.text)).toBe('active');
    await setStanding(other, key.id, 'revoked');
    await until('revoked', async () => (await standing(node, key.secret.text)) === 'revoked');
  });

  it('#54 hears of changes of accounts, services, routes and legacy secrets too', async () => {
    const key = await other.issueKey(accountId);
    const node = await follow(patient);
    const at = (path: string) => node.catalog.resolve('GET', readRequestTarget(path).path);
    await node.directory.find(key.secret.text);
    await other.database.change((change) =>
      other.accounts.change(change, accountId, { suspended: true }),
    );
    await until('suspended', async () => {
      return (await node.directory.find(key.secret.text))?.account.suspended === true;
    });
    expect(at('/crm/contacts').service).toBeNull();
    const service = await other.database.change((change) => other.services.put(change, 'crm', crm));
    await until('the service', () => at('/crm/contacts').service?.id === service.id);
    expect(at('/crm/contacts').match.kind).toBe('unknown');
    const routes = [
      { method: 'GET', path: '/contacts', scopeSets: [['contacts.read']], public: false },
    ] as const;
    await other.database.change((change) =>
      other.services.replaceRoutes(change, service.id, routes),
    );
    await until('the route', () => at('/crm/contacts').match.kind === 'found');
    const legacy = 'legacy-secret-of-somewhere-else';
    expect(await node.directory.find(legacy)).toBeNull();
    await other.database.change((change) => other.secrets.adopt(change, key.id, legacy));
    await until('the legacy secret', async () => (await node.directory.find(legacy)) !== null);
  });

  it('finds a secret that it knew as unknown, once another node has made it', async () => {
    const node = await follow(patient);
    const { id } = await other.issueKey(accountId);
    const legacy = 'legacy-secret-that-is-there-already';
    await other.database.change((change) => other.secrets.adopt(change, id, legacy));
    await until('legacy secrets', async () => (await node.directory.find(legacy)) !== null);
    const made = 'legacy-secret-that-comes-to-be-now';
    expect(await node.directory.find(made)).toBeNull();
    await other.database.change((change) => other.secrets.adopt(change, id, made));
    await until('the new one', async () => (await node.directory.find(made)) !== null);
  });

  it('keeps what a change is not about, and asks nothing for it', async () => {
    const key = await other.issueKey(accountId);
    const another = await other.issueKey(accountId);
    const node = await follow(onlyNotified);
    const held = await node.directory.find(key.secret.text);
    const heard = node.heard.length;
    await setStanding(other, another.id, 'suspended');
    await until('heard', () => node.heard.length > heard);
    expect(node.directory.find(key.secret.text)).toBe(held);
  });

  it('ends with the last of two changes, whichever came last', async () => {
    const key = await other.issueKey(accountId);
    const node = await follow(onlyNotified);
    for (let i = 0; i < 20; i += 1) {
      const order =
        i % 2 === 0 ? (['suspended', 'active'] as const) : (['active', 'suspended'] as const);
      for (const to of order) {
        await setStanding(other, key.id, to);
        void node.directory.find(key.secret.text);
      }
      const last = order[1];
      await until(last, async () => (await standing(node, key.secret.text)) === last);
      expect(await other.database.read.findOneByOrFail(ApiKeyEntity, { id: key.id })).toMatchObject(
        {
          standing: last,
        },
      );
    }
  });

  it('applies its own change before the answer, and misses none of another that came before or after it', async () => {
    const node = await follow(onlyNotified);
    for (let i = 0; i < 20; i += 1) {
      const own = await other.issueKey(accountId);
      const theirs = await other.issueKey(accountId);
      await node.directory.find(own.secret.text);
      await node.directory.find(theirs.secret.text);
      const changes = [
        () => setStanding(other, theirs.id, 'revoked'),
        async () => {
          await setStanding(node, own.id, 'revoked');
          expect(await standing(node, own.secret.text)).toBe('revoked');
        },
      ];
      await Promise.all((i % 2 === 0 ? changes : changes.toReversed()).map((change) => change()));
      await until('theirs', async () => (await standing(node, theirs.secret.text)) === 'revoked');
      expect(await standing(node, own.secret.text)).toBe('revoked');
    }
  });

  it('hears of every one of many changes made by two nodes at once, each once and in their order', async () => {
    const third = await openStore(home, { peppers: other.peppers });
    const node = await follow(patient);
    const heard = node.heard.length;
    const made = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        (i % 2 === 0 ? other : third).database.change(async (change) => {
          await change.touch('key', `key_${change.revision}`);
          return `key_${change.revision}`;
        }),
      ),
    );
    await third.close();
    const told = () => (node.heard.slice(heard) as StaleSubject[][]).flat().map(({ id }) => id);
    await until('all of them', () => told().length >= made.length);
    const numberOf = (id: string): number => Number(id.slice('key_'.length));
    expect(told()).toEqual(made.toSorted((a, b) => numberOf(a) - numberOf(b)));
    // They came in several readings, between which others were being made.
    expect(node.heard.length).toBeGreaterThan(heard + 1);
  });

  it('is not told of a change that was only looked at', async () => {
    const node = await follow(onlyNotified);
    const heard = node.heard.length;
    await other.database.preview(true, (change) => change.touch('key', 'key_as_if'));
    await other.database.change((change) => change.touch('key', 'key_for_real'));
    await until('the real one', () => node.heard.length > heard);
    expect(node.heard.slice(heard)).toEqual([[{ subject: 'key', id: 'key_for_real' }]]);
  });

  // As many statements as a fill of a secret of a bound account takes; the test of the directory's own races counts them.
  it.each([1, 2, 3])(
    "#57 another node's revocation wins over a fill that it overtakes at statement %i",
    async (nth) => {
      await other.bindAccount(accountId);
      const key = await other.issueKey(accountId);
      const node = await follow(onlyNotified);
      const held = holdRead(node.reader, nth);
      const before = [standing(node, key.secret.text), standing(node, key.secret.text)];
      await held.reached;
      const heard = node.heard.length;
      await setStanding(other, key.id, 'revoked');
      await until('heard', () => node.heard.length > heard);
      const after = standing(node, key.secret.text);
      held.release();
      expect(await Promise.all([...before, after])).toEqual(['revoked', 'revoked', 'revoked']);
      expect(await standing(node, key.secret.text)).toBe('revoked');
    },
  );

  it('#57 and over one that is quicker than its notification', async () => {
    const key = await other.issueKey(accountId);
    const node = await follow(onlyNotified);
    const held = holdRead(node.reader, 2);
    const before = node.directory.find(key.secret.text);
    await held.reached;
    const revoked = setStanding(other, key.id, 'revoked');
    held.release();
    expect((await before)?.id).toBe(key.secret.id);
    await revoked;
    await until('revoked', async () => (await standing(node, key.secret.text)) === 'revoked');
  });
});
