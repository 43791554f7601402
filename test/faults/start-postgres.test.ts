import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { existsSync } from 'node:fs';
import { Client } from 'pg';
import { publishCrm } from '../support/crm.js';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';
import { describeWithPostgres, makePostgres, type TestPostgres } from '../support/postgres.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';
import { WorkFolder } from '../support/work-folder.js';

jest.setTimeout(90_000);

const pepper = Buffer.alloc(32, 'p').toString('base64url');
const sealing = Buffer.alloc(32, 's').toString('base64url');
const operatorKey = 'legacy-operator-key-0123456789-0123456789';

describeWithPostgres('Latchkey on PostgreSQL', () => {
  let postgres: TestPostgres;
  let upstream: RecordingUpstream;
  let folder: WorkFolder;
  const nodes: TestLatchkey[] = [];

  beforeEach(async () => {
    postgres = await makePostgres();
    upstream = await startUpstream();
    folder = new WorkFolder();
  });

  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.remove();
    await folder.remove();
    await upstream.close();
    await postgres.drop();
  });

  const environment = () => ({
    ...{ DATABASE_URL: postgres.url, KEY_PEPPER: pepper, SEALING_KEY: sealing },
    OPERATOR_KEY: operatorKey,
  });

  async function start(more: Record<string, string> = {}): Promise<TestLatchkey> {
    const node = await startTestLatchkey({ ...environment(), ...more });
    nodes.push(node);
    return node;
  }

  it('does all that it does: keys, calls, rows, rotations, the trail, and again after a restart', async () => {
    const first = await start();
    const crm = await publishCrm(first, upstream.url, {
      credential: { in: 'header', name: 'X-Upstream-Key', value: 'sesame-of-the-upstream' },
    });
    const key = await crm.makeKey({ name: '🗝️ Büro', description: '𝔘' });
    const self = await first.call('GET', '/latchkey/v1/self', { secret: key.secret });
    expect(self.json).toMatchObject({ key: { id: key.id, name: '🗝️ Büro' } });
    const called = await first.call('GET', `/crm/contacts/7?a=1&hapikey=${key.secret}`);
    expect(called.status).toBe(200);
    expect(upstream.calls[0]).toMatchObject({
      ...{ url: '/contacts/7?a=1', headers: { 'x-upstream-key': 'sesame-of-the-upstream' } },
    });
    const denied = await first.call('POST', '/crm/contacts', { secret: key.secret, body: {} });
    expect(denied.json).toMatchObject({ reason: 'SCOPE_MISSING' });
    const keys = `/v1/accounts/${crm.accountId}/keys`;
    const opened = await first.manage('POST', `${keys}/${key.id}/rotations`, { graceSeconds: 60 });
    for (const secret of [key.secret, opened.secret]) {
      expect((await first.call('GET', '/crm/contacts', { secret })).status).toBe(200);
    }
    const rows = await first.rows(`&keyId=${key.id}`);
    expect(rows.map(({ path, status, reason }) => [path, status, reason])).toEqual([
      ['/crm/contacts', 200, null],
      ['/crm/contacts', 200, null],
      ['/crm/contacts', 403, 'SCOPE_MISSING'],
      ['/crm/contacts/7', 200, null],
      ['/latchkey/v1/self', 200, null],
    ]);
    const rotation = await first.manage('GET', `${keys}/${key.id}/rotations/${opened.id}`);
    expect(rotation).toMatchObject({
      ...{ state: 'open', retiring: { calls: 1 }, replacing: { calls: 1 } },
    });
    const listed = await first.manage('GET', `${keys}?q=%F0%9F%97%9D&scope=contacts.read`);
    expect(listed.results).toMatchObject([{ id: key.id, description: '𝔘' }]);
    const { results: events } = await first.manage(
      ...(['GET', `/v1/accounts/${crm.accountId}/audit-events`] as const),
    );
    expect(events.map(({ action }: { action: string }) => action)).toEqual([
      ...['rotation.opened', 'key.created', 'account.created'],
    ]);
    await first.close();

    const second = await start({ OPERATOR_KEY: operatorKey });
    expect((await second.call('GET', '/crm/contacts', { secret: opened.secret })).status).toBe(200);
    const again = await second.rows(`&keyId=${key.id}`);
    expect(again.slice(1)).toEqual(rows);
    expect(again[0]?.['nodeId']).not.toBe(rows[0]?.['nodeId']);
  });

  it('goes on after the server has ended all its connections', async () => {
    const node = await start();
    const crm = await publishCrm(node, upstream.url);
    const [known, fresh] = [await crm.makeKey(), await crm.makeKey()];
    const get = (secret: string) => node.call('GET', '/crm/contacts', { secret });
    expect((await get(known.secret)).status).toBe(200);
    await postgres.disconnectAll();
    // The log's own connection is gone as well, so calls may be refused until it is back; none is let through unlogged.
    const statuses: number[] = [];
    for (let i = 0; i < 200 && statuses.at(-1) !== 200; i += 1) {
      statuses.push((await get(fresh.secret)).status);
      if (statuses.at(-1) !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(statuses.at(-1)).toBe(200);
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set(statuses.length > 1 ? [503] : []));
    expect((await get(known.secret)).status).toBe(200);
    await node.manage('PATCH', `/v1/accounts/${crm.accountId}/keys/${known.id}`, { name: 'New' });
    const allowed = (await node.rows('&decision=allowed&door=gateway')).length;
    expect(allowed).toBe(upstream.calls.length);
  });

  it('is begun once by nodes that start together', async () => {
    const started = await Promise.all(Array.from({ length: 3 }, () => start()));
    // Each writes rows under a number of its own.
    for (const node of started) await node.call('GET', '/nowhere');
    const client = new Client(postgres.url);
    await client.connect();
    const counts = await client.query(
      `SELECT (SELECT count(*)::int FROM account) AS accounts, (SELECT count(*)::int FROM secret) AS secrets,
         (SELECT count(DISTINCT node_id)::int FROM call_log.call) AS nodes`,
    );
    await client.end();
    expect(counts.rows).toEqual([{ accounts: 1, secrets: 1, nodes: 3 }]);
  });

  it.each(['KEY_PEPPER', 'SEALING_KEY'])('needs %s, the right one', async (variable) => {
    await expect(start({ [variable]: '' })).rejects.toThrow(
      `${variable} is not set: with postgres:// it takes 32 random bytes in base64url`,
    );
    await start();
    const wrong = Buffer.alloc(32, 'w').toString('base64url');
    await expect(start({ [variable]: wrong })).rejects.toThrow(
      `${variable} version 1 is not the key this database was used with.`,
    );
  });

  it('as a process: makes the key of the operator in its own folder, and no other file', async () => {
    const { OPERATOR_KEY: _unset, ...given } = environment();
    const process = folder.run(given);
    await process.running;
    expect(await folder.manage(process, 'GET', '/v1/accounts')).toMatchObject({
      results: [{ isOperator: true }],
    });
    expect(existsSync(`${folder.path}/data/pepper.key`)).toBe(false);
    expect([await process.stop(), process.stderr()]).toEqual([0, '']);
  });
});
