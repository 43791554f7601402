import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChainPlace } from '../../src/core/audit-chain.js';
import type { ChainBreak } from '../../src/core/audit-chain-walk.js';
import { AuditChainsStore } from '../../src/store/audit-chains.store.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const actor = { kind: 'key', id: 'key_1', name: 'Büro "x"' } as const;
const long = 5_000;

describeOnEachDatabase('the audit chain, checked', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let accountId: string;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  beforeEach(async () => {
    accountId = (await store.openAccount()).id;
    await append(5);
  });

  async function append(count: number, id = accountId): Promise<void> {
    await store.database.change(async (change) => {
      for (let i = 0; i < count; i += 1)
        await store.audit.append(change, {
          ...{ accountId: id, action: 'key.changed', actor, callerIp: '192.0.2.1' },
          ...{ target: { type: 'key', id: 'key_2' }, before: { n: i }, after: { n: i + 1 } },
        });
    });
  }

  /** As somebody who has the database and no key. @param where beside the account */
  const tamper = (statement: string, where?: string) =>
    store.writer.query(
      `${statement} WHERE account_id = '${accountId}'${where === undefined ? '' : ` AND ${where}`}`,
    );
  const breakOf = async (keptHead: ChainPlace | null = null): Promise<ChainBreak | null> =>
    (await store.chains.check(accountId, { keptHead })).break;
  const eventId = async (seq: number): Promise<string> =>
    (await store.audit.list(accountId, 1, seq + 1))[0]?.id ?? '';

  it('holds, and is told of with its ends', async () => {
    const events = (await store.audit.list(accountId, 10, null)).toReversed();
    const [first, last] = [events[0], events.at(-1)];
    expect(await store.chains.check(accountId)).toEqual({
      events: 5,
      first: { seq: 1, at: first?.at },
      last: { seq: 5, at: last?.at, digest: last?.digest },
      head: { seq: 5, digest: last?.digest },
      keptHeadIsPruned: false,
      break: null,
    });
    expect(await store.chains.head(accountId)).toEqual({
      ...{ accountId, seq: 5, digest: last?.digest, at: last?.at },
    });
  });

  describe('where an event was edited', () => {
    const columns: Readonly<Record<string, string>> = {
      id: "'evt_another'",
      at: 'at + 1',
      action: "'key.created'",
      actor: "REPLACE(actor, 'key_1', 'key_9')",
      caller_ip: 'NULL',
      target_type: "'account'",
      target_id: "'key_3'",
      before: 'NULL',
      after: `'{"n":30}'`,
      previous_digest: "'AAAA'",
      digest: "'AAAA'",
    };
    it.each(Object.entries(columns))('in %s, it is named', async (column, value) => {
      await tamper(`UPDATE audit_event SET ${column} = ${value}`, 'seq = 3');
      expect(await breakOf()).toEqual({ fault: 'altered', seq: 3, eventId: await eventId(3) });
    });

    it('and every column of the table is one of those, or the number, or the account', async () => {
      const [row] = await store.reader.query('SELECT * FROM audit_event LIMIT 1');
      expect(Object.keys(row).sort()).toEqual(
        [...Object.keys(columns), 'seq', 'account_id'].sort(),
      );
    });

    it('into what cannot be read, it is named', async () => {
      const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
      for (const text of ['{', 'null', '"{}"', deep]) {
        await tamper(`UPDATE audit_event SET after = '${text}'`, 'seq = 4');
        expect(await breakOf()).toMatchObject({ fault: 'altered', seq: 4 });
      }
    });

    it('the last one of all', async () => {
      await tamper('UPDATE audit_event SET at = at - 1', 'seq = 5');
      expect(await breakOf()).toMatchObject({ fault: 'altered', seq: 5 });
    });

    it('into another account, it is missing here, and is no part of that one', async () => {
      const other = (await store.openAccount()).id;
      await tamper(`UPDATE audit_event SET account_id = '${other}'`, 'seq = 1');
      expect(await breakOf()).toEqual({ fault: 'missing', seq: 1, toSeq: 1 });
      const found = await store.chains.check(other);
      expect(found.break).toMatchObject({ fault: 'altered', seq: 1 });
    });
  });

  it.each<[what: string, where: string, found: ChainBreak]>([
    ['the first', 'seq = 1', { fault: 'missing', seq: 1, toSeq: 1 }],
    ['one in the middle', 'seq = 3', { fault: 'missing', seq: 3, toSeq: 3 }],
    ['several', 'seq IN (2, 3)', { fault: 'missing', seq: 2, toSeq: 3 }],
    ['the last', 'seq = 5', { fault: 'cut_off', seq: 5, toSeq: 5 }],
    ['all', 'seq > 0', { fault: 'cut_off', seq: 1, toSeq: 5 }],
  ])('tells that %s was deleted', async (_what, where, found) => {
    await tamper('DELETE FROM audit_event', where);
    expect(await breakOf()).toEqual(found);
  });

  it('tells that the head is gone, or says something else', async () => {
    await tamper('UPDATE audit_head SET seq = 4');
    expect(await breakOf()).toEqual({ fault: 'head_altered', seq: 4 });
    await tamper("UPDATE audit_head SET seq = 5, digest = 'AAAA'");
    expect(await breakOf()).toEqual({ fault: 'head_altered', seq: 5 });
    await tamper('DELETE FROM audit_head');
    expect(await breakOf()).toEqual({ fault: 'head_missing', seq: 5 });
  });

  it('an end that was cut off together with its head is found by a head that was kept elsewhere', async () => {
    const kept = await store.chains.head(accountId);
    const [, fourth] = await store.audit.list(accountId, 2, null);
    await tamper('DELETE FROM audit_event', 'seq = 5');
    await tamper(`UPDATE audit_head SET seq = 4, digest = '${fourth?.digest}'`);
    expect(await breakOf()).toBeNull();
    expect(await breakOf(kept)).toEqual({ fault: 'cut_off', seq: 5, toSeq: 5 });
    // What was written in its place holds by itself as well.
    await append(3);
    expect(await breakOf()).toBeNull();
    expect(await breakOf(kept)).toEqual({
      ...{ fault: 'rewritten', seq: 5, eventId: await eventId(5) },
    });
  });

  it('a head that was kept fits a chain that has only grown', async () => {
    const kept = await store.chains.head(accountId);
    await append(7);
    expect(await breakOf(kept)).toBeNull();
  });

  it('two that changed places, or one that stands in the place of another', async () => {
    const [second, fourth] = [await eventId(2), await eventId(4)];
    await tamper('UPDATE audit_event SET seq = -seq', 'seq IN (2, 4)');
    await tamper('UPDATE audit_event SET seq = 6 + seq', 'seq < 0');
    expect(await breakOf()).toEqual({ fault: 'moved', seq: 2, eventId: fourth, writtenAs: 4 });
    await store.writer.query(`DELETE FROM audit_event WHERE id = '${second}'`);
    await tamper('UPDATE audit_event SET seq = 4', 'seq = 5');
    expect(await breakOf()).toMatchObject({ seq: 2, writtenAs: 4 });
  });

  it('one that was put in between, whether or not it makes room for itself', async () => {
    await tamper('UPDATE audit_event SET seq = -seq', 'seq > 2');
    await tamper('UPDATE audit_event SET seq = 1 - seq', 'seq < 0');
    const columns = `account_id, at, action, actor, caller_ip, target_type, target_id, before, after, previous_digest`;
    await store.writer.query(
      `INSERT INTO audit_event (id, seq, ${columns}, digest)
       SELECT 'evt_x${accountId}', 3, ${columns}, digest FROM audit_event WHERE account_id = '${accountId}' AND seq = 2`,
    );
    expect(await breakOf()).toMatchObject({ seq: 3, eventId: `evt_x${accountId}` });
  });

  it('a chain that was made with another key, from where that begins', async () => {
    const stranger = new AuditChainsStore(store.reader, Buffer.alloc(32, 'another'));
    const found = await stranger.check(accountId);
    expect(found.break).toEqual({
      ...{ fault: 'foreign', seq: 1, toSeq: 5, eventId: await eventId(1) },
    });
  });

  it(`holds at ${long} events, in flat memory, and tells how far it is`, async () => {
    for (let i = 0; i < long; i += 250) await append(250);
    const told: number[] = [];
    let peak = 0;
    const before = process.memoryUsage().heapUsed;
    const found = await store.chains.check(accountId, {
      onProgress: (events, of) => {
        expect(of).toBe(long + 5);
        told.push(events);
        peak = Math.max(peak, process.memoryUsage().heapUsed - before);
      },
    });
    expect([found.break, found.events, told.at(-1)]).toEqual([null, long + 5, long + 5]);
    expect(told.length).toBeGreaterThan(long / 200);
    // The events alone are some 3 MB; what the collector has not come to yet is more.
    expect(peak).toBeLessThan(64 * 1024 * 1024);
    await tamper('UPDATE audit_event SET at = at + 1', `seq = ${long - 7}`);
    expect(await breakOf()).toMatchObject({ fault: 'altered', seq: long - 7 });
  });

  it('holds while others write', async () => {
    const writing = { on: true };
    const writer = (async () => {
      while (writing.on) {
        await append(1);
        await sleep(1);
      }
    })();
    for (let look = 0; look < 30; look += 1) expect(await breakOf()).toBeNull();
    writing.on = false;
    await writer;
  });

  it('lists accounts and heads in one order, page by page', async () => {
    const accounts: string[] = [];
    const heads: string[] = [];
    for (let after = ''; ;) {
      const page = await store.chains.accountIds(2, after);
      accounts.push(...page);
      if (page.length < 2) break;
      after = page[1] ?? '';
    }
    for (let after = ''; ;) {
      const page = await store.chains.heads(2, after);
      heads.push(...page.map((head) => head.accountId));
      if (page.length < 2) break;
      after = page[1]?.accountId ?? '';
    }
    expect(accounts).toEqual([...new Set(accounts)].sort());
    expect(heads).toEqual(accounts.filter((id) => heads.includes(id)));
    expect(heads).toContain(accountId);
    const [head] = await store.chains.heads(1, heads.at(-2) ?? '');
    expect(head).toEqual(await store.chains.head(heads.at(-1) ?? ''));
  });
});
