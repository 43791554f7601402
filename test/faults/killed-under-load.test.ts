import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishCrm, type Crm } from '../support/crm.js';
import { send, type CallRow, type Json, type TestLatchkey } from '../support/latchkey.js';
import type { LatchkeyProcess } from '../support/latchkey-process.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';
import { WorkFolder } from '../support/work-folder.js';

jest.setTimeout(240_000);

const clients = 8;
const callsBeforeKill = 60;
const kills = 5;

/** What an installation owes to those who were answered, and to those who were about to be. */
describe('kill -9 under load', () => {
  let folder: WorkFolder;
  let upstream: RecordingUpstream;
  let process: LatchkeyProcess;
  let crm: Crm;

  beforeEach(async () => {
    upstream = await startUpstream();
    folder = new WorkFolder();
  });

  afterEach(async () => {
    await folder.remove();
    await upstream.close();
  });

  const manage = (method: string, path: string, body?: unknown): Promise<Json> =>
    folder.manage(process, method, path, body);

  async function start(environment: Record<string, string> = {}): Promise<void> {
    process = folder.run(environment);
    await process.running;
  }

  /** Runs it by several clients until the process is killed in the middle of it. What is then cut off is nobody's answer. */
  async function killWhile(work: (n: number) => Promise<void>, enough: () => boolean): Promise<void> {
    const kill = { done: false };
    let next = 0;
    const client = async (): Promise<void> => {
      while (!kill.done) {
        next += 1;
        await work(next).catch((error: unknown) => {
          if (!kill.done) throw error;
        });
      }
    };
    const running = Promise.all(Array.from({ length: clients }, client));
    while (!enough()) await Promise.race([sleep(2), running]);
    kill.done = true;
    await process.stop('SIGKILL');
    await running;
  }

  /** Every row of the gateway, page by page. */
  async function allRows(): Promise<CallRow[]> {
    const rows: CallRow[] = [];
    let after = '';
    for (;;) {
      const page = await manage('GET', `/v1/request-log?limit=500&door=gateway${after}`);
      rows.push(...page.results);
      if (page.paging.next === undefined) return rows;
      after = `&after=${encodeURIComponent(page.paging.next.after)}`;
    }
  }

  it.each(['durable', 'committed'])(
    '#66 %s: no answered call is missing, and no unsafe call reached the upstream without a row',
    async (mode) => {
      await start({ CALL_LOG_MODE: mode });
      crm = await publishCrm({ manage } as unknown as TestLatchkey, upstream.url);
      const scopes = ['contacts.read', 'contacts.write'];
      const { secret } = await crm.makeKey({ scopes });
      const answered: { id: string; status: number; method: string }[] = [];
      const call = async (n: number): Promise<void> => {
        const method = n % 2 === 0 ? 'GET' : 'POST';
        // One in ten is denied: that is an answer like the others.
        const path = n % 10 === 0 ? '/crm/orders' : '/crm/contacts';
        // It is answered once its headers are in: `send` would wait for the body, and the kill may come between.
        // oxlint-disable-next-line no-restricted-globals
        const answer = await fetch(process.urls().accessUrl + path, {
          method,
          headers: { authorization: `Bearer ${secret}` },
        });
        const id = answer.headers.get('x-correlation-id') as string;
        answered.push({ id, status: answer.status, method });
        await answer.arrayBuffer();
      };
      for (let kill = 0; kill < kills; kill += 1) {
        const enough = answered.length + callsBeforeKill;
        await killWhile(call, () => answered.length >= enough);
        await start({ CALL_LOG_MODE: mode });
      }
      const rows = await allRows();
      const byId = new Map(rows.map((row) => [row['id'], row]));
      expect(byId.size).toBe(rows.length);
      expect(answered.length).toBeGreaterThanOrEqual(kills * callsBeforeKill);
      expect(new Set(answered.map(({ status }) => status))).toEqual(new Set([200, 403]));
      for (const { id, status, method } of answered) {
        // What an unsafe call came to is completed behind its answer: the kill may have come between.
        const known = method === 'POST' && byId.get(id)?.['status'] === null ? null : status;
        expect([id, byId.get(id)?.['method'], byId.get(id)?.['status']]).toEqual([id, method, known]);
      }
      const unsafe = upstream.calls.filter(({ method }) => method === 'POST');
      expect(unsafe.length).toBeGreaterThan(kills);
      const withoutRow = unsafe.filter(({ headers }) => !byId.has(headers['x-correlation-id']));
      expect(withoutRow).toEqual([]);
    },
  );

  it('#48 a rotation is there with both its secrets, or not at all; an acknowledged one is there', async () => {
    await start();
    crm = await publishCrm({ manage } as unknown as TestLatchkey, upstream.url);
    const keys: Json[] = [];
    const opened = new Map<string, Json>();
    const rotate = async (): Promise<void> => {
      const key = await crm.makeKey();
      keys.push(key);
      const path = `/v1/accounts/${crm.accountId}/keys/${key.id}/rotations`;
      opened.set(key.id, await manage('POST', path, { graceSeconds: 3600 }));
    };
    for (let kill = 0; kill < kills; kill += 1) {
      const enough = opened.size + 10;
      await killWhile(rotate, () => opened.size >= enough);
      await start();
    }
    const self = async (secret: string): Promise<string> => {
      const { accessUrl } = process.urls();
      const { json } = await send(accessUrl, 'GET', '/latchkey/v1/self', { secret });
      return json.secret?.state;
    };
    for (const key of keys) {
      const shown = await manage('GET', `/v1/accounts/${crm.accountId}/keys/${key.id}`);
      const states = shown.secrets.map(({ state }: Json) => state);
      const rotation = opened.get(key.id);
      if (rotation !== undefined || shown.openRotation !== null) {
        expect([key.id, states]).toEqual([key.id, ['retiring', 'current']]);
        expect(await self(key.secret)).toBe('retiring');
      } else {
        expect([key.id, states]).toEqual([key.id, ['current']]);
        expect(await self(key.secret)).toBe('current');
      }
      if (rotation === undefined) continue;
      expect(shown.openRotation.id).toBe(rotation.id);
      expect(await self(rotation.secret)).toBe('current');
    }
    expect(opened.size).toBeGreaterThanOrEqual(10 * kills);
  });
}); // prettier-ignore
