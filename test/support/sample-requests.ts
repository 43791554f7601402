import { readFileSync } from 'node:fs';
import { operationsIn, type Operation } from './api-description.js';
import type { Json } from './latchkey.js';
import type { Request } from './management.js';
import { fillIn, type Ids, type Tenant } from './tenants.js';

/**
 * A request that succeeds for the operator, on a tenant as `openTenant` leaves it, and what it does. What takes a server for e-mails is
 * refused, as on an installation without one.
 */
export interface Sample {
  readonly status: number;
  /** May name ids, as a path does. */
  readonly body?: Json;
  /** Who asks where somebody has to be signed in: the account's admin, unless it takes who has a second factor. */
  readonly by?: 'who has a second factor';
  /** What the operator has to do first. */
  readonly first?: readonly [method: string, template: string, body?: Json];
  /** Which id the answer holds. */
  readonly tells?: keyof Ids;
  /** For a route that names no account and needs no scope of the operator’s: who finds something there. */
  readonly isFor?: 'everybody' | 'the operator';
  /** What it writes beside its event and its number, as `changesBetween` has it; without, it writes nothing at all. */
  readonly writes?: readonly string[];
  readonly query?: string;
  /** What it writes in each row that others have in these tables. */
  readonly writesOfOthers?: Readonly<Record<string, string>>;
  /** Whose trail its event is in, of which kind it is, and what of. */
  readonly event?: string;
  /** The event of its end, where that is one of its own. */
  readonly endEvent?: string;
  /** A second event of the same change. */
  readonly andEvent?: string;
}

/** Every operation of the committed `openapi.json`; a test holds the running document to it. */
export const operations: readonly Operation[] = operationsIn(
  JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')),
);

/** Those that a key may ask for: the others are open to people, or to anyone. */
export const operationsOfKeys = operations.filter(({ openTo }) => openTo === undefined);

export function sampleOf({ method, template }: Operation): Sample {
  const sample = samples[`${method} ${template}`];
  if (sample === undefined)
    throw new Error(
      `Nobody knows a request for ${method} ${template}: add it to test/support/sample-requests.ts.`,
    );
  return sample;
}

/** Who may ask where somebody has to be signed in. */
type Visitors = Pick<Tenant, 'adminPerson' | 'developer'>;

/** The request for an operation on these objects. Where a retry could be carried out once, it has an `Idempotency-Key`. */
export function requestFor(operation: Operation, ids: Ids & Visitors, secret?: string): Request {
  const { method, template, parameters, openTo } = operation;
  const { body, by, query = '' } = sampleOf(operation);
  const visitor = by === undefined ? ids.adminPerson : ids.developer;
  const isRetried = parameters.includes('Idempotency-Key');
  return {
    method,
    path: fillIn(template, ids) + query,
    ...(body !== undefined && { body: filled(body, ids) }),
    ...(secret !== undefined && openTo === undefined && { secret }),
    ...(openTo === 'people' && { session: visitor.session }),
    ...(isRetried && { headers: { 'idempotency-key': `once-${(requests += 1)}` } }),
  };
}

let requests = 0;

export function filled(body: Json, ids: Ids): Json {
  return JSON.parse(fillIn(JSON.stringify(body), ids));
}

const account = '/v1/accounts/{accountId}';
const key = `${account}/keys/{keyId}`;
const rotation = `${key}/rotations/{rotationId}`;
const webhook = `${account}/webhooks/{webhookId}`;
const delivery = `${account}/notices/{noticeId}/deliveries/{deliveryId}`;
const binding = `${account}/services/{name}`;
const member = `${account}/members/{memberId}`;

const accountChanged = (what: string) => [
  `~ account account: ${what}`,
  '+ access_change account account',
];
const keyChanged = (what = 'revision') => [
  `~ api_key key account production: ${what}`,
  '+ access_change key key',
];
const noSecretYet = ['+ secret key', '~ secret replacing key: revoked_at'];
/** The rows of a notice, and of its way to the key’s contact and to the account’s admin. */
const toldOf = (...subjects: string[]) => [
  ['+ notice account', ...subjects].join(' '),
  '+ notice_delivery account',
  '+ notice_delivery account admin-member',
];
const anAllowlist = { mode: 'report', entries: [{ cidr: '192.0.2.0/24' }] };
const aDocument = {
  openapi: '3.0.0',
  info: { title: 'x', version: '1' },
  paths: { '/b': { get: { responses: {} } } },
};

