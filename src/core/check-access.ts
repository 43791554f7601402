/**
 * The one place where it is decided whether a request may pass. Every door asks it; it knows none of them.
 *
 * Read `steps` from top to bottom: it is contract §3, in its order.
 */
import { isRefusedForAge, overAgeFrom } from './account-policy.js';
import { brownoutAt } from './brownout.js';
import type { CredentialKind, SecretState } from './call.js';
import type { CallerReading } from './caller.js';
import type { CredentialReading } from './credential.js';
import type { AllowlistMode, CompiledAllowlist } from './ip-allowlist.js';
import { deny, type Decision, type DenialReason, type Denied } from './decision.js';
import { secretStateAt } from './key-state.js';
import type { HeldCredential, KeyDirectory, RateMeter } from './ports.js';
import { StoreUnavailableError } from './ports.js';
import type { LimitStanding } from './rate-limits.js';
import type { PathReading } from './request-path.js';
import type { RouteMatch } from './route-table.js';
import { judgeScopes } from './scope-set.js';

/** What a door received, in the words of the rules. */
export interface AccessRequest {
  /** Epoch milliseconds at which it is judged. */
  readonly now: number;
  readonly caller: CallerReading;
  readonly path: PathReading;
  readonly credential: CredentialReading;
  readonly target: Target;
}

/** What is asked for. */
export interface Target {
  /** The service, unless the request is for Latchkey itself. */
  readonly service: { readonly id: string; readonly open: boolean } | null;
  readonly match: RouteMatch | OwnRoute;
}

/** A route of Latchkey's own: management and `self`. */
export interface OwnRoute {
  readonly kind: 'own';
  readonly path: string;
  readonly scopeSets: readonly (readonly string[])[];
  /** Where it stands for an API. Others open none: they are held to no limit, and who looks after keys is never told to wait. */
  readonly isMetered?: true;
}

/** The decision, and what it was made on: the call's row is written from this. */
export interface AccessOutcome {
  readonly decision: Decision;
  /** Whose credential it was: also where the request was denied for something else. */
  readonly credential: HeldCredential | null;
  readonly secretState: SecretState | null;
  readonly credentialKind: CredentialKind;
  /** What an allowlist in report mode would have said. */
  readonly wouldDeny: DenialReason | null;
  /** How the limits stand that it was held to; empty where it was held to none. */
  readonly limits: readonly LimitStanding[];
}

/** Everything a step may look at. */
interface Facts {
  readonly request: AccessRequest;
  readonly credential: HeldCredential | null;
  readonly storeFailed: boolean;
}

/** A step names the reason it finds, or nothing. */
type Step = (facts: Facts) => Denied | null;

const steps: readonly Step[] = [
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
  addressIsAllowed,
  serviceIsAvailable,
  routeIsKnown,
  // Then `judgeByScopes`: the one step that can say yes. Whoever may pass is metered last, so that a denied call costs nothing.
];

/** A public route looks at no credential. */
const publicSteps: readonly Step[] = [callerIsDetermined, pathIsValid];

const storeRetryAfterSeconds = 1;
const noLimits: readonly LimitStanding[] = [];

export async function checkAccess(
  request: AccessRequest,
  keys: KeyDirectory,
  meter: RateMeter,
): Promise<AccessOutcome> {
  if (isPublic(request.target)) {
    const facts = { request, credential: null, storeFailed: false };
    return outcomeOf(facts, firstDenial(publicSteps, facts) ?? { allowed: true, usedScopes: [] });
  }
  const facts = await identify(request, keys);
  const decision = firstDenial(steps, facts) ?? judgeByScopes(facts);
  if (!isFirstUse(facts)) return metered(facts, decision, meter);
  const denial = await recordFirstUse(facts, keys);
  if (denial !== null) return outcomeOf(facts, denial);
  // While that was waited for, a change may have been made and answered: it is judged by what is so now.
  const asOfNow = await identify(request, keys);
  return metered(asOfNow, firstDenial(steps, asOfNow) ?? judgeByScopes(asOfNow), meter);
}

/** Also where the request is denied: whoever presents a secret has it, so it was not lost on its way to them. */
function isFirstUse({ credential, storeFailed, request: { now } }: Facts): boolean {
  if (credential === null || credential.used || storeFailed) return false;
  const state = secretStateAt(credential, now);
  return state === 'current' || state === 'retiring';
}

/** Counts a call that may pass against its limits, which have the last word. */
function metered(facts: Facts, decision: Decision, meter: RateMeter): AccessOutcome {
  const { now, target } = facts.request;
  if (!decision.allowed || !isMetered(target)) return outcomeOf(facts, decision);
  const { exceeded, standings } = meter.take(known(facts), now);
  if (exceeded === null) return outcomeOf(facts, decision, standings);
  const retryAfterSeconds = Math.ceil((exceeded.resetsAt - now) / 1000);
  return outcomeOf(facts, deny('RATE_LIMITED', { limit: exceeded, retryAfterSeconds }), standings);
}

