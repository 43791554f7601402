import { AuditTrailStore } from '../../src/store/audit-trail.store.js';
import { Database } from '../../src/store/database.js';
import type { TestLatchkey } from './latchkey.js';

const actor = { kind: 'installation', id: null, name: 'test' } as const;

/** Puts events into an account's trail, many at once, at the time that this Latchkey believes it is. */
export async function writeEvents(
  { app }: Pick<TestLatchkey, 'app'>,
  accountId: string,
  count: number,
): Promise<void> {
  const [database, audit] = [app.get(Database), app.get(AuditTrailStore)];
  await database.change(async (change) => {
    for (let i = 0; i < count; i += 1)
      await audit.append(change, {
        ...{ accountId, action: 'test.event', actor, callerIp: null },
        target: { type: 'account', id: accountId },
      });
  });
}
