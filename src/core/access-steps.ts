/**
 * What keeps a request out, in the order in which it is asked (contract §3): each step looks at what is known of the request and
 * names the reason it finds. `check-access.ts` takes them from here.
 */
import { isRefusedForAge, overAgeFrom } from './account-policy.js';
import type { AccessRequest, Target } from './access-request.js';
import { brownoutAt } from './brownout.js';
import {
  deny,
  type Decision,
  type DenialContext,
  type DenialReason,
  type Denied,
} from './decision.js';
import type { AllowlistMode, CompiledAllowlist } from './ip-allowlist.js';
import { secretStateAt } from './key-state.js';
import type { HeldAccount, HeldCredential, HeldMember, HeldSession } from './ports.js';
import { isMeant } from './request-origin.js';
import { scopesOfRole } from './roles.js';
import { judgeScopes } from './scope-set.js';

/** Everything a step may look at. */
export interface Facts {
  readonly request: AccessRequest;
  readonly credential: HeldCredential | null;
  readonly session: HeldSession | null;
  readonly member: HeldMember | null;
  readonly storeFailed: boolean;
}

/** A step names the reason it finds, or nothing. */
export type Step = (facts: Facts) => Denied | null;

/** For whoever comes with a key. */
export const keySteps: readonly Step[] = [
  callIsTold,
  callerIsDetermined,
  pathIsValid,
  routesAreThere,
  credentialIsPresent,
  credentialIsWellFormed,
  storeAnswered,
  secretIsKnown,
  secretIsNotExpired,
  secretIsNotBrownedOut,
  secretIsNotRevoked,
  secretIsNotOverAge,
  keyIsNotSuspended,
  accountIsLive,
  hapikeyIsAllowed,
  hapikeyGoesNoFurther,
  addressIsAllowed,
  serviceIsAvailable,
  routeIsKnown,
  routeIsForKeys,
  // Then `judgeByScopes`: the one step that can say yes. Whoever may pass is metered last, so that a denied call costs nothing.
];

/** The same for somebody who is signed in. */
export const sessionSteps: readonly Step[] = [
  callerIsDetermined,
  pathIsValid,
  storeAnswered,
  sessionIsKnown,
  sessionIsNotEnded,
  sessionIsNotExpired,
  requestIsMeant,
  accountIsLive,
  addressIsAllowed,
  routeIsKnown,
];

/** A public route looks at no credential. */
export const publicSteps: readonly Step[] = [
  callerIsDetermined,
  pathIsValid,
  hapikeyGoesNoFurther,
  requestIsNotFromElsewhere,
];

const storeRetryAfterSeconds = 1;

export function firstDenial(order: readonly Step[], facts: Facts): Denied | null {
  for (const step of order) {
    const denial = step(facts);
    if (denial !== null) return denial;
  }
  return null;
}

function callIsTold({ request: { target } }: Facts): Denied | null {
  const { match } = target;
  if (match.kind === 'asker_untrusted') return deny('PROXY_NOT_TRUSTED');
  return match.kind === 'call_unclear' ? deny('CALL_UNCLEAR', { detail: match.detail }) : null;
}

function callerIsDetermined({ request: { caller } }: Facts): Denied | null {
  if (caller.determined) return null;
  return deny('CALLER_UNDETERMINED', caller.detail === undefined ? {} : { detail: caller.detail });
}

function pathIsValid({ request: { path, target } }: Facts): Denied | null {
  if (!path.valid) return deny('PATH_INVALID', { detail: path.detail });
  if (target.match.kind !== 'ambiguous') return null;
  return deny('PATH_INVALID', {
    detail: 'the path leads to another route without its ;parameters',
  });
}

/** Where the routes cannot be told, one may be meant that asks for no credential. */
function routesAreThere({ request }: Facts): Denied | null {
  return request.target.match.kind === 'unavailable' ? storeUnavailable() : null;
}

function credentialIsPresent({ request }: Facts): Denied | null {
  return request.credential.kind === 'missing' ? deny('CREDENTIALS_MISSING') : null;
}

function credentialIsWellFormed({ request }: Facts): Denied | null {
  return request.credential.kind === 'malformed' ? deny('CREDENTIALS_MALFORMED') : null;
}

function storeAnswered({ storeFailed }: Facts): Denied | null {
  return storeFailed ? storeUnavailable() : null;
}

