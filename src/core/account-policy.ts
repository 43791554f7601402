import { secretStateAt } from './key-state.js';
import { graceSecondsMax, graceUnlessSet, type GraceRule } from './rotation.js';

/** What becomes of a secret that is older than it may be: it is only told of, or it is refused as well. */
export type OverAge = 'report' | 'refuse';

export const overAgeChoices: readonly OverAge[] = ['report', 'refuse'];

/** What an account's keys and their secrets are held to. */
export interface AccountPolicy extends GraceRule {
  /** Days after which a secret is to be replaced. */
  readonly secretAgeDaysMax: number;
  readonly overAge: OverAge;
  /** Days from the making of a key to its latest expiry; `null` is no limit. */
  readonly keyLifetimeDaysMax: number | null;
  /** How long an old secret must be quiet to be safely ended. */
  readonly quietSeconds: number;
  /** Whether calls with a retiring secret are told so in `Deprecation` and `Sunset` as well. */
  readonly deprecationHeaders: boolean;
  /** Where they are sent to read what to do; `null` is a page of ours. */
  readonly rotationGuideUrl: string | null;
  /** Days for which rows of the request log are kept. */
  readonly retentionDaysCalls: number;
  /** The same for counters of what keys are used for. */
  readonly retentionDaysCounters: number;
  /** The same for audit events and for notices. */
  readonly retentionDaysAudit: number;
}

/** What an account asks for by itself. What is left out is as in the whole installation. */
export type OwnPolicy = Partial<{
  readonly [Name in keyof AccountPolicy]: NonNullable<AccountPolicy[Name]>;
}>;

/** An account as far as its policy goes. */
export interface PolicyHolder {
  readonly isOperator: boolean;
  readonly policy: OwnPolicy;
}

/** By whom a part of a policy was decided. `fixed`: by nobody, it cannot be otherwise. */
export type PolicySource = 'account' | 'installation' | 'fixed';

/** Of an installation that sets nothing. */
export const policyUnlessSet: AccountPolicy = {
  secretAgeDaysMax: 180,
  overAge: 'report',
  keyLifetimeDaysMax: null,
  ...graceUnlessSet,
  // Systems that run once a day have called within it.
  quietSeconds: 86_400,
  deprecationHeaders: true,
  rotationGuideUrl: null,
  retentionDaysCalls: 90,
  retentionDaysCounters: 90,
  retentionDaysAudit: 90,
};

/** A hundred years: in effect no limit. */
export const policyDaysMax = 36_500;
/** Ten years. */
export const retentionDaysMax = 3_650;
/** No rotation is open for longer, so no old secret could be quiet for longer in one. */
export const quietSecondsMax = graceSecondsMax;

/** In UTF-16 units: it is sent with every answer to a retiring secret. */
export const guideUrlLengthMax = 1_000;

/** The one spelling of the address of a page, which then fits into a header; `null` if it is none. */
export function guideUrlOf(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPage =
    url !== null &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.username + url.password === '';
  return isPage && url.href.length <= guideUrlLengthMax ? url.href : null;
}

export const policyNames = Object.keys(policyUnlessSet) as readonly (keyof AccountPolicy)[];

const dayMs = 86_400_000;

/**
 * The policy in force: the account's own, and the installation's where it has none. The operator's account refuses no secret
 * for its age: whoever could rotate its last key would be refused as well.
 */
export function policyOf(
  { isOperator, policy }: PolicyHolder,
  defaults: AccountPolicy,
): AccountPolicy {
  const chosen = { ...defaults, ...policy };
  return {
    ...chosen,
    overAge: isOperator ? 'report' : chosen.overAge,
    graceSecondsDefault: Math.min(chosen.graceSecondsDefault, chosen.graceSecondsMax),
  };
}

export function policySourceOf(
  { isOperator, policy }: PolicyHolder,
  name: keyof AccountPolicy,
): PolicySource {
  if (isOperator && name === 'overAge') return 'fixed';
  return policy[name] === undefined ? 'installation' : 'account';
}

type AgingSecret = Parameters<typeof secretStateAt>[0] & { readonly createdAt: number };

/** Epoch milliseconds at which a secret is older than it may be; the instant itself is already past. */
export function overAgeFrom(
  { createdAt }: { readonly createdAt: number },
  { secretAgeDaysMax }: AccountPolicy,
): number {
  return createdAt + secretAgeDaysMax * dayMs;
}

/**
 * Whether a secret is over age. Only a current one ever is: one that is being retired has its end already, and until then is
 * needed so that nothing breaks while the key is rotated.
 */
export function isOverAge(secret: AgingSecret, policy: AccountPolicy, now: number): boolean {
  return overAgeFrom(secret, policy) <= now && secretStateAt(secret, now) === 'current';
}

export function isRefusedForAge(secret: AgingSecret, policy: AccountPolicy, now: number): boolean {
  return policy.overAge === 'refuse' && isOverAge(secret, policy, now);
}

/**
 * Whether a grace would outlast the age that its new secret may have: both secrets would be refused, and nothing could be done
 * about it while the rotation is open.
 *
 * @param replacing the new secret
 */
export function outlivesNewSecret(
  graceEndsAt: number,
  replacing: { readonly createdAt: number },
  policy: AccountPolicy,
): boolean {
  return policy.overAge === 'refuse' && graceEndsAt > overAgeFrom(replacing, policy);
}

/** Epoch milliseconds of the latest expiry that a key may be given; `null` is no limit. */
export function latestExpiry(
  createdAt: number,
  { keyLifetimeDaysMax }: AccountPolicy,
): number | null {
  return keyLifetimeDaysMax === null ? null : createdAt + keyLifetimeDaysMax * dayMs;
}

/**
 * Whether an expiry lets a key live longer than it may. What an existing key has already is not given to it, so one that was
 * made before there was a limit keeps its end, and can be given an earlier one.
 *
 * @param expiresAt epoch milliseconds; `null` never expires
 * @param latest see `latestExpiry`
 * @param before the key as it is; nothing for one that is made now
 */
export function outlivesPolicy(
  expiresAt: number | null,
  latest: number | null,
  before?: { readonly expiresAt: number | null },
): boolean {
  if (latest === null) return false;
  const had = before === undefined ? latest : endOf(before.expiresAt);
  return endOf(expiresAt) > Math.max(latest, had);
}

/** The parts of a policy that say for how long something is kept. */
export type RetentionName = Extract<keyof AccountPolicy, `retentionDays${string}`>;

/** Epoch milliseconds: what is older than this is past its time. */
export function keptFrom(now: number, policy: AccountPolicy, name: RetentionName): number {
  return now - policy[name] * dayMs;
}

function endOf(expiresAt: number | null): number {
  return expiresAt ?? Infinity;
}
