/**
 * The one place where it is decided whether a request may pass. Every door asks it; it knows none of them.
 *
 * Read `steps` from top to bottom: it is contract §3, in its order.
 */
import { actingMember } from './acting-member.js';
import { isRefusedForAge, overAgeFrom } from './account-policy.js';
import { brownoutAt } from './brownout.js';
import type { CredentialKind, SecretState } from './call.js';
import type { CallerReading } from './caller.js';
import type { CredentialReading } from './credential.js';
import type { AllowlistMode, CompiledAllowlist } from './ip-allowlist.js';
import { deny, type Decision, type DenialReason, type Denied } from './decision.js';
import { secretStateAt } from './key-state.js';
import type {
  HeldAccount,
  HeldCredential,
  HeldMember,
  HeldSession,
  KeyDirectory,
  RateMeter,
  SessionDirectory,
} from './ports.js';
import { StoreUnavailableError } from './ports.js';
import type { LimitStanding } from './rate-limits.js';
import { isMeant, type SentFrom } from './request-origin.js';
import type { PathReading } from './request-path.js';
import { scopesOfRole } from './roles.js';
import type { RouteMatch } from './route-table.js';
import { judgeScopes } from './scope-set.js';

/** What a door received, in the words of the rules. */
export interface AccessRequest {
  /** Epoch milliseconds at which it is judged. */
  readonly now: number;
  readonly caller: CallerReading;
  readonly path: PathReading;
  readonly credential: CredentialReading;
  /** Where a session is a credential: whether a page of ours sent it. */
  readonly sentFrom?: SentFrom;
  readonly target: Target;
}

/** What is asked for. */
export interface Target {
  /** The service, unless the request is for Latchkey itself. */
  readonly service: { readonly id: string; readonly open: boolean } | null;
  readonly match: RouteMatch | OwnRoute | UntoldCall;
  /** Who takes the call to its upstream, where that is not Latchkey. */
  readonly forwarder?: Forwarder;
}

/** A proxy that asks about a call and then takes it to an upstream that we have no say in. */
export interface Forwarder {
  /** Whether it takes the parameter `hapikey` out of the query before. */
  readonly takesHapikeyOut: boolean;
}

/** Somebody asked about a call, and there is none to judge: who asked may not, or did not say which one is meant. */
export type UntoldCall =
  | { readonly kind: 'asker_untrusted' }
  /** @param detail what is wrong, in words that echo no input */
  | { readonly kind: 'call_unclear'; readonly detail: string };

/** A route of Latchkey's own: management and `self`. */
export interface OwnRoute {
  readonly kind: 'own';
  readonly path: string;
  readonly scopeSets: readonly (readonly string[])[];
  /** The account that the request is about, where it names one: as whose member somebody acts. */
  readonly accountId?: string;
  /** Anyone: no credential is looked at. People: whoever is signed in, in whatever account; no key. */
  readonly openTo?: 'anyone' | 'people';
  /** Where it stands for an API. Others open none: they are held to no limit, and who looks after keys is never told to wait. */
  readonly isMetered?: true;
}

/** The decision, and what it was made on: the call's row is written from this. */
export interface AccessOutcome {
  readonly decision: Decision;
  /** Whose credential it was: also where the request was denied for something else. */
  readonly credential: HeldCredential | null;
  /** Who is signed in, and as which of their memberships they act. */
  readonly session: HeldSession | null;
  readonly member: HeldMember | null;
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
  readonly session: HeldSession | null;
  readonly member: HeldMember | null;
  readonly storeFailed: boolean;
}

/** A step names the reason it finds, or nothing. */
type Step = (facts: Facts) => Denied | null;

