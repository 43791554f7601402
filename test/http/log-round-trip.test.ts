import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { spawnSync } from 'node:child_process';
import { publishCrm } from '../support/crm.js';
import { describeWhere } from '../support/describe-where.js';
import type { Json, TestLatchkey } from '../support/latchkey.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { openAudited, putCalls, type Audited } from '../support/reads-of-log.js';
import { describeOnEachDatabase } from '../support/store.js';
import { until } from '../support/until.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

/** What a spreadsheet, a parser or a terminal may take for something else than text. */
const hostile = [
  ...["=cmd|'/C calc'!A1", '+1+1', '-2+3', '@SUM(1)', '\t=1', "'=1", '\uff1d1', "'\uff201"],
  ...['"', '""', 'a,b;c|d', '\\"\\n', 'two\nlines', 'a\r\nb', '\r', '\n'],
  ...['𝒳🗝️', '\u05d0\u05d1\u202etxt', 'e\u0301', '\u2028', '\ufeff', '\u001b[31m', '\u007f'],
  ...['', ' ', 'null', 'NaN', '1e400', '0012', 'true', '{"a":[1]}'],
];

/** What a client can say over HTTP, as its user agent and in its path. */
const sayable = ['=cmd|calc!A1', '+1', '-1', '@x', "'", ',";', '\\', 'a\tb', '{"a":1}'];

const jqVersion = spawnSync('jq', ['--version'], { encoding: 'utf8' });
const absenceOfJq = jqVersion.status === 0 ? null : 'there is no jq';

const outputBytesMax = 64 * 1024 * 1024;

/** @returns what it printed */
function jq(parameters: readonly string[], input: string): string {
  const ended = spawnSync('jq', parameters, { input, encoding: 'utf8', maxBuffer: outputBytesMax });
  expect([ended.status, ended.stderr]).toEqual([0, '']);
  return ended.stdout;
}

/** What stands before a cell that would else be a formula. */
const withoutGuard = (cell: string): string =>
  cell.replace(/^'(?='*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])/, '');

describeWhere(absenceOfJq, 'an export is read by programs of others', () => {
  describeOnEachDatabase('as the list has it', (kind) => {
    let nodes: Nodes;
    let latchkey: TestLatchkey;
    let upstream: RecordingUpstream;

    beforeAll(async () => {
      upstream = await startUpstream();
      nodes = await startNodes(kind);
      latchkey = nodes.one;
    });

    afterAll(async () => {
      await nodes?.remove();
      await upstream?.close();
    });

    let ours: Audited;

    beforeEach(async () => {
      ours = await openAudited(latchkey);
    });

    const rowsInList = async ({
      log,
      secret,
    }: Pick<Audited, 'log' | 'secret'>): Promise<Json[]> => {
      const path = `${log}?door=gateway&limit=500`;
      return (await latchkey.ask('GET', path, { secret })).json.results;
    };

    const exportOf = async (
      { log, secret }: Pick<Audited, 'log' | 'secret'>,
      format: string,
    ): Promise<string> => {
      const path = `${log}/export?door=gateway&format=${format}`;
      return (await latchkey.ask('GET', path, { secret })).text;
    };

    it('#64 jq: row for row, whatever is in them; null is not empty', async () => {
      const given = hostile.map((text) => ({
        ...{ accountId: ours.id, path: text, query: text, keyName: text, userAgent: text },
        ...{ forwardedFor: text, requiredScopes: [text, 'a b'] },
      }));
      const bare = { userAgent: null, query: null, status: null, callerIp: null };
      await putCalls(latchkey, [...given, { accountId: ours.id, ...bare }]);
      const text = await exportOf(ours, 'ndjson');
      const lines = jq(['-c', '.'], text).trimEnd().split('\n');
      const rows = await rowsInList(ours);
      expect(rows).toHaveLength(hostile.length + 1);
      expect(lines.map((line) => JSON.parse(line))).toEqual(rows);
      expect(jq(['-s', 'map(select(.userAgent == null)) | length'], text)).toBe('1\n');
      expect(jq(['-s', 'map(select(.userAgent == "")) | length'], text)).toBe('1\n');
      const paths = JSON.parse(jq(['-s', 'map(.path)'], text));
      expect(paths.slice(1)).toEqual(hostile.toReversed());
    });

    it('#64 CSV and NDJSON say the same: what jq makes of one is what the other is', async () => {
      const given = hostile.map((text) => ({ path: text, userAgent: text, keyName: text }));
      const bare = { path: '/', userAgent: null, keyName: null };
      await putCalls(
        latchkey,
        [...given, bare].map((fields) => ({ accountId: ours.id, ...fields })),
      );
      const program = '[.id, .path, .userAgent, .keyName]';
      const fromJq = jq(['-s', `map(${program})`], await exportOf(ours, 'ndjson'));
      const exported: Json[] = parse(await exportOf(ours, 'csv'), {
        ...{ columns: true, record_delimiter: '\r\n' },
        // An empty text has quotes, what is not there has none.
        cast: (cell, { quoting }) => (cell === '' && !quoting ? null : withoutGuard(cell)),
      });
      const cells = exported.map(({ id, path, userAgent, keyName }) => [
        ...[id, path, userAgent, keyName],
      ]);
      expect(cells).toEqual(JSON.parse(fromJq));
      expect(cells).toHaveLength(hostile.length + 1);
    });

    it('#59 #64 of real calls: what a client said in its path and user agent', async () => {
      const crm = await publishCrm(latchkey, upstream.url);
      const scopes = ['contacts.read', 'latchkey.request_log.read'];
      const { secret } = await crm.makeKey({ name: '=1+1 "Büro" 🗝️', scopes });
      const own = { log: `/v1/accounts/${crm.accountId}/request-log`, secret };
      for (const said of sayable) {
        const path = `/crm/contacts/${encodeURIComponent(said)}?q=${encodeURIComponent(said)}`;
        await latchkey.call('GET', path, { secret, headers: { 'user-agent': said } });
      }
      await until('all rows', async () => (await rowsInList(own)).length === sayable.length);
      const rows = await rowsInList(own);
      const text = await exportOf(own, 'ndjson');
      expect(jq(['-c', '.'], text).trimEnd().split('\n').map((line) => JSON.parse(line))).toEqual(rows); // prettier-ignore
      const exported: Json[] = parse(await exportOf(own, 'csv'), { columns: true });
      expect(exported).toHaveLength(sayable.length);
      for (const [i, record] of exported.entries()) {
        for (const cell of Object.values<string>(record))
          expect(cell).not.toMatch(/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/);
        for (const name of ['id', 'path', 'query', 'userAgent', 'keyName', 'callerIp'])
          expect(withoutGuard(record[name])).toBe(rows[i]?.[name]);
      }
    });
  });
});
