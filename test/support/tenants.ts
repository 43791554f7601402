import { Courier } from '../../src/courier/courier.js';
import type { Json } from './latchkey.js';
import type { Management } from './management.js';
import { addPasskey, makePasskey, signInChallenge } from './passkeys.js';
import { addMember, invite, signIn, type SignedInPerson } from './people.js';
import { beginSecondFactor, codeOf, turnOnSecondFactor } from './second-factors.js';

/** Every management scope that is of use outside the operator's account (contract §6). */
export const tenantScopes = [
  'latchkey.accounts.read',
  'latchkey.members.read',
  'latchkey.members.write',
  'latchkey.keys.read',
  'latchkey.keys.write',
  'latchkey.scopes.read',
  'latchkey.services.read',
  'latchkey.request_log.read',
  'latchkey.audit.read',
  'latchkey.notices.read',
  'latchkey.notices.write',
  'latchkey.self.rotate',
  'latchkey.verify',
];

export const operatorScopes = [
  'latchkey.accounts.write',
  'latchkey.scopes.write',
  'latchkey.services.write',
];

/** What the paths of the management API can name, by the name it has there. */
export interface Ids {
  readonly accountId: string;
  readonly keyId: string;
  readonly rotationId: string;
  readonly webhookId: string;
  /** Of the opening of the rotation, and of its way to the key’s contact. */
  readonly noticeId: string;
  readonly deliveryId: string;
  /** On the account's log. */
  readonly callId: string;
  /** Of an export of the account's log. */
  readonly exportId: string;
  /** Of a developer who has a session. */
  readonly memberId: string;
  readonly invitationId: string;
  /** Of an admin, with another session of theirs. */
  readonly membershipId: string;
  readonly email: string;
  readonly password: string;
  readonly sessionId: string;
  /** By which the admin confirms the second factor that they have begun; and one of the developer, who has one. */
  readonly firstCode: string;
  readonly recoveryCode: string;
  readonly developerPassword: string;
  /** Of the developer, with an answer of it by which they sign in. */
  readonly passkeyId: string;
  readonly credentialId: string;
  readonly assertedClientData: string;
  readonly authenticatorData: string;
  readonly signature: string;
  /** Of one that the admin can add. */
  readonly newCredentialId: string;
  readonly attestedClientData: string;
  readonly attestationObject: string;
  /** What the invitation opens with, and one by which the admin can join the operator's account. */
  readonly linkToken: string;
  readonly joinToken: string;
  /** Of the service, or in the scope catalogue of the scope. */
  readonly name: string;
}

/** An account with one of everything, and a key that may do in it whatever an account's key may. */
export interface Tenant extends Ids {
  /** With which `keyId` was made; it retires. */
  readonly secret: string;
  readonly adminId: string;
  readonly admin: string;
  /** The admin and the developer, signed in. The developer has a second factor, and a passkey. */
  readonly adminPerson: SignedInPerson;
  readonly developer: SignedInPerson;
  /** A word for each id that the tenant's rows hold: what they are told apart by. */
  readonly words: ReadonlyMap<string, string>;
}

/**
 * Opens an account in which `keyId` has the open rotation `rotationId`; the account is bound to the service `name`, whose one
 * route needs the scope `<name>.read`. The scope `name` is needed by nothing. Of its notices nothing is delivered: what is
 * written meanwhile would be nobody's doing.
 */
