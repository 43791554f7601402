import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { Database as SqliteHandle } from 'better-sqlite3';
import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { startBreakingNetwork, type BreakingNetwork } from '../support/breaking-network.js';
import { expectEnvelope } from '../support/denials.js';
import { startFrozenNetwork } from '../support/frozen-network.js';
import {
  startTestLatchkey,
  type Answer,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';
import { describeWithPostgres, makePostgres, type TestPostgres } from '../support/postgres.js';
import { statementsOf } from '../support/statements.js';
import { until } from '../support/until.js';

const hourMs = 3_600_000;

type Changed = 'no' | 'unknown' | undefined;

/** The envelope of an answer that the database stood in the way of, which says what became of the change. */
function expectStoreAway(answer: Answer, changed: Changed): void {
  expect([answer.status, answer.json?.reason]).toEqual([503, 'STORE_UNAVAILABLE']);
  const detail = expectEnvelope(answer, { reason: 'STORE_UNAVAILABLE', category: 'UNAVAILABLE' });
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(detail.context).toEqual(changed === undefined ? {} : { changed });
  expect(/Nothing was changed/.test(answer.json.message)).toBe(changed === 'no');
  expect(/may have been or not/.test(answer.json.message)).toBe(changed === 'unknown');
  expect(answer.text).not.toMatch(/ECONN|SQLITE|terminated|127\.0\.0\.1|readonly|:\d{4,5}/);
}

/** With the keys that it asks for on PostgreSQL. */
const settingsFor = (url: string, callLogUrl: string): Record<string, string> => {
  const [KEY_PEPPER, SEALING_KEY, OPERATOR_KEY] = Array.from({ length: 3 }, () =>
    randomBytes(32).toString('base64url'),
  ) as [string, string, string];
  const keys = { KEY_PEPPER, SEALING_KEY, OPERATOR_KEY };
  return { DATABASE_URL: url, CALL_LOG_URL: callLogUrl, ...keys };
};

describeWithPostgres('the management API while PostgreSQL is away', () => {
  let postgres: TestPostgres;
  let network: BreakingNetwork;
  let latchkey: TestLatchkey;

  beforeEach(async () => {
    postgres = await makePostgres();
    network = await startBreakingNetwork(postgres.url);
    // A lease that outlasts the test: the guard lets in whoever it remembers, and the request itself finds the database away.
    latchkey = await startTestLatchkey(settingsFor(network.url, postgres.url), {
      leaseMs: hourMs,
    });
    // So that the operator's key is remembered, its first use included.
    for (let i = 0; i < 2; i += 1) await latchkey.manage('GET', '/v1/accounts');
  });

  afterEach(async () => {
    await latchkey.remove();
    await network.close();
    await postgres.drop();
  });

  const ask = (method: string, path: string, body?: Json, headers: Record<string, string> = {}) =>
    latchkey.ask(method, path, { secret: latchkey.operatorKey, body, headers });
  const named = async (name: string): Promise<Json[]> =>
    (await latchkey.manage('GET', '/v1/accounts')).results.filter((one: Json) => one.name === name);

  it('answers 503, and that nothing was changed; and is itself again when it is back', async () => {
    const account = await latchkey.manage('POST', '/v1/accounts', { name: 'Before' });
    const keys = `/v1/accounts/${account.id}/keys`;
    await network.cut();
    for (let i = 0; i < 3; i += 1) {
      expectStoreAway(await ask('GET', '/v1/accounts'), undefined);
      expectStoreAway(await ask('GET', keys), undefined);
      expectStoreAway(await ask('POST', '/v1/accounts', { name: 'Never' }), 'no');
      expectStoreAway(await ask('POST', keys, { name: 'Never', scopes: [] }), 'no');
      const retried = { 'idempotency-key': 'once' };
      expectStoreAway(await ask('POST', '/v1/accounts', { name: 'Never' }, retried), 'no');
      expectStoreAway(await ask('PUT', '/v1/scopes/never', {}), 'no');
    }
    // What is wrong with a request is still said first.
    expect((await ask('POST', '/v1/accounts', { nome: 'x' })).status).toBe(400);
    await network.mend();
    await until('its return', async () => (await ask('GET', '/v1/accounts')).status === 200);
    expect(await named('Never')).toEqual([]);
    expect((await ask('POST', keys, { name: 'After', scopes: [] })).status).toBe(201);
  });

  it('says that a change may have been made, where the answer to its commit was lost', async () => {
    network.loseNextCommitAnswer();
    expectStoreAway(await ask('POST', '/v1/accounts', { name: 'Perhaps' }), 'unknown');
    await until('its return', async () => (await named('Perhaps')).length === 1);
  });

  it('gives the answer of a change whose commit was lost to whoever sent an Idempotency-Key', async () => {
    network.loseNextCommitAnswer();
    const headers = { 'idempotency-key': 'once' };
    const answer = await ask('POST', '/v1/accounts', { name: 'Once' }, headers);
    expect([answer.status, answer.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    const again = await ask('POST', '/v1/accounts', { name: 'Once' }, headers);
    expect([again.status, again.json.id]).toEqual([201, answer.json.id]);
    expect(await named('Once')).toHaveLength(1);
  });

  it('answers 503 when every connection is ended under it', async () => {
    const answers: Answer[] = [];
    // As often as it takes to hit one of them in the midst of its change.
    while (answers.every(({ status }) => status === 201)) {
      const asking = Array.from({ length: 20 }, async (_, i) => {
        answers.push(await ask('POST', '/v1/accounts', { name: `Many ${i}` }));
      });
      await postgres.disconnectAll();
      await Promise.all(asking);
    }
    expect(answers.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
    await until('its return', async () => (await ask('GET', '/v1/accounts')).status === 200);
    const { results } = await latchkey.manage('GET', '/v1/accounts?limit=500');
    const made = answers.filter(({ status }) => status === 201);
    const undecided = answers.filter(({ json }) => json.errors?.[0].context.changed === 'unknown');
    const many = results.filter(({ name }: Json) => name.startsWith('Many'));
    expect(many.length).toBeGreaterThanOrEqual(made.length);
    expect(many.length).toBeLessThanOrEqual(made.length + undecided.length);
  });
});

describeWithPostgres('the management API while PostgreSQL says nothing', () => {
  it('answers 503 when its patience ends', async () => {
    const postgres = await makePostgres();
    const network = await startFrozenNetwork(postgres.url);
    const settings = settingsFor(network.url, postgres.url);
    const latchkey = await startTestLatchkey(settings, { leaseMs: hourMs });
    try {
      for (let i = 0; i < 2; i += 1) await latchkey.manage('GET', '/v1/accounts');
      network.freeze();
      const secret = latchkey.operatorKey;
      const [read, made] = await Promise.all([
        latchkey.ask('GET', '/v1/accounts', { secret }),
        latchkey.ask('POST', '/v1/accounts', { secret, body: { name: 'Never' } }),
      ]);
      expectStoreAway(read, undefined);
      expectStoreAway(made, 'no');
    } finally {
      network.thaw();
      await latchkey.remove();
      await network.close();
      await postgres.drop();
    }
  });
});

describe('the management API while SQLite cannot write', () => {
  let latchkey: Management;

  beforeEach(async () => {
    latchkey = await startManagement();
  });

  afterEach(async () => {
    await latchkey.remove();
  });

  const handle = (): SqliteHandle => {
    const { driver } = latchkey.app.get<DataSource>(getDataSourceToken());
    return (driver as unknown as { databaseConnection: SqliteHandle }).databaseConnection;
  };
  const put = (name: string) =>
    latchkey.ask('PUT', `/v1/scopes/${name}`, {
      secret: latchkey.operatorKey,
      body: { description: 'x'.repeat(1_000) },
    });
  const readiness = () => latchkey.call('GET', '/latchkey/health/ready');

  it('#61 answers 503 when its disk is full, reads on, and takes the next change when there is room', async () => {
    handle().pragma(`max_page_count = ${handle().pragma('page_count', { simple: true })}`);
    let answer = await put('big.0');
    for (let i = 1; answer.status < 400 && i < 100; i += 1) answer = await put(`big.${i}`);
    expectStoreAway(answer, 'no');
    expect((await latchkey.manage('GET', '/v1/accounts')).results).toHaveLength(1);
    handle().pragma('max_page_count = 1000000');
    expect((await put('after')).status).toBe(201);
  });

  it('is not ready while its file cannot be written, and is again by itself', async () => {
    const ready = { status: 'ready', checks: { store: 'ok', call_log: 'ok' } };
    expect((await readiness()).json).toEqual(ready);
    handle().pragma('query_only = ON');
    expectStoreAway(await put('never'), 'no');
    const answer = await readiness();
    expect([answer.status, answer.json.checks]).toEqual([
      503,
      { store: 'failing', call_log: 'ok' },
    ]);
    // It tries, and finds that nothing is better.
    const statements = statementsOf(latchkey.app.get<DataSource>(getDataSourceToken()));
    await until(
      'a second try',
      () => statements.filter((one) => one.startsWith('UPDATE')).length > 1,
    );
    expect((await readiness()).status).toBe(503);
    handle().pragma('query_only = OFF');
    await until('ready', async () => (await readiness()).status === 200);
    expect((await readiness()).json).toEqual(ready);
    expect((await put('after')).status).toBe(201);
  });
});
