import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeEvents } from '../support/aged-trail.js';
import { startTestLatchkey, type Json } from '../support/latchkey.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { runCommand } from '../support/run-command.js';
import { describeOnEachDatabase } from '../support/store.js';
import { until } from '../support/until.js';
import { WorkFolder } from '../support/work-folder.js';

const day = 86_400_000;
/** That many events go at once. */
const piece = 1_000;
const aged = 2 * piece;

describeOnEachDatabase('killed while the audit trail is pruned', (kind) => {
  let folder: WorkFolder;
  let database: NodeDatabase;
  let accountId: string;

  /** An account whose events are 200 days old, but for the last. */
  beforeEach(async () => {
    folder = new WorkFolder();
    database = await databaseFor(kind);
    const data = join(folder.path, 'data');
    mkdirSync(data, { mode: 0o700 });
    let now = Date.now() - 200 * day;
    const latchkey = await startTestLatchkey(
      { TEST_FOLDER: data, ...database.environment },
      { wallClock: () => now },
    );
    // The operator's account was there before, and is seen to first.
    now += 1_000;
    ({ id: accountId } = await latchkey.manage('POST', '/v1/accounts', { name: 'Aged' }));
    await writeEvents(latchkey, accountId, aged - 1);
    now = Date.now();
    await writeEvents(latchkey, accountId, 1);
    await latchkey.close();
  });

  afterEach(async () => {
    await folder.remove();
    await database.remove();
  });

  /** What an auditor finds. */
  async function found(): Promise<Json> {
    const { DATABASE_URL, SEALING_KEY } = database.environment;
    const environment: Record<string, string> =
      DATABASE_URL && SEALING_KEY ? { DATABASE_URL, SEALING_KEY } : {};
    const args = ['audit', 'verify', '--json', '--account', accountId];
    const { code, stdout } = await runCommand(folder.path, args, environment);
    return { ...JSON.parse(stdout), code };
  }

  it.each([
    ['before its first statement', 'INSERT audit_event', 'before', 2, 0],
    ['between what it tells and what it does', 'DELETE audit_event', 'before', 2, 0],
    ['before it commits', 'DELETE audit_event', 'after', 2, 0],
    ['in its second piece', 'DELETE audit_event', 'after', 3, 1],
  ] as const)(
    '%s, it leaves what was before or after',
    async (_what, statement, moment, nth, pieces) => {
      const fault = JSON.stringify({ statement, moment, nth });
      const dying = folder.run(
        { ...database.environment, FAULT_OF_START: fault },
        { withFaultPoints: true },
      );
      expect(await dying.ended).toBe(null);
      expect(await found()).toMatchObject({
        ...{ code: 0, intact: true, firstSeq: 1 + pieces * piece },
        events: aged + 1 - pieces * (piece - 1),
      });
      const next = folder.run({ ...database.environment });
      await next.running;
      await until('the rest is gone', () => next.stderr().includes(accountId));
      expect(await found()).toMatchObject({ code: 0, intact: true, events: 3 });
      expect(await next.stop()).toBe(0);
      const lines = next
        .stderr()
        .trim()
        .split('\n')
        .map((line): Json => JSON.parse(line));
      expect(lines.filter((line) => line.accountId === accountId)).toMatchObject([
        {
          ...{ level: 40, msg: 'Retention took away what was past its time', context: 'Retention' },
          ...{ part: 'audit', accountId, what: 'audit events', removed: aged - pieces * piece },
        },
      ]);
    },
  );
});