export async function openTenant(latchkey: Management, name = 'ours'): Promise<Tenant> {
  const { id: accountId } = await latchkey.openAccount({ name: `Account of ${name}` });
  const admin = await makeAdmin(latchkey, accountId);
  await latchkey.addScopes(name, `${name}.read`);
  await latchkey.app.get(Courier).stop();
  const contactEmail = 'owner@example.com';
  const key = await latchkey.makeKey(accountId, { scopes: [`${name}.read`], contactEmail });
  const at = `/v1/accounts/${accountId}/keys/${key.id}/rotations`;
  const rotation = await latchkey.manage('POST', at, { graceSeconds: 3600 });
  const { results } = await latchkey.manage('GET', `/v1/accounts/${accountId}/notices`);
  const [notice] = results;
  const webhook = await latchkey.manage('POST', `/v1/accounts/${accountId}/webhooks`, {
    ...{ url: 'https://hooks.invalid', kinds: ['key.expiring'] },
  });
  const settings = { upstream: 'http://127.0.0.1:1', mount: `/${name}` };
  const service = await latchkey.manage('PUT', `/v1/services/${name}`, settings);
  const routes = [{ method: 'GET', path: '/a', scopeSets: [[`${name}.read`]] }];
  await latchkey.manage('PUT', `/v1/services/${name}/routes`, { routes });
  const exported = await latchkey.ask('GET', `/v1/accounts/${accountId}/request-log/export`, {
    secret: latchkey.operatorKey,
  });
  const exportId = exported.headers.get('latchkey-export') as string;
  const { results: calls } = await latchkey.manage('GET', `/v1/accounts/${accountId}/request-log`);
  const callId: string = calls[0].id;
  const binding = await latchkey.manage('PUT', `/v1/accounts/${accountId}/services/${name}`, {});
  const adminPerson = await addMember(latchkey, accountId, 'admin');
  const begun = await beginSecondFactor(latchkey, adminPerson);
  const unsecured = await addMember(latchkey, accountId, 'developer');
  const { passkey, id: passkeyId } = await addPasskey(latchkey, unsecured);
  const { person: developer, recoveryCodes } = await turnOnSecondFactor(latchkey, unsecured);
  const asserted = passkey.assert(await signInChallenge(latchkey));
  const making = await makePasskey(latchkey, adminPerson);
  const attested = making.passkey.attest(making.challenge);
  const elsewhere = await signIn(latchkey, adminPerson);
  const invitation = await invite(latchkey, accountId, 'auditor', `invited-${name}@example.com`);
  const { operatorAccountId } = latchkey;
  const joining = await invite(latchkey, operatorAccountId, 'auditor', adminPerson.email);
  return {
    accountId,
    keyId: key.id,
    rotationId: rotation.id,
    webhookId: webhook.id,
    noticeId: notice.id,
    deliveryId: notice.deliveries[0].id,
    callId,
    exportId,
    name,
    memberId: developer.memberId,
    membershipId: adminPerson.memberId,
    invitationId: invitation.id,
    email: adminPerson.email,
    password: adminPerson.password,
    sessionId: elsewhere.sessionId,
    get firstCode() {
      return codeOf(begun);
    },
    recoveryCode: recoveryCodes[0] as string,
    developerPassword: developer.password,
    ...{ passkeyId, credentialId: asserted.id, assertedClientData: asserted.clientDataJSON },
    ...{ authenticatorData: asserted.authenticatorData, signature: asserted.signature },
    ...{ newCredentialId: attested.id, attestedClientData: attested.clientDataJSON },
    attestationObject: attested.attestationObject,
    linkToken: invitation.token,
    joinToken: joining.token,
    adminPerson,
    developer,
    secret: key.secret,
    adminId: admin.id,
    admin: admin.secret,
    words: new Map([
      [latchkey.operatorAccountId, 'operator'],
      [accountId, 'account'],
      [key.id, 'key'],
      [rotation.id, 'rotation'],
      [rotation.retiring.secretId, 'retiring'],
      [rotation.replacing.secretId, 'replacing'],
      [webhook.id, 'webhook'],
      [notice.id, 'notice'],
      [notice.deliveries[0].id, 'delivery'],
      [service.id, 'service'],
      [binding.id, 'binding'],
      [callId, 'call'],
      [exportId, 'export'],
      [adminPerson.personId, 'admin-person'],
      [adminPerson.memberId, 'admin-member'],
      [adminPerson.sessionId, 'admin-session'],
      [elsewhere.sessionId, 'other-session'],
      [developer.personId, 'person'],
      [developer.memberId, 'member'],
      [developer.sessionId, 'session'],
      [passkeyId, 'passkey'],
      [invitation.id, 'invitation'],
      [joining.id, 'joining'],
      [name, 'name'],
      [`${name}.read`, 'its-scope'],
    ]),
  };
}

/** A key with these scopes, or with all there are, whose first use is on record: from there on a use of it writes nothing. */
export async function makeAdmin(
  latchkey: Management,
  accountId: string,
  scopes: readonly string[] = tenantScopes,
): Promise<Json> {
  const key = await latchkey.makeKey(accountId, { name: 'Admin', scopes, grantableScopes: scopes });
  await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
  return key;
}

/** A template of the OpenAPI document, or a text with such names in it, with these ids in their places. */
export function fillIn(template: string, ids: Partial<Ids>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const id = (ids as Readonly<Record<string, string | undefined>>)[name];
    if (id === undefined)
      throw new Error(`Nobody knows a {${name}}: add it to openTenant in test/support/tenants.ts.`);
    return id;
  });
}
