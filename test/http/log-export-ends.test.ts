import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { failStatement } from '../support/failing-statements.js';
import {
  startTestLatchkey,
  type Answer,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { NewEvents } from '../support/new-events.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { openConnection } from '../support/raw-connection.js';
import {
  openAudited,
  putCalls,
  putCallsOf,
  rowsOf,
  type Audited,
} from '../support/reads-of-log.js';
import { describeOnEachDatabase } from '../support/store.js';
import { makeFolder } from '../support/swept-folder.js';
import { until } from '../support/until.js';

describeOnEachDatabase('an export of the request log', (kind) => {
  let nodes: Nodes;
  let latchkey: TestLatchkey;
  let ours: Audited;
  let log: string;
  let events: NewEvents;

  beforeAll(async () => {
    nodes = await startNodes(kind);
    latchkey = nodes.one;
  });

  afterAll(() => nodes?.remove());

  beforeEach(async () => {
    ours = await openAudited(latchkey);
    log = ours.log;
    events = new NewEvents(latchkey, ours.id);
    // The first use of a secret is a write of its own.
    await latchkey.call('GET', '/latchkey/v1/self', { secret: ours.secret });
    await events.skip();
  });

  const put = (count: number, fields: Json = {}): Promise<string[]> =>
    putCallsOf(latchkey, ours, count, fields);

  const take = (query = ''): Promise<Answer> =>
    latchkey.ask('GET', `${log}/export?door=gateway${query}`, { secret: ours.secret });

  const getRequest = (path: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ours.secret}\r\n\r\n`;

  describe('breaks off', () => {
    /** An export that is asked for and not read: what it can hand over waits in the two sockets. */
    const beginUnread = async () => {
      await put(3_000, { path: `/${'x'.repeat(8_000)}` });
      await events.skip();
      const connection = await openConnection(latchkey.managementUrl);
      connection.socket.pause();
      await connection.write(getRequest(`${log}/export?door=gateway`));
      let target: Json;
      await until('it begins', async () => {
        target = (await events.take())[0]?.target;
        return target !== undefined;
      });
      return { connection, id: target.id as string };
    };

    const ended = async (id: string): Promise<Json> => {
      let manifest: Json;
      await until('it ends', async () => {
        manifest = await latchkey.manage('GET', `${log}/exports/${id}`);
        return manifest.state !== 'running';
      });
      return manifest;
    };

    it('when its reader leaves: the reading ends, and what was handed over is on record', async () => {
      const { connection, id } = await beginUnread();
      expect(await latchkey.manage('GET', `${log}/exports/${id}`)).toMatchObject({
        state: 'running',
        rows: null,
        endedAt: null,
      });
      connection.reset();
      const manifest = await ended(id);
      expect(manifest).toMatchObject({ state: 'interrupted', next: expect.any(String) });
      expect(manifest.rows).toBeGreaterThan(0);
      expect(manifest.rows).toBeLessThan(3_000);
      const rest = await take(`&after=${manifest.next}`);
      expect(rowsOf(rest.text)).toHaveLength(3_000 - manifest.rows);
    });

    it('when its key is revoked', async () => {
      const { connection, id } = await beginUnread();
      await nodes.other.manage('POST', `/v1/accounts/${ours.id}/keys/${ours.key.id}/revoke`);
      connection.socket.resume();
      const text = await connection.untilClosed();
      expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
      const manifest = await ended(id);
      expect(manifest.state).toBe('interrupted');
      expect(manifest.rows).toBeLessThan(3_000);
    });

    it('not because of others: no more than four are under way for an account', async () => {
      const { connection } = await beginUnread();
      const others = await Promise.all(
        Array.from({ length: 3 }, () => openConnection(latchkey.managementUrl)),
      );
      for (const { socket, write } of others) {
        socket.pause();
        await write(getRequest(`${log}/export?door=gateway`));
        await until('it begins', async () => (await events.take()).length > 0);
      }
      const refused = await take();
      expect([refused.status, refused.json?.reason]).toEqual([429, 'TOO_MANY_STREAMS']);
      expect(await events.take()).toEqual([]);
      for (const { reset } of [connection, ...others]) reset();
      await until('there is room', async () => (await take('&ip=10.0.0.1')).status === 200);
    });
  });

  describe('when its events cannot be written', () => {
    it('begins not, or ends not well: no file without its record', async () => {
      await put(300);
      const writer = latchkey.app.get<DataSource>(getDataSourceToken());
      const seen = { refused: 0, brokenOff: 0 };
      for (let nth = 1; ; nth += 1) {
        await events.skip();
        const statement = failStatement(writer, nth);
        const answer = await take().catch(() => null);
        statement.end();
        if (!statement.failed) break;
        if (answer !== null) {
          expect([nth, answer.status, answer.json?.reason]).toEqual([nth, 500, 'INTERNAL']);
          expect(await events.take()).toEqual([]);
          seen.refused += 1;
          continue;
        }
        const actions: string[] = [];
        await until('its end is on record', async () => {
          actions.push(...(await events.take()).map(({ action }) => action));
          return actions.length === 2;
        });
        expect(actions).toEqual(['request_log.export_started', 'request_log.export_interrupted']);
        seen.brokenOff += 1;
      }
      expect(seen).toEqual({ refused: seen.brokenOff, brokenOff: expect.any(Number) });
      expect(seen.brokenOff).toBeGreaterThan(4);
    });
  });
});

it('an export that is under way when the server stops is on record as interrupted', async () => {
  const folder = makeFolder('export');
  const first = await startTestLatchkey({ TEST_FOLDER: folder });
  await putCalls(
    first,
    Array.from({ length: 3_000 }, () => ({ path: `/${'x'.repeat(8_000)}` })),
  );
  const connection = await openConnection(first.managementUrl);
  connection.socket.pause();
  const line = `GET /v1/request-log/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${first.operatorKey}\r\n\r\n`;
  await connection.write(line);
  const trail = async (latchkey: TestLatchkey): Promise<Json[]> => {
    const { json } = await latchkey.call('GET', '/latchkey/v1/self', { secret: first.operatorKey });
    const path = `/v1/accounts/${json.account.id}/audit-events?limit=2`;
    return (await latchkey.manage('GET', path)).results.map(({ action }: Json) => action);
  };
  await until('it begins', async () => (await trail(first))[0] === 'request_log.export_started');
  await first.close();
  const second = await startTestLatchkey({ TEST_FOLDER: folder });
  expect(await trail(second)).toEqual([
    'request_log.export_interrupted',
    'request_log.export_started',
  ]);
  await second.remove();
});
