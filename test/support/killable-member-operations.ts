import {
  manages,
  managesOnce,
  openAccount,
  operation,
  type KillableOperation,
} from './killable-operations.js';
import type { MortalLatchkey, MortalRequest } from './mortal-latchkey.js';
import { sessionOf, tokenOf } from './people.js';
import { codeOf } from './second-factors.js';
import type { Json } from './send.js';

const password = 'o4Yt-eW2k-Zq8L-m1Xc';

/** A request of somebody who has no key. */
function asks(method: string, path: string, body: unknown): MortalRequest {
  return manages(method, path, body, { authorization: '' });
}

async function invite(latchkey: MortalLatchkey, accountId: string, tag: string, role: string) {
  const body = { email: `${tag}@example.com`, role };
  const path = `/v1/accounts/${accountId}/invitations`;
  const { link, ...invitation } = await latchkey.manage('POST', path, body);
  return { invitation, token: tokenOf(link) };
}

interface MadeMember {
  readonly account: Json;
  readonly member: Json;
  readonly session: string;
  readonly made: readonly unknown[];
}

/** An admin of an account of their own, signed in. */
async function makeMember(latchkey: MortalLatchkey, tag: string): Promise<MadeMember> {
  const account = await openAccount(latchkey, tag);
  const { invitation, token } = await invite(latchkey, account.id, tag, 'admin');
  const used = await latchkey.send(asks('POST', '/v1/links/use', { token, name: tag, password }));
  if (used.status !== 204) throw new Error(used.text);
  const { results } = await latchkey.manage('GET', `/v1/accounts/${account.id}/members`);
  const [member] = results;
  return { account, member, session: sessionOf(used), made: [account, invitation, member] };
}

export const memberOperations: readonly KillableOperation[] = [
  operation('invite somebody', 'member.invited', async (latchkey, tag) => {
    const account = await openAccount(latchkey, tag);
    const body = { email: `${tag}@example.com`, role: 'developer' };
    const path = `/v1/accounts/${account.id}/invitations`;
    return { request: managesOnce('POST', path, body, tag), made: [account] };
  }),
  operation('change a role', 'member.role_changed', async (latchkey, tag) => {
    const { account, made } = await makeMember(latchkey, tag);
    const { token } = await invite(latchkey, account.id, `${tag}-two`, 'auditor');
    const body = { token, name: tag, password };
    await latchkey.send(asks('POST', '/v1/links/use', body));
    const { results } = await latchkey.manage('GET', `/v1/accounts/${account.id}/members`);
    const path = `/v1/accounts/${account.id}/members/${results[1].id}`;
    return { request: manages('PATCH', path, { role: 'developer' }), made: [...made, results[1]] };
  }),
  operation('end the sessions of a member', 'member.sessions_ended', async (latchkey, tag) => {
    const { account, member, made } = await makeMember(latchkey, tag);
    const path = `/v1/accounts/${account.id}/members/${member.id}/end-sessions`;
    return { request: manages('POST', path), made };
  }),
  operation('use an invitation', ['member.joined', 'person.signed_in'], async (latchkey, tag) => {
    const account = await openAccount(latchkey, tag);
    const { invitation, token } = await invite(latchkey, account.id, tag, 'auditor');
    const request = asks('POST', '/v1/links/use', { token, name: tag, password });
    return { request, made: [account, invitation] };
  }),
  operation(
    'change a password',
    ['person.password_changed', 'person.signed_in'],
    async (latchkey, tag) => {
      const { session, made } = await makeMember(latchkey, tag);
      const body = { currentPassword: password, newPassword: `${password}-and-more` };
      return { request: { ...asks('PUT', '/v1/session/password', body), session }, made };
    },
  ),
  operation(
    'turn a second factor on',
    ['person.second_factor_turned_on', 'person.signed_in'],
    async (latchkey, tag) => {
      const { session, made } = await makeMember(latchkey, tag);
      const path = '/v1/session/second-factor';
      const begun = await latchkey.send({ ...asks('POST', path, {}), session });
      const body = { password, code: codeOf(begun.json) };
      return { request: { ...asks('POST', `${path}/confirm`, body), session }, made };
    },
  ),
  operation('sign in', 'person.signed_in', async (latchkey, tag) => {
    const { member, made } = await makeMember(latchkey, tag);
    const body = { email: member.person.email, password };
    return { request: asks('POST', '/v1/session', body), made };
  }),
];