function outcomeOf(facts: Facts, decision: Decision, limits = noLimits): AccessOutcome {
  const { request, credential } = facts;
  return {
    decision,
    credential,
    // Without the store nobody can say whether it still is what it was.
    secretState:
      credential === null || facts.storeFailed ? null : secretStateAt(credential, request.now),
    credentialKind: request.credential.kind === 'found' ? request.credential.method : 'none',
    wouldDeny: isDeniedForAddress(decision) ? null : reportedDenial(facts),
    limits,
  };
}

/** Who it is comes before whether it may, so that a denied call is still found under its key. */
async function identify(request: AccessRequest, keys: KeyDirectory): Promise<Facts> {
  const reading = request.credential;
  try {
    if (reading.kind === 'found') {
      const found = keys.find(reading.secret);
      return {
        request,
        credential: found instanceof Promise ? await found : found,
        storeFailed: false,
      };
    }
    if (reading.kind === 'malformed') {
      for (const candidate of reading.candidates) {
        const credential = await keys.find(candidate);
        if (credential !== null) return { request, credential, storeFailed: false };
      }
    }
    return { request, credential: null, storeFailed: false };
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    return { request, credential: error.remembered, storeFailed: true };
  }
}

function firstDenial(order: readonly Step[], facts: Facts): Denied | null {
  for (const step of order) {
    const denial = step(facts);
    if (denial !== null) return denial;
  }
  return null;
}

function callerIsDetermined({ request }: Facts): Denied | null {
  return request.caller.determined ? null : deny('CALLER_UNDETERMINED');
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

function storeUnavailable(): Denied {
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

function keyIsNotSuspended(facts: Facts): Denied | null {
  return known(facts).key.standing === 'suspended' ? deny('KEY_SUSPENDED') : null;
}

function accountIsLive(facts: Facts): Denied | null {
  return known(facts).account.suspended ? deny('ACCOUNT_SUSPENDED') : null;
}

function hapikeyIsAllowed(facts: Facts): Denied | null {
  const { credential } = facts.request;
  const sentInUrl = credential.kind === 'found' && credential.method === 'hapikey';
  return sentInUrl && !known(facts).account.allowHapikey ? deny('HAPIKEY_NOT_ALLOWED') : null;
}

function addressIsAllowed(facts: Facts): Denied | null {
  return someListRefuses(facts, 'enforce')
    ? deny('IP_NOT_ALLOWED', { callerIp: callerIp(facts) })
    : null;
}

function isDeniedForAddress(decision: Decision): boolean {
  return !decision.allowed && decision.reason === 'IP_NOT_ALLOWED';
}

function reportedDenial(facts: Facts): DenialReason | null {
  if (facts.credential === null || !facts.request.caller.determined) return null;
  return someListRefuses(facts, 'report') ? 'IP_NOT_ALLOWED' : null;
}

/** Both lists must admit: the account's and the key's. */
function someListRefuses(facts: Facts, mode: AllowlistMode): boolean {
  const { account, key } = known(facts);
  const refuses = (list: CompiledAllowlist) => list.mode === mode && !list.admits(callerIp(facts));
  return refuses(account.ipAllowlist) || refuses(key.ipAllowlist);
}

function serviceIsAvailable(facts: Facts): Denied | null {
  const { service } = facts.request.target;
  if (service === null || service.open || known(facts).key.bindings.has(service.id)) return null;
  return deny('SERVICE_NOT_AVAILABLE');
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

function judgeByScopes(facts: Facts): Decision {
  const verdict = judgeScopes(scopeSetsOf(facts.request.target), known(facts).key.scopes);
  if (verdict.open) return { allowed: true, usedScopes: verdict.used };
  return deny('SCOPE_MISSING', { requiredScopes: verdict.nearest, missingScopes: verdict.missing });
}

async function recordFirstUse(facts: Facts, keys: KeyDirectory): Promise<Denied | null> {
  try {
    return (await keys.recordFirstUse(known(facts))) ? null : deny('SECRET_REVOKED');
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    return storeUnavailable();
  }
}

/** Steps behind `secretIsKnown` are only reached with a credential. */
function known({ credential }: Facts): HeldCredential {
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

/** Where a call opens an API, be it ours to forward or somebody else's who asks. */
function isMetered({ match }: Target): boolean {
  return match.kind === 'found' || (match.kind === 'own' && match.isMetered === true);
}

function isPublic({ match }: Target): boolean {
  return match.kind === 'found' && match.route.public;
}

function endOf(credential: HeldCredential): { endedAt?: number } {
  return credential.endsAt === null ? {} : { endedAt: credential.endsAt };
}

function rotationOf(credential: HeldCredential): { rotationId?: string } {
  const { rotation } = credential;
  return rotation?.side === 'retiring' ? { rotationId: rotation.id } : {};
}
