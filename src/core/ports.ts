import type { AccountPolicy } from './account-policy.js';
import type { Brownout } from './brownout.js';
import type { Call, CallOutcome } from './call.js';
import type { CompiledAllowlist } from './ip-allowlist.js';
import type { KeyStanding } from './key-state.js';
import type { LimitStanding, RateLimits } from './rate-limits.js';
import type { Role } from './roles.js';
import type { RotationSide } from './rotation.js';
import type { Environment } from './secret-format.js';

/** What the rules need from outside. `store` and `platform` implement these. */

export interface Clock {
  /** Epoch milliseconds. It never goes back while the process lives, so that nothing that ended begins again. */
  now(): number;
}

/** An account as far as a decision needs it. */
export interface HeldAccount {
  readonly id: string;
  readonly name: string;
  readonly isOperator: boolean;
  readonly suspended: boolean;
  readonly allowHapikey: boolean;
  /** The scopes that can be used of the catalogue; `null` is all of them. */
  readonly entitledScopes: readonly string[] | null;
  readonly ipAllowlist: CompiledAllowlist;
  /** The one in force. */
  readonly policy: AccountPolicy;
  /** Over all of its keys together; `null` is none. */
  readonly rateLimits: RateLimits | null;
  /** By whose calendar the days of its limits are, and of its keys' limits: an IANA name. */
  readonly timeZone: string;
}

/** The lasting identity behind a credential, as far as a decision needs it. */
export interface HeldKey {
  readonly id: string;
  readonly name: string;
  readonly environment: Environment;
  readonly standing: KeyStanding;
  readonly expiresAt: number | null;
  /** What the key may really use: its grants, within what its account is entitled to. */
  readonly scopes: ReadonlySet<string>;
  readonly grantableScopes: ReadonlySet<string>;
  readonly ipAllowlist: CompiledAllowlist;
  /** `null` is none. */
  readonly rateLimits: RateLimits | null;
  /** By the id of the service: what binds this key's account, in this key's environment, to it. */
  readonly bindings: ReadonlyMap<string, HeldBinding>;
}

/** An account's access to a service. What is `null` is the service's own. */
export interface HeldBinding {
  readonly upstream: URL | null;
  readonly credential: UpstreamCredential | null;
}

/** What an upstream is shown in the caller's place. */
export interface UpstreamCredential {
  readonly in: 'header' | 'query';
  readonly name: string;
  /** In the clear: it is unsealed when it is read, and lives in memory only. */
  readonly value: string;
}

/** A rotation as far as one of its two secrets needs it. */
export interface HeldRotation {
  readonly id: string;
  readonly side: RotationSide;
  readonly startedAt: number;
  /** When the overlap is over, or was. */
  readonly endsAt: number;
  /** Until then its calls are counted, and stand in the log under it. */
  readonly watchedUntil: number;
  /** When the old secret is refused for a while; empty for the new one. */
  readonly brownouts: readonly Brownout[];
}

/** A credential the installation knows: today a version of a key's secret. */
export interface HeldCredential {
  readonly id: string;
  readonly start: string;
  readonly createdAt: number;
  readonly endsAt: number | null;
  readonly revokedAt: number | null;
  /** Whether it has ended for good, whatever the clock says of `endsAt`. */
  readonly over: boolean;
  /** When it begins to retire, or began, if it has an end. */
  readonly retiresAt: number | null;
  /** The rotation that set `endsAt`, or else the one that brought this secret. */
  readonly rotation: HeldRotation | null;
  /** Whether its first use is on record; see `KeyDirectory.recordFirstUse`. */
  readonly used: boolean;
  readonly key: HeldKey;
  readonly account: HeldAccount;
}

/** Somebody who is signed in, and in which accounts they are what. */
export interface HeldSession {
  readonly id: string;
  readonly person: { readonly id: string; readonly name: string; readonly email: string };
  /** Epoch milliseconds: when it began, and when it ends by itself, for not being used or in any case. */
  readonly startedAt: number;
  readonly expiresAt: number;
  /** Signed out, or ended by a change of the password or by an admin. */
  readonly endedAt: number | null;
  /** The longest there first. */
  readonly members: readonly HeldMember[];
}

/** A person in an account. */
export interface HeldMember {
  readonly id: string;
  readonly role: Role;
  /** Whether notices come to them by e-mail. */
  readonly getsNoticeEmails: boolean;
  readonly account: HeldAccount;
}

export interface SessionDirectory {
  /**
   * The session whose token this is, or `null`. Asking for one that lasts is using it: it lasts longer.
   * @throws StoreUnavailableError
   */
  find(token: string): Promise<HeldSession | null>;
}

/** Thrown by a port whose store cannot be asked. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  /** Whose secret it was when the store was last heard of: good enough for the log, and for no decision. */
  readonly remembered: HeldCredential | null;

  constructor(
    message?: string,
    { remembered, ...options }: ErrorOptions & { remembered?: HeldCredential } = {},
  ) {
    super(message, options);
    this.remembered = remembered ?? null;
  }
}

export interface KeyDirectory {
  /**
   * The credential whose secret this is, or `null`. Answers at once where it is remembered.
   * @throws StoreUnavailableError
   */
  find(secret: string): HeldCredential | null | Promise<HeldCredential | null>;
  /**
   * Puts the first use of a secret on record before its first answer, so that cancelling a rotation cannot race it.
   * @returns whether the secret still stood when the record was made
   * @throws StoreUnavailableError
   */
  recordFirstUse(credential: HeldCredential): Promise<boolean>;
}

/** Whoever has limits: a key, or an account. */
export interface Limited {
  readonly id: string;
  readonly rateLimits: RateLimits | null;
}

/** Whose limits a call is held to. */
export interface Metered {
  readonly key: Limited;
  readonly account: Limited & Pick<HeldAccount, 'timeZone'>;
}

/** What counting a call against its limits came to. */
export interface Metering {
  /** The limit that had no room for it, if one had none: then it was counted against none. */
  readonly exceeded: LimitStanding | null;
  /** Every limit that it is held to, the key's first; empty for a key without any. */
  readonly standings: readonly LimitStanding[];
}

/** Counts calls against the limits of keys and accounts. */
export interface RateMeter {
  /** @param now epoch milliseconds */
  take(metered: Metered, now: number): Metering;
  /** How the limits stand, without counting anything. */
  look(metered: Metered, now: number): readonly LimitStanding[];
}

/** Thrown by the call log when a row cannot be kept. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
}

export interface CallLog {
  /** Whether a row handed over now can be expected to be kept. Asked before anything is forwarded. */
  readonly healthy: boolean;
  /** Takes the next place in the log. */
  nextPosition(atMs: number): number;
  /**
   * Hands a row over. Resolves once it is as safe as the log's mode promises (contract §1).
   * @throws LogUnavailableError
   */
  write(call: NewCall): Promise<void>;
  /** Hands over the row of a call whose answer does not wait for it, and so says what it says whatever becomes of the log. */
  note(call: NewCall): void;
  /** Completes a row that was written before its outcome was known. Nobody waits for it. */
  complete(position: number, outcome: CallOutcome): void;
}

/** Counts what has no row in the call log: calls beyond the junk budget, and what never became a call. */
export interface JunkCounts {
  /**
   * @param minute its first epoch millisecond
   * @param block see `addressBlockOf`
   * @param reason why it was turned away; `null` where it was let through
   */
  count(minute: number, block: string, reason: string | null): void;
}

/** A row before the log has given it its node and number. */
export type NewCall = Omit<Call, 'seq' | 'nodeId'>;
