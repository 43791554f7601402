import type { Answer, AskOptions, Json, TestLatchkey } from './latchkey.js';

export const verifyPath = '/latchkey/v1/verify';

/** A key of the operator's account that may verify. @returns it with its `secret` */
export async function makeVerifier(latchkey: TestLatchkey): Promise<Json> {
  const { json } = await latchkey.call('GET', '/latchkey/v1/self', {
    secret: latchkey.operatorKey,
  });
  const body = { name: 'Publisher', scopes: ['latchkey.verify'] };
  const key = await latchkey.manage('POST', `/v1/accounts/${json.account.id}/keys`, body);
  // From here on a use of it writes nothing.
  await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
  return key;
}

/** What a publisher tells of a call that came to it. */
export function checkOf(credential: string, told: Json = {}): Json {
  return { credential, method: 'GET', path: '/crm/contacts', callerIp: '203.0.113.7', ...told };
}

export function verify(
  latchkey: Pick<TestLatchkey, 'call'>,
  secret: string | undefined,
  body: unknown,
  options: AskOptions = {},
): Promise<Answer> {
  return latchkey.call('POST', verifyPath, {
    ...(secret !== undefined && { secret }),
    body,
    ...options,
  });
}
