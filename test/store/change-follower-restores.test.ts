import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Client } from 'pg';
import {
  onlyNotified,
  patient,
  startFollowing,
  type FollowingNode,
  type FollowingSettings,
} from '../support/following-node.js';
import { describeWithPostgres } from '../support/postgres.js';
import { makeDatabase, openStore, type TestDatabase, type TestStore } from '../support/store.js';
import { until } from '../support/until.js';

describeWithPostgres('#58 a node that cannot know what it missed forgets everything', () => {
  let home: TestDatabase;
  let other: TestStore;
  let node: FollowingNode | undefined;
  let key: { id: string; secret: { id: string; text: string } };

  beforeEach(async () => {
    home = await makeDatabase('postgres');
    other = await openStore(home);
    key = await other.issueKey((await other.openAccount()).id);
    // So that there is a history to lose.
    for (let i = 0; i < 5; i += 1) await other.openAccount();
  });

  afterEach(async () => {
    await node?.close();
    await other.close();
    await home.remove();
  });

  async function follow(settings: FollowingSettings): Promise<FollowingNode> {
    node = await startFollowing(home, other, settings);
    expect((await node.directory.find(key.secret.text))?.key.standing).toBe('active');
    return node;
  }

  const untilRevoked = ({ directory }: FollowingNode) =>
    until('revoked', async () => {
      return (await directory.find(key.secret.text))?.key.standing === 'revoked';
    });

  const sqlRevoke = `UPDATE api_key SET standing = 'revoked' WHERE id = '{key}'`;
  const takeBack = 'UPDATE access_revision SET revision = 2';
  const goOn = (by: number) => `UPDATE access_revision SET revision = revision + ${by}`;
  const clearLater = 'DELETE FROM access_change WHERE revision > 2';
  const clear = 'DELETE FROM access_change';
  const recent = `INSERT INTO access_change SELECT revision, 'key', 'another', 0 FROM access_revision`;

  const histories: [string, string[]][] = [
    ['the number went back', [sqlRevoke, takeBack, clearLater]],
    ['the number went back and nothing is on record', [sqlRevoke, takeBack, clear]],
    ['what it needs is pruned', [sqlRevoke, goOn(1), clear]],
    ['what it needs is pruned and newer rows are there', [sqlRevoke, goOn(2), clear, recent]],
  ];
  it.each(histories)('when %s', async (_what, statements) => {
    const { heard } = await follow(patient);
    const before = heard.length;
    await other.writer.transaction(async (manager) => {
      for (const statement of statements) await manager.query(statement.replace('{key}', key.id));
    });
    await untilRevoked(node as FollowingNode);
    expect(heard.slice(before)).toEqual(['everything']);
    // And it follows from there.
    const account = await other.openAccount();
    await until('the next', () => heard.length > before + 1);
    expect(heard.slice(before + 1)).toEqual([[{ subject: 'account', id: account.id }]]);
  });

  it('but not when a pruned change is one that it has applied', async () => {
    const { heard } = await follow(onlyNotified);
    const before = heard.length;
    await other.writer.query(
      'DELETE FROM access_change WHERE revision < (SELECT max(revision) FROM access_change)',
    );
    const account = await other.openAccount();
    await until('the next', () => heard.length > before);
    expect(heard.slice(before)).toEqual([[{ subject: 'account', id: account.id }]]);
  });

  it('when another database stands in the place of its own, at the very same number', async () => {
    const { heard } = await follow(patient);
    const before = heard.length;
    await other.close();
    const name = new URL(home.url).pathname.slice(1);
    await asServer(home.url, async (client) => {
      await client.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
      await home.postgres?.disconnectAll();
      await client.query(`CREATE DATABASE ${name}_restored TEMPLATE ${name}`);
    });
    const restored = new URL(home.url);
    restored.pathname = `/${name}_restored`;
    const client = new Client(restored.href);
    await client.connect();
    await client.query(sqlRevoke.replace('{key}', key.id));
    await client.end();
    await asServer(home.url, async (server) => {
      await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await server.query(`ALTER DATABASE ${name}_restored RENAME TO ${name}`);
    });
    await until('the other one', () => heard.length > before);
    expect(heard.slice(before)).toEqual(['everything']);
    await untilRevoked(node as FollowingNode);
    other = await openStore(home, { peppers: other.peppers });
  });
});

async function asServer(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const server = new URL(url);
  server.pathname = '/postgres';
  const client = new Client(server.href);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
