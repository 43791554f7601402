import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import type { AskOptions, Json, TestLatchkey } from '../support/latchkey.js';
import { NewEvents } from '../support/new-events.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import {
  askForGzip,
  openAudited,
  putCalls,
  putCallsOf,
  rowsOf,
  sha256,
  type Audited,
} from '../support/reads-of-log.js';
import { describeOnEachDatabase } from '../support/store.js';

const hostile = [
  ...['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', "'=1", "'quoted'"],
  ...[
    'two\nlines',
    'a\r\nb',
    'say "x", y',
    '',
    ' ',
    '𝒳 日本 ÿ \u202e',
    'null',
    '\u001b[31m',
    '{"a":1}',
  ],
];

describeOnEachDatabase('GET …/request-log/export', (kind) => {
  let nodes: Nodes;
  let latchkey: TestLatchkey;
  let ours: Audited;
  let theirs: Audited;
  let log: string;
  let events: NewEvents;

  beforeAll(async () => {
    nodes = await startNodes(kind);
    latchkey = nodes.one;
  });

  afterAll(() => nodes?.remove());

  /** Accounts of a test's own, each with a key that may read its log. */
  beforeEach(async () => {
    [ours, theirs] = [await openAudited(latchkey), await openAudited(latchkey)];
    log = ours.log;
    events = new NewEvents(latchkey, ours.id);
    await events.skip();
  });

  const put = (count: number, fields: Json = {}): Promise<string[]> =>
    putCallsOf(latchkey, ours, count, fields);

  /** Calls that the test made itself are told apart from those it looks at by their door. */
  const take = (query = '', options: AskOptions = {}) =>
    latchkey.ask('GET', `${log}/export?door=gateway${query}`, { secret: ours.secret, ...options });

  const manifestOf = async (answer: { headers: Headers }): Promise<Json> =>
    latchkey.manage('GET', `${log}/exports/${answer.headers.get('latchkey-export')}`);

  it('NDJSON: the very rows of the list, newest first', async () => {
    const ids = await putCalls(
      latchkey,
      hostile.map((text) => ({ accountId: ours.id, path: text, userAgent: text, keyName: text })),
    );
    const answer = await take();
    expect([
      answer.status,
      answer.headers.get('content-type'),
      answer.headers.get('cache-control'),
    ]).toEqual([200, 'application/x-ndjson', 'no-store']);
    const { results } = await latchkey.manage('GET', `${log}?door=gateway`);
    const rows = rowsOf(answer.text);
    expect(rows).toEqual(results);
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(rows.map(({ path }) => path)).toEqual(hostile.toReversed());
  });

  it('#64 CSV: the same to another’s parser, and no cell is a formula', async () => {
    await putCalls(
      latchkey,
      hostile.map((text) => ({ accountId: ours.id, path: text, userAgent: text })),
    );
    await put(1, { userAgent: null, status: null, requiredScopes: [], callerIp: null });
    const answer = await take('&format=csv');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="request-log-exp_\w+\.csv"$/,
    );
    const [names = [], ...cells] = parse(answer.text, { record_delimiter: '\r\n' }) as string[][];
    const { results } = await latchkey.manage('GET', `${log}?door=gateway`);
    expect(names).toEqual(Object.keys(rowsOf((await take()).text)[0]));
    expect(names.slice(0, 4)).toEqual(['id', 'at', 'accountId', 'keyId']);
    for (const cell of cells.flat()) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
    const read = cells.map((row) => row.map((cell) => cell.replace(/^'(?='*[=+\-@\t\r])/, '')));
    const written = results.map((row: Json) =>
      names.map((name) =>
        Array.isArray(row[name]) ? row[name].join(' ') : String(row[name] ?? ''),
      ),
    );
    expect(read).toEqual(written);
  });

  it('gzip where it is asked for, of the same bytes', async () => {
    await put(300);
    for (const format of ['ndjson', 'csv']) {
      const path = `${log}/export?door=gateway&format=${format}`;
      const packed = await askForGzip(latchkey.managementUrl, path, ours.secret);
      expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
      const plain = await take(`&format=${format}`, { headers: { 'accept-encoding': 'identity' } });
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(packed.text).toBe(plain.text);
    }
  });

  it('every filter of the list holds, over many pages', async () => {
    await put(700, { callerIp: '192.0.2.7', status: 200 });
    await put(5, { callerIp: '192.0.3.7', status: 200 });
    await put(5, { callerIp: '192.0.2.8', status: 404 });
    expect(rowsOf((await take('&ip=192.0.2.0/24&status=200')).text)).toHaveLength(700);
    expect(rowsOf((await take('&ip=192.0.2.8')).text)).toHaveLength(5);
    expect((await take('&ip=10.0.0.1')).text).toBe('');
    expect((await take('&ip=10.0.0.1&format=csv')).text.split('\r\n')).toHaveLength(2);
  });

  describe('the manifest', () => {
    it('says what the file holds, and goes into the trail before the last byte', async () => {
      const ids = await put(510);
      const answer = await take('&format=csv&status=504');
      const manifest = await manifestOf(answer);
      expect(manifest).toEqual({
        id: answer.headers.get('latchkey-export'),
        accountId: ours.id,
        format: 'csv',
        filter: { door: 'gateway', status: 504 },
        state: 'complete',
        startedAt: expect.stringMatching(/Z$/),
        endedAt: expect.stringMatching(/Z$/),
        rows: 510,
        bytes: Buffer.byteLength(answer.text),
        sha256: sha256(answer.text),
        firstId: ids[0],
        lastId: ids.at(-1),
        next: expect.any(String),
      });
      const actor = { kind: 'key', id: ours.key.id, name: 'Auditor' };
      const target = { type: 'request_log_export', id: manifest.id };
      expect(await events.take()).toMatchObject([
        {
          action: 'request_log.export_started',
          actor,
          target,
          callerIp: '127.0.0.1',
          after: { format: 'csv', filter: { door: 'gateway', status: 504 } },
        },
        {
          action: 'request_log.export_completed',
          actor,
          target,
          callerIp: '127.0.0.1',
          after: { rows: 510, sha256: manifest.sha256 },
        },
      ]);
    });

    it('of no rows', async () => {
      const answer = await take();
      expect(await manifestOf(answer)).toMatchObject({
        ...{ state: 'complete', rows: 0, bytes: 0, sha256: sha256('') },
        ...{ firstId: null, lastId: null, next: null },
      });
    });

    it('of an export by the operator is in the account’s own trail', async () => {
      const answer = await take('', { secret: latchkey.operatorKey });
      expect(await events.take()).toMatchObject([
        { action: 'request_log.export_started' },
        { action: 'request_log.export_completed', after: { accountId: ours.id } },
      ]);
      const own = await latchkey.ask(
        'GET',
        `${log}/exports/${answer.headers.get('latchkey-export')}`,
        { secret: ours.secret },
      );
      expect(own.json.state).toBe('complete');
    });

    it('of all accounts is in the operator’s, and no account’s', async () => {
      const [id] = await put(1);
      await putCalls(latchkey, [{ accountId: null, keyId: null, secretId: null }]);
      const answer = await latchkey.ask('GET', '/v1/request-log/export?door=gateway', {
        secret: latchkey.operatorKey,
      });
      const found = rowsOf(answer.text);
      expect(found.map((row) => row.id)).toContain(id);
      expect(found[0].accountId).toBeNull();
      const exportId = answer.headers.get('latchkey-export');
      expect(await events.take()).toEqual([]);
      expect(await latchkey.manage('GET', `/v1/request-log/exports/${exportId}`)).toMatchObject({
        accountId: null,
        rows: found.length,
      });
      expect(
        (await latchkey.ask('GET', `${log}/exports/${exportId}`, { secret: ours.secret })).status,
      ).toBe(404);
    });

    it('is not there for another account, nor is what is no export', async () => {
      const exportId = (await take()).headers.get('latchkey-export');
      for (const [path, secret] of [
        [`/v1/accounts/${theirs.id}/request-log/exports/${exportId}`, theirs.secret],
        [`${log}/exports/${exportId}`, theirs.secret],
        [`${log}/exports/${ours.id}`, ours.secret],
        [`${log}/exports/${ours.key.id}`, ours.secret],
      ] as const)
        expect((await latchkey.ask('GET', path, { secret })).status).toBe(404);
    });
  });

  describe('going on', () => {
    it('after the id of the last row one has: no row twice, none left out', async () => {
      const ids = await put(600);
      for (const [at, after] of [
        [9, ids[9]],
        [299, ids[299]],
      ] as const) {
        await put(1);
        const rows = rowsOf((await take(`&after=${after}`)).text);
        expect(rows.map(({ id }) => id)).toEqual(ids.slice(at + 1));
      }
      expect((await take(`&after=${ids.at(-1)}`)).text).toBe('');
    });

    it('after the `next` of a manifest', async () => {
      await put(3);
      const { next } = await manifestOf(await take());
      expect((await take(`&after=${next}`)).text).toBe('');
    });

    it.each([
      ['of another account', async () => (await putCalls(latchkey, [{ accountId: theirs.id }]))[0]],
      ['of nothing', () => 'call_0000000000000000000000x'],
      ['that is none', () => 'call_1'],
      ['that is no cursor', () => 'abc'],
    ])('400 after an id %s, with nothing on record', async (_what, after) => {
      const answer = await take(`&after=${await after()}`);
      expect([answer.status, answer.json?.errors[0].context.field]).toEqual([400, 'after']);
      expect(await events.take()).toEqual([]);
    });
  });

  it.each([
    ['format=xml', 'format'],
    ['limit=1', 'limit'],
    ['ip=10.0.0.1/8', 'ip'],
    ['accountId=acc_1', 'accountId'],
  ])('400 %s, with nothing on record', async (query, field) => {
    const answer = await latchkey.ask('GET', `${log}/export?${query}`, { secret: ours.secret });
    expect([answer.status, answer.json?.errors[0].context.field]).toEqual([400, field]);
    expect(await events.take()).toEqual([]);
  });

  it('400 for a filter that is the caller’s own secret, which would be kept', async () => {
    const secret = latchkey.operatorKey;
    const answer = await take(`&q=${secret}`, { secret });
    expect([answer.status, answer.json.errors[0].code]).toEqual([400, 'HOLDS_NO_SECRET']);
    expect(await events.take()).toEqual([]);
  });

  it('HEAD exports nothing and leaves nothing on record', async () => {
    await put(3);
    const answer = await latchkey.ask('HEAD', `${log}/export`, { secret: ours.secret });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'application/x-ndjson',
    ]);
    expect(await events.take()).toEqual([]);
  });

  it('#62 two accounts at once: neither has a line of the other', async () => {
    const accounts = [ours, theirs];
    await Promise.all(
      Array.from({ length: 40 }, () =>
        putCalls(
          latchkey,
          accounts.flatMap(({ id }) => Array.from({ length: 15 }, () => ({ accountId: id }))),
        ),
      ),
    );
    const exported = await Promise.all(
      accounts.flatMap(({ id, secret }) =>
        ['ndjson', 'csv'].map(async (format) => {
          const path = `/v1/accounts/${id}/request-log/export?door=gateway&format=${format}`;
          return { id, format, text: (await latchkey.ask('GET', path, { secret })).text };
        }),
      ),
    );
    for (const { id, format, text } of exported) {
      const other = id === ours.id ? theirs.id : ours.id;
      expect(text).not.toContain(other);
      expect(text.split(id)).toHaveLength(601);
      expect(text.trimEnd().split('\n')).toHaveLength(format === 'csv' ? 601 : 600);
    }
    const foreign = await latchkey.ask('GET', `${log}/export`, { secret: theirs.secret });
    expect([foreign.status, foreign.json?.reason]).toEqual([404, 'OBJECT_NOT_FOUND']);
  });
});
