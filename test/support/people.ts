import { randomBytes } from 'node:crypto';
import type { Json, TestLatchkey } from './latchkey.js';
import { meetSecret } from './met-secrets.js';
import type { Answer } from './send.js';

/** Somebody with a session of theirs, as a browser has it. */
export interface SignedInPerson {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly personId: string;
  readonly sessionId: string;
  /** In the account that they joined. */
  readonly memberId: string;
  /** The `Cookie` that the browser sends. */
  readonly session: string;
}

export type Role = 'admin' | 'developer' | 'auditor';

export type AskingLatchkey = Pick<TestLatchkey, 'ask' | 'manage'>;

let people = 0;

/** Invites somebody as the operator, and lets them in. */
export async function addMember(
  latchkey: AskingLatchkey,
  accountId: string,
  role: Role,
  email = `person-${(people += 1)}@example.com`,
): Promise<SignedInPerson> {
  const { token } = await invite(latchkey, accountId, role, email);
  return useLink(latchkey, token, { name: `${role} ${email.split('@')[0]}` });
}

/** @returns the invitation, and what its link holds */
export async function invite(
  latchkey: AskingLatchkey,
  accountId: string,
  role: Role,
  email: string,
): Promise<{ id: string; token: string }> {
  // Also where e-mails are sent.
  const body = { email, role, byHand: true };
  const invitation = await latchkey.manage('POST', `/v1/accounts/${accountId}/invitations`, body);
  return { id: invitation.id, token: tokenOf(invitation.link) };
}

/** What a link holds that opens it. */
export function tokenOf(link: string): string {
  const [, token = ''] = link.split('#');
  meetSecret(token);
  return token;
}

/** Uses a link as somebody who is new here. */
export async function useLink(
  latchkey: AskingLatchkey,
  token: string,
  fields: { readonly name: string; readonly email?: string },
): Promise<SignedInPerson> {
  // Random, so that whatever holds a piece of it has it from here.
  const password = randomBytes(18).toString('base64url');
  const body = { token, password, ...fields };
  return seeAs(latchkey, password, await latchkey.ask('POST', '/v1/links/use', { body }));
}

/** Another session of theirs. */
export async function signIn(
  latchkey: AskingLatchkey,
  { email, password }: Pick<SignedInPerson, 'email' | 'password'>,
  code?: string,
): Promise<SignedInPerson> {
  const body = { email, password, ...(code !== undefined && { code }) };
  return seeAs(latchkey, password, await latchkey.ask('POST', '/v1/session', { body }));
}

/** The cookie that an answer sets, as it comes back; empty if it takes it away. */
export function sessionOf({ headers }: Pick<Answer, 'headers'>): string {
  return /^[^;]*/.exec(headers.get('set-cookie') ?? '')?.[0] ?? '';
}

/** Who is signed in by an answer that sets a session. */
export async function seeAs(
  latchkey: AskingLatchkey,
  password: string,
  answer: Answer,
): Promise<SignedInPerson> {
  if (answer.status >= 300) throw new Error(`Nobody was signed in: ${answer.text}`);
  const session = sessionOf(answer);
  const { json: seen }: Json = await latchkey.ask('GET', '/v1/session', { session });
  const { id: personId, email, name } = seen.person;
  const memberId = seen.memberships[0]?.memberId ?? '';
  return { email, password, name, personId, sessionId: seen.session.id, memberId, session };
}