const steps: readonly Step[] = [
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
const sessionSteps: readonly Step[] = [
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
const publicSteps: readonly Step[] = [
  callerIsDetermined,
  pathIsValid,
  hapikeyGoesNoFurther,
  requestIsNotFromElsewhere,
];

const storeRetryAfterSeconds = 1;
const noLimits: readonly LimitStanding[] = [];

export async function checkAccess(
  request: AccessRequest,
  keys: KeyDirectory,
  meter: RateMeter,
  sessions: SessionDirectory = noSessions,
): Promise<AccessOutcome> {
  if (isPublic(request.target)) {
    const facts = factsOf(request, null);
    return outcomeOf(facts, firstDenial(publicSteps, facts) ?? { allowed: true, usedScopes: [] });
  }
  if (request.credential.kind === 'session') {
    const facts = await identifyPerson(request, request.credential.token, sessions);
    return outcomeOf(facts, firstDenial(sessionSteps, facts) ?? judgeByScopes(facts));
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

/** Where no session is a credential. */
const noSessions: SessionDirectory = { find: () => Promise.resolve(null) };

/** Built field by field: each call at each door has one. */
function factsOf(
  request: AccessRequest,
  credential: HeldCredential | null,
  storeFailed = false,
): Facts {
  return { request, credential, session: null, member: null, storeFailed };
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
  const { request, credential, session, member } = facts;
  return {
    decision,
    credential,
    session,
    member,
    // Without the store nobody can say whether it still is what it was.
    secretState:
      credential === null || facts.storeFailed ? null : secretStateAt(credential, request.now),
    credentialKind: kindOf(request),
    wouldDeny: isDeniedForAddress(decision) ? null : reportedDenial(facts),
    limits,
  };
}

/** A route that is open to anyone looks at none. */
function kindOf({ credential, target }: AccessRequest): CredentialKind {
  if (credential.kind === 'session') return isPublic(target) ? 'none' : 'session';
  return credential.kind === 'found' ? credential.method : 'none';
}

/** Who it is comes before whether it may, so that a denied call is still found under its key. */
async function identify(request: AccessRequest, keys: KeyDirectory): Promise<Facts> {
  const reading = request.credential;
  try {
    if (reading.kind === 'found') {
      const found = keys.find(reading.secret);
      return factsOf(request, found instanceof Promise ? await found : found);
    }
    if (reading.kind === 'malformed') {
      for (const candidate of reading.candidates) {
        const credential = await keys.find(candidate);
        if (credential !== null) return factsOf(request, credential);
      }
    }
    return factsOf(request, null);
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    return factsOf(request, error.remembered, true);
  }
}

/** What is open to all people is of no account, so nobody is there as a member of one. */
async function identifyPerson(
  request: AccessRequest,
  token: string,
  sessions: SessionDirectory,
): Promise<Facts> {
  try {
    const session = await sessions.find(token);
    const { match } = request.target;
    const isOfAccount = match.kind !== 'own' || match.openTo === undefined;
    const accountId = match.kind === 'own' ? (match.accountId ?? null) : null;
    const member =
      session !== null && isOfAccount ? actingMember(session.members, accountId) : null;
    return { request, credential: null, session, member, storeFailed: false };
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    return factsOf(request, null, true);
  }
}

function firstDenial(order: readonly Step[], facts: Facts): Denied | null {
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
  return accountOf(facts)?.suspended ? deny('ACCOUNT_SUSPENDED') : null;
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
    ? deny('IP_NOT_ALLOWED', { callerIp: callerIp(facts) })
    : null;
}

function isDeniedForAddress(decision: Decision): boolean {
  return !decision.allowed && decision.reason === 'IP_NOT_ALLOWED';
}

function reportedDenial(facts: Facts): DenialReason | null {
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

function judgeByScopes(facts: Facts): Decision {
  const verdict = judgeScopes(scopeSetsOf(facts.request.target), scopesHeldBy(facts));
  if (verdict.open) return { allowed: true, usedScopes: verdict.used };
  return deny('SCOPE_MISSING', { requiredScopes: verdict.nearest, missingScopes: verdict.missing });
}

const noScopes: ReadonlySet<string> = new Set();

function scopesHeldBy({ credential, member }: Facts): ReadonlySet<string> {
  if (credential !== null) return credential.key.scopes;
  return member === null ? noScopes : scopesOfRole(member.role, member.account);
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
  if (match.kind === 'own') return match.openTo === 'anyone';
  return match.kind === 'found' && match.route.public;
}

function endOf(credential: HeldCredential): { endedAt?: number } {
  return credential.endsAt === null ? {} : { endedAt: credential.endsAt };
}

function rotationOf(credential: HeldCredential): { rotationId?: string } {
  const { rotation } = credential;
  return rotation?.side === 'retiring' ? { rotationId: rotation.id } : {};
}
