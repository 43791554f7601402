/**
 * The one place where it is decided whether a request may pass. Every door asks it; it knows none of them.
 *
 * Read the lists in `access-steps.ts` from top to bottom: they are contract §3, in its order.
 */
import { isPublic, type AccessRequest, type Target } from './access-request.js';
import {
  firstDenial,
  judgeByScopes,
  keySteps,
  known,
  publicSteps,
  reportedDenial,
  sessionSteps,
  storeUnavailable,
  type Facts,
} from './access-steps.js';
import { actingMember } from './acting-member.js';
import type { CredentialKind, SecretState } from './call.js';
import { deny, type Decision, type DenialReason, type Denied } from './decision.js';
import { secretStateAt } from './key-state.js';
import type {
  HeldCredential,
  HeldMember,
  HeldSession,
  KeyDirectory,
  RateMeter,
  SessionDirectory,
} from './ports.js';
import { StoreUnavailableError } from './ports.js';
import type { LimitStanding } from './rate-limits.js';

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
  const decision = firstDenial(keySteps, facts) ?? judgeByScopes(facts);
  if (!isFirstUse(facts)) return metered(facts, decision, meter);
  const denial = await recordFirstUse(facts, keys);
  if (denial !== null) return outcomeOf(facts, denial);
  // While that was waited for, a change may have been made and answered: it is judged by what is so now.
  const asOfNow = await identify(request, keys);
  return metered(asOfNow, firstDenial(keySteps, asOfNow) ?? judgeByScopes(asOfNow), meter);
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

function isDeniedForAddress(decision: Decision): boolean {
  return !decision.allowed && decision.reason === 'IP_NOT_ALLOWED';
}

async function recordFirstUse(facts: Facts, keys: KeyDirectory): Promise<Denied | null> {
  try {
    return (await keys.recordFirstUse(known(facts))) ? null : deny('SECRET_REVOKED');
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    return storeUnavailable();
  }
}

/** Where a call opens an API, be it ours to forward or somebody else's who asks. */
function isMetered({ match }: Target): boolean {
  return match.kind === 'found' || (match.kind === 'own' && match.isMetered === true);
}
