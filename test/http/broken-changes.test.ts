import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Operation } from '../support/api-description.js';
import { failStatement } from '../support/failing-statements.js';
import type { Answer } from '../support/latchkey.js';
import { mainTables } from '../support/main-tables.js';
import { startManagement, type Management } from '../support/management.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { operations, requestFor, sampleOf } from '../support/sample-requests.js';
import { describeOnEachDatabase } from '../support/store.js';
import { changesBetween } from '../support/table-changes.js';
import { fillIn, openTenant, type Tenant } from '../support/tenants.js';

/** BEGIN, the number, something written, its event, COMMIT: no change takes fewer statements. */
const statementsMin = 8;

// An export is answered between its two events: how it breaks off, log-export.test.ts shows.
const writing = operations
  .map((operation) => ({ operation, sample: sampleOf(operation) }))
  .filter(({ sample }) => sample.event !== undefined && sample.endEvent === undefined)
  .map(({ operation }) => operation);

/** Each attempt reads the whole database, which every operation makes larger: so it is begun anew now and then. */
const operationsADatabase = 12;

function inParts<T>(all: readonly T[], size: number): T[][] {
  const parts = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => i * size);
  return parts.map((from) => all.slice(from, from + size));
}

describeOnEachDatabase('#48 a change that breaks off at any of its statements', (kind) => {
  // The key that the environment gives is changed there: with one version there is nothing to rotate to.
  const tried =
    kind === 'sqlite'
      ? writing
      : writing.filter(({ template }) => !template.startsWith('/v1/sealing-key'));

  describe.each(inParts(tried, operationsADatabase).map((part, i) => [i + 1, part] as const))(
    'part %i',
    (_number, part) => {
      let database: NodeDatabase;
      let latchkey: Management;
      let opened = 0;

      beforeAll(async () => {
        database = await databaseFor(kind);
        latchkey = await startManagement(database.environment);
      });

      afterAll(async () => {
        await latchkey?.remove();
        await database?.remove();
      });

      it.each(
        part.map((operation) => [`${operation.method} ${operation.template}`, operation] as const),
      )(
        '%s: has done nothing, and leaves nothing behind in memory',
        async (_name, operation) => {
          opened += 1;
          await expectAllOrNothing(
            latchkey,
            operation,
            await openTenant(latchkey, `ours-${opened}`),
          );
        },
        120_000,
      );
    },
  );
});

/** Asks again and again, each time with another of its statements failing, until there are no more. */
async function expectAllOrNothing(
  latchkey: Management,
  operation: Operation,
  tenant: Tenant,
): Promise<void> {
  const { first, status } = sampleOf(operation);
  if (first !== undefined) await latchkey.manage(first[0], fillIn(first[1], tenant), first[2]);
  const ask = (): Promise<Answer> => {
    const request = requestFor(operation, tenant, latchkey.operatorKey);
    return latchkey.ask(request.method, request.path, request);
  };
  const self = async (): Promise<unknown[]> => {
    const answer = await latchkey.call('GET', '/latchkey/v1/self', { secret: tenant.secret });
    return [answer.status, answer.json.reason, answer.json.key, answer.json.scopes];
  };
  const saidBefore = await self();
  const before = await mainTables(latchkey);
  const writer = latchkey.app.get<DataSource>(getDataSourceToken());
  let nth = 1;
  for (; ; nth += 1) {
    const statement = failStatement(writer, nth);
    const answer = await ask().finally(() => statement.end());
    if (!statement.failed) {
      expect(answer.status).toBe(status);
      break;
    }
    expect([nth, answer.status, answer.json.reason]).toEqual([nth, 500, 'INTERNAL']);
    expect(answer.text).not.toContain('stopped here');
    expect([nth, changesBetween(before, await mainTables(latchkey), new Map())]).toEqual([nth, []]);
    expect(await self()).toEqual(saidBefore);
  }
  expect(nth).toBeGreaterThan(statementsMin);
  expect(changesBetween(before, await mainTables(latchkey), new Map())).not.toEqual([]);
}
