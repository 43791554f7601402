import { expect } from '@jest/globals';
import { expectDenial, expectNoSecret } from './denials.js';
import type { DoorName } from './doors.js';
import type { Answer, CallRow, TestLatchkey } from './latchkey.js';
import type { NewRows } from './new-rows.js';

/** The scopes with which a key of the CRM opens each of `doorsOf`. */
export const everyDoorScopes = ['contacts.read', 'latchkey.accounts.read'];

/** A call by each door there is, for a key that holds `everyDoorScopes`. */
export function doorsOf({
  call,
  ask,
}: Pick<TestLatchkey, 'ask' | 'call'>): Record<DoorName, (secret: string) => Promise<Answer>> {
  return {
    gateway: (secret) => call('GET', '/crm/contacts', { secret }),
    self: (secret) => call('GET', `/latchkey/v1/self?hapikey=${secret}`),
    management: (secret) => ask('GET', '/v1/accounts', { secret }),
  };
}

/**
 * Every door lets the secret in, or denies it for this reason, each with its one row and without repeating the secret.
 *
 * @param row what else the row of a denial must say
 */
export async function expectAtEveryDoor(
  latchkey: Pick<TestLatchkey, 'ask' | 'call'>,
  rows: NewRows,
  secret: string,
  expected: string | 200,
  row: CallRow = {},
): Promise<void> {
  for (const [door, send] of Object.entries(doorsOf(latchkey))) {
    await rows.skip();
    const answer = await send(secret);
    if (expected === 200) {
      expect([door, answer.status, answer.json.reason]).toEqual([door, 200, undefined]);
      continue;
    }
    const made = await rows.take(1);
    expectDenial(answer, expected, made, { door, method: 'GET', callerIp: '127.0.0.1', ...row });
    expectNoSecret([secret], answer, made);
  }
}