export const samples: Readonly<Record<string, Sample>> = {
  'POST /v1/accounts': {
    ...{ status: 201, body: { name: 'Another' } },
    ...{ writes: ['+ account', '+ access_change account', '+ audit_head'] },
    event: 'account.created',
  },
  'GET /v1/accounts': { status: 200, tells: 'accountId', isFor: 'everybody' },
  [`GET ${account}`]: { status: 200, tells: 'accountId' },
  [`PATCH ${account}`]: {
    ...{ status: 200, body: { name: 'Renamed' }, tells: 'accountId' },
    ...{ writes: accountChanged('name, revision'), event: 'account account.changed account' },
  },
  [`POST ${account}/suspend`]: {
    ...{ status: 200, tells: 'accountId' },
    ...{
      writes: accountChanged('revision, suspended'),
      event: 'account account.suspended account',
    },
  },
  [`POST ${account}/resume`]: {
    ...{ status: 200, tells: 'accountId', first: ['POST', `${account}/suspend`] },
    ...{ writes: accountChanged('revision, suspended'), event: 'account account.resumed account' },
  },
  [`GET ${account}/policy`]: { status: 200 },
  [`PUT ${account}/policy`]: {
    ...{ status: 200, body: { overAge: 'refuse' } },
    writes: accountChanged('policy, revision'),
    event: 'account account.policy_changed account',
  },
  [`GET ${account}/limits`]: { status: 200 },
  [`GET ${key}/limits`]: { status: 200 },
  [`GET ${account}/hygiene`]: { status: 200, tells: 'keyId' },
  [`GET ${account}/ip-allowlist`]: { status: 200 },
  [`PUT ${account}/ip-allowlist`]: {
    ...{ status: 200, body: anAllowlist },
    writes: accountChanged('ip_allowlist, revision'),
    event: 'account account.ip_allowlist_changed account',
  },
  [`POST ${account}/ip-allowlist/check`]: { status: 200, body: { ip: '192.0.2.1' } },
  [`GET ${account}/audit-events`]: { status: 200, tells: 'accountId' },
  [`GET ${account}/audit-events/head`]: { status: 200, tells: 'accountId' },
  [`POST ${account}/audit-events/verify`]: { status: 200 },
  'GET /v1/audit-heads': {
    ...{ status: 200, tells: 'accountId', isFor: 'the operator', query: '?limit=500' },
  },
  [`GET ${account}/request-log`]: { status: 200, tells: 'accountId' },
  [`GET ${account}/request-log/{callId}`]: { status: 200, tells: 'callId' },
  'GET /v1/request-log/{callId}': { status: 200, tells: 'callId', isFor: 'the operator' },
  [`GET ${account}/request-log/counts`]: { status: 200 },
  'GET /v1/request-log/counts': { status: 200, isFor: 'the operator' },
  [`GET ${account}/request-log/export`]: {
    ...{ status: 200, tells: 'accountId' },
    event: 'account request_log.export_started',
    endEvent: 'account request_log.export_completed',
  },
  [`GET ${account}/request-log/exports/{exportId}`]: { status: 200, tells: 'exportId' },
  'GET /v1/request-log/export': {
    ...{ status: 200, tells: 'accountId', isFor: 'the operator' },
    event: 'operator request_log.export_started',
    endEvent: 'operator request_log.export_completed',
  },
  'GET /v1/request-log/exports/{exportId}': {
    ...{ status: 200, tells: 'exportId', isFor: 'the operator' },
  },
  [`GET ${account}/registers/access`]: {
    ...{ status: 200, tells: 'keyId' },
    event: 'account register.access_taken',
  },
  [`GET ${account}/registers/incident`]: {
    ...{ status: 200, tells: 'accountId', query: '?from=2020-01-01T00:00:00Z' },
    event: 'account register.incident_taken',
  },
  'GET /v1/registers/incident': {
    ...{ status: 200, tells: 'accountId', isFor: 'the operator', query: '?ip=127.0.0.1' },
    event: 'operator register.incident_taken',
  },
  [`GET ${account}/request-log/stream`]: { status: 200 },
  'GET /v1/request-log/stream': { status: 200, isFor: 'the operator' },
  'GET /v1/request-log/gaps': { status: 200, isFor: 'the operator' },
  'GET /v1/request-log/junk': { status: 200, isFor: 'the operator' },
  'GET /v1/request-log': { status: 200, tells: 'accountId', isFor: 'the operator' },

  [`POST ${account}/keys`]: {
    ...{ status: 201, body: { name: 'Another', scopes: ['{name}.read'] }, tells: 'accountId' },
    writes: [
      ...['+ api_key account production', '+ api_key_grant its-scope use', '+ secret'],
      ...['+ access_change key'],
    ],
    event: 'account key.created',
  },
  [`GET ${account}/keys`]: { status: 200, tells: 'keyId' },
  [`GET ${key}`]: { status: 200, tells: 'keyId' },
  [`GET ${key}/usage`]: { status: 200, tells: 'keyId' },
  [`PATCH ${key}`]: {
    ...{ status: 200, body: { name: 'Renamed', scopes: [] }, tells: 'keyId' },
    writes: [...keyChanged('name, revision'), '- api_key_grant key its-scope use'],
    event: 'account key.changed key',
  },
  [`POST ${key}/suspend`]: {
    ...{ status: 200, tells: 'keyId' },
    writes: [...keyChanged('revision, standing'), ...toldOf('key')],
    event: 'account key.suspended key',
  },
  [`POST ${key}/resume`]: {
    ...{ status: 200, tells: 'keyId', first: ['POST', `${key}/suspend`] },
    ...{ writes: keyChanged('revision, standing'), event: 'account key.resumed key' },
  },
  [`POST ${key}/revoke`]: {
    ...{ status: 200, tells: 'keyId' },
    writes: [
      ...[...keyChanged('revision, standing'), ...toldOf('key')],
      '~ rotation rotation key retiring replacing: ended_at, standing',
    ],
    event: 'account key.revoked key',
  },
  [`POST ${key}/reissue`]: {
    ...{ status: 200, tells: 'keyId' },
    writes: [
      ...[...keyChanged(), ...noSecretYet],
      '~ rotation rotation key retiring replacing: replacing_secret_id',
    ],
    event: 'account key.reissued key',
  },
  [`GET ${key}/ip-allowlist`]: { status: 200 },
  [`PUT ${key}/ip-allowlist`]: {
    ...{ status: 200, body: anAllowlist },
    writes: keyChanged('ip_allowlist, revision'),
    event: 'account key.ip_allowlist_changed key',
  },
  [`POST ${key}/ip-allowlist/check`]: { status: 200, body: { ip: '192.0.2.1' } },

  [`POST ${key}/rotations`]: {
    // An end that comes while other tests run would be written down in the middle of them.
    ...{ status: 201, body: { graceSeconds: 3600 }, first: ['POST', `${rotation}/finish`] },
    writes: [
      ...[...keyChanged(), '+ secret key', '+ rotation key replacing', ...toldOf('key')],
      '~ secret replacing key: ends_at, rotation_id',
    ],
    event: 'account rotation.opened key',
  },
  [`GET ${rotation}`]: { status: 200, tells: 'rotationId' },
  [`POST ${rotation}/finish`]: {
    ...{ status: 200, tells: 'rotationId' },
    writes: [
      ...[...keyChanged(), '~ secret retiring key rotation: ends_at'],
      '~ rotation rotation key retiring replacing: ended_at, standing',
      ...toldOf('key', 'rotation'),
    ],
    event: 'account rotation.finished key',
  },
  [`POST ${rotation}/cancel`]: {
    ...{ status: 200, tells: 'rotationId' },
    writes: [
      ...[...keyChanged(), '~ secret retiring key rotation: ends_at, rotation_id'],
      '~ secret replacing key: revoked_at',
      '~ rotation rotation key retiring replacing: ended_at, standing',
      ...toldOf('key', 'rotation'),
    ],
    event: 'account rotation.cancelled key',
  },
  [`POST ${rotation}/extend`]: {
    ...{ status: 200, body: { graceEndsAt: soon() }, tells: 'rotationId' },
    writes: [
      ...[...keyChanged(), '~ secret retiring key rotation: ends_at'],
      '~ rotation rotation key retiring replacing: grace_ends_at',
      ...toldOf('key', 'rotation'),
    ],
    event: 'account rotation.extended key',
  },
  [`PUT ${rotation}/brownouts`]: {
    ...{ status: 200, tells: 'rotationId' },
    body: { brownouts: [{ startsAt: soon(), endsAt: soon(60_000) }] },
    writes: [...keyChanged(), '~ rotation rotation key retiring replacing: brownouts'],
    event: 'account rotation.brownouts_planned key',
  },
  [`POST ${rotation}/reissue`]: {
    ...{ status: 200, tells: 'rotationId' },
    writes: [
      ...[...keyChanged(), ...noSecretYet],
      '~ rotation rotation key retiring replacing: replacing_secret_id',
    ],
    event: 'account rotation.reissued key',
  },

  [`GET ${account}/notices`]: { status: 200, tells: 'noticeId' },
  [`GET ${account}/notices/{noticeId}`]: { status: 200, tells: 'deliveryId' },
  [`POST ${delivery}/retry`]: {
    ...{ status: 200, tells: 'deliveryId' },
    writes: ['~ notice_delivery delivery notice account: next_attempt_at'],
    event: 'account notice.delivery_retried delivery',
  },
  [`GET ${account}/notice-emails`]: { status: 200 },
  [`PUT ${account}/notice-emails`]: {
    ...{ status: 200, body: { emails: ['ops@example.com'] } },
    writes: accountChanged('notice_emails, revision'),
    event: 'account account.notice_emails_changed account',
  },
  [`POST ${account}/webhooks`]: {
    ...{ status: 201, body: { url: 'https://example.com' }, tells: 'accountId' },
    ...{ writes: ['+ webhook account'], event: 'account webhook.created' },
  },
  [`GET ${account}/webhooks`]: { status: 200, tells: 'webhookId' },
  [`GET ${webhook}`]: { status: 200, tells: 'webhookId' },
  [`PATCH ${webhook}`]: {
    ...{ status: 200, body: { enabled: false }, tells: 'webhookId' },
    writes: ['~ webhook webhook account: enabled, revision'],
    event: 'account webhook.changed webhook',
  },
  [`DELETE ${webhook}`]: {
    ...{ status: 204, writes: ['- webhook webhook account'] },
    event: 'account webhook.deleted webhook',
  },
  [`POST ${webhook}/test`]: {
    status: 200,
    writes: ['+ notice account', '+ notice_delivery account webhook'],
    event: 'account webhook.tested webhook',
  },
  [`POST ${webhook}/rotate-secret`]: {
    ...{ status: 200, tells: 'webhookId' },
    writes: ['~ webhook webhook account: previous_secret, revision, secret'],
    event: 'account webhook.secret_rotated webhook',
  },

  [`GET ${account}/members`]: { status: 200, tells: 'memberId' },
  [`GET ${member}`]: { status: 200, tells: 'memberId' },
  [`PATCH ${member}`]: {
    ...{ status: 200, body: { role: 'auditor' }, tells: 'memberId' },
    writes: ['~ member member account person: revision, role'],
    event: 'account member.role_changed member',
  },
  [`DELETE ${member}`]: {
    status: 204,
    writes: ['- member member account person', '~ session session person: ended_at'],
    event: 'account member.removed member',
  },
  [`POST ${member}/end-sessions`]: {
    ...{ status: 200, writes: ['~ session session person: ended_at'] },
    event: 'account member.sessions_ended member',
  },
  [`POST ${member}/recovery-link`]: {
    ...{ status: 201, writes: ['+ one_time_link person'] },
    event: 'account member.recovery_link_made member',
  },
  [`DELETE ${member}/second-factor`]: {
    status: 204,
    writes: [
      ...['- second_factor person', ...times(10, '- recovery_code person')],
      ...['- passkey passkey person', '~ session session person: ended_at'],
    ],
    event: 'account member.second_factor_reset member',
  },
  [`POST ${account}/invitations`]: {
    ...{ status: 201, body: { email: 'another@example.com', role: 'auditor' } },
    ...{ tells: 'accountId', writes: ['+ one_time_link account'] },
    event: 'account member.invited',
  },
  [`GET ${account}/invitations`]: { status: 200, tells: 'invitationId' },
  [`DELETE ${account}/invitations/{invitationId}`]: {
    ...{ status: 204, writes: ['~ one_time_link invitation account: revoked_at'] },
    event: 'account member.invitation_revoked invitation',
  },

  [`POST ${account}/invitations/{invitationId}/resend`]: {
    status: 200,
    writes: ['~ one_time_link invitation account: digest, expires_at'],
    event: 'account member.invitation_resent invitation',
  },

  'POST /v1/session': {
    ...{ status: 204, body: { email: '{email}', password: '{password}' } },
    ...{ writes: ['+ session admin-person'], event: 'account person.signed_in admin-person' },
  },
  'GET /v1/session': { status: 200, tells: 'accountId' },
  'DELETE /v1/session': {
    ...{ status: 204, writes: ['~ session admin-session admin-person: ended_at'] },
    event: 'account person.signed_out admin-person',
  },
  'PUT /v1/session/password': {
    status: 204,
    body: { currentPassword: '{password}', newPassword: 'another password, as long' },
    writes: [
      '~ person admin-person: password_changed_at, password_hash, revision',
      '~ session admin-session admin-person: ended_at',
      '~ session other-session admin-person: ended_at',
      '+ session admin-person',
    ],
    event: 'account person.password_changed admin-person',
    andEvent: 'account person.signed_in admin-person',
  },
  'PATCH /v1/session/memberships/{membershipId}': {
    ...{ status: 200, body: { getsNoticeEmails: false } },
    writes: ['~ member admin-member account admin-person: gets_notice_emails'],
    event: 'account member.notice_emails_set admin-member',
  },
  'GET /v1/session/sessions': { status: 200, tells: 'sessionId' },
  'POST /v1/session/sessions/end-others': {
    ...{ status: 200, writes: ['~ session other-session admin-person: ended_at'] },
    event: 'account person.sessions_ended admin-person',
  },
  'DELETE /v1/session/sessions/{sessionId}': {
    ...{ status: 204, writes: ['~ session other-session admin-person: ended_at'] },
    event: 'account person.session_ended admin-person',
  },
  'GET /v1/session/second-factor': { status: 200 },
  'POST /v1/session/second-factor': {
    status: 201,
    writes: ['- second_factor admin-person', '+ second_factor admin-person'],
    event: 'account person.second_factor_begun admin-person',
  },
  'POST /v1/session/second-factor/confirm': {
    ...{ status: 200, body: { password: '{password}', code: '{firstCode}' } },
    writes: [
      '~ second_factor admin-person: confirmed_at, last_step',
      ...times(10, '+ recovery_code admin-person'),
      '~ session admin-session admin-person: ended_at',
      '~ session other-session admin-person: ended_at',
      '+ session admin-person',
    ],
    event: 'account person.second_factor_turned_on admin-person',
    andEvent: 'account person.signed_in admin-person',
  },
  'POST /v1/session/second-factor/recovery-codes': {
    ...{ status: 200, by: 'who has a second factor' },
    body: { password: '{developerPassword}', code: '{recoveryCode}' },
    writes: [...times(10, '- recovery_code person'), ...times(10, '+ recovery_code person')],
    event: 'account person.recovery_codes_made person',
  },
  'POST /v1/session/second-factor/turn-off': {
    ...{ status: 204, by: 'who has a second factor' },
    body: { password: '{developerPassword}', code: '{recoveryCode}' },
    writes: [
      ...['- second_factor person', ...times(10, '- recovery_code person')],
      ...['~ session session person: ended_at', '+ session person'],
    ],
    event: 'account person.second_factor_turned_off person',
    andEvent: 'account person.signed_in person',
  },
  'GET /v1/session/passkey': { status: 200 },
  'POST /v1/session/passkey': {
    status: 204,
    body: {
      ...{ id: '{credentialId}', clientDataJSON: '{assertedClientData}' },
      ...{ authenticatorData: '{authenticatorData}', signature: '{signature}' },
    },
    writes: [
      '~ passkey passkey person: counter, last_challenge_at, last_used_at',
      '+ session person',
    ],
    event: 'account person.signed_in person',
  },
  'GET /v1/session/passkeys': {
    ...{ status: 200, by: 'who has a second factor', tells: 'passkeyId' },
  },
  'POST /v1/session/passkeys/challenge': {
    ...{ status: 200, by: 'who has a second factor' },
    body: { password: '{developerPassword}', code: '{recoveryCode}' },
    writes: ['~ recovery_code person: used_at'],
    event: 'account person.passkey_begun person',
  },
  'POST /v1/session/passkeys': {
    status: 201,
    body: {
      ...{ name: 'Phone', id: '{newCredentialId}', clientDataJSON: '{attestedClientData}' },
      ...{ attestationObject: '{attestationObject}', transports: ['internal'] },
    },
    writes: ['+ passkey admin-person'],
    event: 'account person.passkey_added admin-person',
  },
  'DELETE /v1/session/passkeys/{passkeyId}': {
    ...{ status: 204, by: 'who has a second factor', writes: ['- passkey passkey person'] },
    event: 'account person.passkey_removed person',
  },
  'POST /v1/session/join': {
    ...{ status: 204, body: { token: '{joinToken}' } },
    writes: ['~ one_time_link joining operator: used_at', '+ member operator admin-person'],
    event: 'operator member.joined',
  },
  'GET /v1/session/recovery': { status: 200 },
  // `test/http/mailed-links` asks where e-mails are sent.
  'POST /v1/session/recovery': { status: 409, body: { email: '{email}' } },
  'POST /v1/links/read': { status: 200, body: { token: '{linkToken}' }, tells: 'accountId' },
  'POST /v1/links/use': {
    status: 204,
    body: { token: '{linkToken}', name: 'Somebody', password: 'a password of somebody' },
    writes: [
      ...['~ one_time_link invitation account: used_at', '+ person', '+ member account'],
      '+ session',
    ],
    event: 'account member.joined',
    andEvent: 'account person.signed_in',
  },

  'GET /v1/sealing-key': { status: 200, isFor: 'the operator' },
  'POST /v1/sealing-key/rotate': {
    status: 200,
    writes: [
      ...['~ installation: value', '- installation', '+ installation'],
      '~ webhook webhook account: secret',
      ...['~ second_factor admin-person: secret', '~ second_factor person: secret'],
    ],
    writesOfOthers: { webhook: '~ webhook: secret', second_factor: '~ second_factor: secret' },
    event: 'operator sealing_key.rotated',
  },

  // The tests make more of them than are on the first page.
  'GET /v1/scopes': { status: 200, tells: 'name', isFor: 'everybody', query: '?limit=500' },
  'GET /v1/scopes/{name}': { status: 200, tells: 'name', isFor: 'everybody' },
  'PUT /v1/scopes/{name}': {
    ...{ status: 200, body: { description: 'Another' }, tells: 'name' },
    ...{ writes: ['~ scope name: description'], event: 'operator scope.changed name' },
  },
  'DELETE /v1/scopes/{name}': {
    ...{ status: 204, writes: ['- scope name'], event: 'operator scope.deleted name' },
  },
  'GET /v1/services': { status: 200, tells: 'name', isFor: 'everybody' },
  'GET /v1/services/{name}': { status: 200, tells: 'name', isFor: 'everybody' },
  'PUT /v1/services/{name}': {
    ...{ status: 200, tells: 'name' },
    body: { upstream: 'http://127.0.0.1:2', mount: '/{name}' },
    writes: ['~ service service name: revision, upstream', '+ access_change service service'],
    event: 'operator service.changed service',
  },
  'GET /v1/services/{name}/routes': { status: 200, isFor: 'everybody' },
  'PUT /v1/services/{name}/routes': {
    ...{ status: 200, body: { routes: [{ method: 'GET', path: '/b', scopeSets: [] }] } },
    writes: [
      ...['~ service service name: revision', '+ access_change service service'],
      ...['- route service', '+ route service'],
    ],
    event: 'operator service.routes_replaced service',
  },
  'PUT /v1/services/{name}/openapi': {
    ...{ status: 200, body: aDocument },
    writes: [
      ...['~ service service name: revision', '+ access_change service service'],
      ...['- route service', '+ route service'],
    ],
    event: 'operator service.openapi_imported service',
  },
  [`GET ${binding}`]: { status: 200, tells: 'accountId' },
  [`PUT ${binding}`]: {
    ...{ status: 200, body: { upstream: 'http://127.0.0.1:2' }, tells: 'accountId' },
    writes: [
      '~ binding binding account service: revision, upstream',
      '+ access_change account account',
    ],
    event: 'account binding.changed binding',
  },
  [`DELETE ${binding}`]: {
    status: 204,
    writes: ['- binding binding account service', '+ access_change account account'],
    event: 'account binding.deleted binding',
  },
};

function times(count: number, line: string): string[] {
  return Array<string>(count).fill(line);
}

function soon(laterMs = 0): string {
  return new Date(Date.now() + 600_000 + laterMs).toISOString();
}