export function storeUnavailable(): Denied {
  return deny('STORE_UNAVAILABLE', { retryAfterSeconds: storeRetryAfterSeconds });
}

function secretIsKnown({ credential }: Facts): Denied | null {
  return credential === null ? deny('KEY_UNKNOWN') : null;
}

/** The secret's own end (its grace is over) or its key's. */
function secretIsNotExpired(facts: Facts): Denied | null {
  const { now } = facts.request;
  const credential = known(facts);
  const { expiresAt } = credential.key;
  if (secretStateAt(credential, now) === 'expired') {
    return deny('SECRET_EXPIRED', { ...endOf(credential), ...rotationOf(credential) });
  }
  return expiresAt !== null && expiresAt <= now
    ? deny('SECRET_EXPIRED', { endedAt: expiresAt })
    : null;
}

function secretIsNotOverAge(facts: Facts): Denied | null {
  const credential = known(facts);
  const { policy } = credential.account;
  if (!isRefusedForAge(credential, policy, facts.request.now)) return null;
  return deny('SECRET_OVER_AGE', { endedAt: overAgeFrom(credential, policy) });
}

function secretIsNotBrownedOut(facts: Facts): Denied | null {
  const { now } = facts.request;
  const { rotation } = known(facts);
  const brownout = rotation === null ? null : brownoutAt(rotation.brownouts, now);
  if (rotation === null || brownout === null) return null;
  const { endsAt } = brownout;
  const retryAfterSeconds = Math.ceil((endsAt - now) / 1000);
  return deny('SECRET_BROWNOUT', { endedAt: endsAt, rotationId: rotation.id, retryAfterSeconds });
}

/** A revoked key says so, whatever became of this secret of it. */
function secretIsNotRevoked(facts: Facts): Denied | null {
  const credential = known(facts);
  if (credential.key.standing === 'revoked') return deny('KEY_REVOKED');
  return secretStateAt(credential, facts.request.now) === 'revoked' ? deny('SECRET_REVOKED') : null;
}

function sessionIsKnown({ session }: Facts): Denied | null {
  return session === null ? deny('SESSION_UNKNOWN') : null;
}

function sessionIsNotEnded({ session }: Facts): Denied | null {
  const endedAt = session?.endedAt ?? null;
  return endedAt === null ? null : deny('SESSION_ENDED', { endedAt });
}

/** The instant itself is already past. */
function sessionIsNotExpired({ session, request: { now } }: Facts): Denied | null {
  const isOver = session !== null && session.expiresAt <= now;
  return isOver ? deny('SESSION_EXPIRED', { endedAt: session.expiresAt }) : null;
}

function requestIsMeant({ request: { sentFrom } }: Facts): Denied | null {
  return sentFrom !== undefined && isMeant(sentFrom) ? null : deny('CROSS_ORIGIN');
}

/** Nobody is to be signed in by a page of somebody else's. */
function requestIsNotFromElsewhere({ request: { sentFrom, target } }: Facts): Denied | null {
  const isOwn = target.match.kind === 'own';
  return isOwn && sentFrom?.origin === 'elsewhere' ? deny('CROSS_ORIGIN') : null;
}

function keyIsNotSuspended(facts: Facts): Denied | null {
  return known(facts).key.standing === 'suspended' ? deny('KEY_SUSPENDED') : null;
}

function accountIsLive(facts: Facts): Denied | null {
  return accountOf(facts)?.suspended ? deny('ACCOUNT_SUSPENDED', personOf(facts)) : null;
}

function hapikeyIsAllowed(facts: Facts): Denied | null {
  const { credential } = facts.request;
  const sentInUrl = credential.kind === 'found' && credential.method === 'hapikey';
  return sentInUrl && !known(facts).account.allowHapikey ? deny('HAPIKEY_NOT_ALLOWED') : null;
}

/** A secret that stays in the query would be told to the upstream, also of a route that looks at none. */
function hapikeyGoesNoFurther({ request: { target, credential } }: Facts): Denied | null {
  if (target.forwarder?.takesHapikeyOut ?? true) return null;
  const { hapikey } = credential.engagement;
  if (hapikey === 'absent' || hapikey === 'empty') return null;
  return deny('HAPIKEY_NOT_ALLOWED', {
    detail: 'the proxy that forwards this call cannot take it out of the URL',
  });
}

