import { setTimeout as sleep } from 'node:timers/promises';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { CALL_LOG } from '../../src/store/tokens.js';
import type { TestLatchkey } from './latchkey.js';

const lookMs = 10;
/** A management call's row is handed over once it is answered. */
const quietLooks = 20;

/** Lets every row reach the log, those of management calls too: so that the next call is the one that finds it broken. */
export async function untilLogIsIdle({ app }: TestLatchkey): Promise<void> {
  const writer = app.get<CallLogWriter>(CALL_LOG);
  for (let quiet = 0; quiet < quietLooks; quiet += 1) {
    await sleep(lookMs);
    if (writer.waitingRows > 0) quiet = -1;
  }
}