function addressIsAllowed(facts: Facts): Denied | null {
  return someListRefuses(facts, 'enforce')
    ? deny('IP_NOT_ALLOWED', { callerIp: callerIp(facts), ...personOf(facts) })
    : null;
}

export function reportedDenial(facts: Facts): DenialReason | null {
  if (accountOf(facts) === null || !facts.request.caller.determined) return null;
  return someListRefuses(facts, 'report') ? 'IP_NOT_ALLOWED' : null;
}

/** Both lists must admit: the account's and the key's. A person has none of their own. */
function someListRefuses(facts: Facts, mode: AllowlistMode): boolean {
  const refuses = (list: CompiledAllowlist) => list.mode === mode && !list.admits(callerIp(facts));
  const account = accountOf(facts);
  if (account !== null && refuses(account.ipAllowlist)) return true;
  return facts.credential !== null && refuses(facts.credential.key.ipAllowlist);
}

/** In which account it is asked. */
function accountOf({ credential, member }: Facts): HeldAccount | null {
  return credential?.account ?? member?.account ?? null;
}

function serviceIsAvailable(facts: Facts): Denied | null {
  const { service, forwarder } = facts.request.target;
  if (service === null) return null;
  const binding = known(facts).key.bindings.get(service.id);
  if (binding === undefined) return service.open ? null : deny('SERVICE_NOT_AVAILABLE');
  const isElsewhere = binding.upstream !== null || binding.credential !== null;
  // A proxy would take the call to where everybody's go, with whatever credential it has for them.
  if (forwarder === undefined || !isElsewhere) return null;
  return deny('SERVICE_NOT_AVAILABLE', {
    detail: 'it has an upstream or a credential of its own there, which only the gateway uses',
  });
}

function routeIsKnown({ request: { target } }: Facts): Denied | null {
  switch (target.match.kind) {
    case 'found':
    case 'own':
      return null;
    case 'method_not_allowed':
      return deny('METHOD_NOT_ALLOWED', { allow: target.match.allow });
    default:
      return deny('ROUTE_UNKNOWN');
  }
}

/** What is open to people is theirs alone: no key signs anybody out. */
function routeIsForKeys({ request: { target } }: Facts): Denied | null {
  const isForPeople = target.match.kind === 'own' && target.match.openTo === 'people';
  return isForPeople ? deny('SESSION_NEEDED') : null;
}

export function judgeByScopes(facts: Facts): Decision {
  const verdict = judgeScopes(scopeSetsOf(facts.request.target), scopesHeldBy(facts));
  if (verdict.open) return { allowed: true, usedScopes: verdict.used };
  const { nearest: requiredScopes, missing: missingScopes } = verdict;
  return deny('SCOPE_MISSING', { requiredScopes, missingScopes, ...personOf(facts) });
}

/** What is said to somebody who is signed in is not said of a key. */
function personOf({ session, member }: Facts): Pick<DenialContext, 'person'> {
  return session === null ? {} : { person: { role: member?.role ?? null } };
}

const noScopes: ReadonlySet<string> = new Set();

function scopesHeldBy({ credential, member }: Facts): ReadonlySet<string> {
  if (credential !== null) return credential.key.scopes;
  return member === null ? noScopes : scopesOfRole(member.role, member.account);
}

/** Steps behind `secretIsKnown` are only reached with a credential. */
export function known({ credential }: Facts): HeldCredential {
  if (credential === null)
    throw new Error('A step that needs a credential stands before secretIsKnown.');
  return credential;
}

function callerIp({ request: { caller } }: Facts): string {
  if (!caller.determined)
    throw new Error('A step that needs the caller stands before callerIsDetermined.');
  return caller.ip;
}

function scopeSetsOf({ match }: Target): readonly (readonly string[])[] {
  if (match.kind === 'found') return match.route.scopeSets;
  return match.kind === 'own' ? match.scopeSets : [];
}

function endOf(credential: HeldCredential): { endedAt?: number } {
  return credential.endsAt === null ? {} : { endedAt: credential.endsAt };
}

function rotationOf(credential: HeldCredential): { rotationId?: string } {
  const { rotation } = credential;
  return rotation?.side === 'retiring' ? { rotationId: rotation.id } : {};
}
