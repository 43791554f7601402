/**
 * The overlap of two secrets as a state machine. It holds no secret and no store: it says which step is allowed when, and
 * what the two secrets' ends become. Times are epoch milliseconds.
 */

export const graceSecondsMax = 7_776_000;

/** How long graces are. */
export interface GraceRule {
  /** Where nobody asks for another. */
  readonly graceSecondsDefault: number;
  readonly graceSecondsMax: number;
}

export const graceUnlessSet: GraceRule = { graceSecondsDefault: 604_800, graceSecondsMax };

/** How far ahead a rotation can be scheduled. */
const startsWithinMs = 90 * 86_400_000;

/** How long after its end a rotation's secrets are still watched: who knocks with the old one then was forgotten. */
const watchedAfterMs = 30 * 86_400_000;
/** How long a rotation can be watched, from its making. */
export const watchedMsMax = startsWithinMs + graceSecondsMax * 1000 + watchedAfterMs;

/** Which of the two secrets: the old one, or the new one. */
export type RotationSide = 'retiring' | 'replacing';

/** `scheduled` and `expired` are computed from the time as well: nobody has to be there when a rotation begins or ends. */
export type RotationState = 'scheduled' | RotationStanding;

/** How far a rotation was taken by somebody; `expired` only writes down what the time has brought. */
export type RotationStanding = 'open' | 'finished' | 'expired' | 'cancelled';

export interface Rotation {
  readonly standing: RotationStanding;
  /** When the old secret begins to retire. While that is to come, the new one works all the same. */
  readonly startedAt: number;
  readonly graceEndsAt: number;
  /** When `finish` or `cancel` ended it. */
  readonly endedAt: number | null;
}

/** What a rotation makes of its two secrets. `endsAt: null` is open-ended; `revokedAt` is an end before its time. */
export interface SecretEnds {
  readonly retiring: { readonly endsAt: number | null };
  readonly replacing: { readonly revokedAt: number | null };
}

export type RotationStep<Refusal = RotationRefusal> =
  | { readonly ok: true; readonly rotation: Rotation }
  | { readonly ok: false; readonly why: Refusal };

export type RotationRefusal = 'not_open' | 'grace_out_of_range' | 'replacing_already_used';

type WishRefusal = 'start_out_of_range' | 'grace_out_of_range';

/** Why a key gets no new secret. */
export type OpeningRefusal =
  | { readonly why: 'key_revoked' | 'key_expired' | 'start_out_of_range' }
  | { readonly why: 'grace_out_of_range'; readonly grace: Grace; readonly graceSecondsMax: number }
  | { readonly why: 'grace_outlives_secret'; readonly secretAgeDaysMax: number }
  | { readonly why: 'rotation_open'; readonly rotation: Rotation & { readonly id: string } };

/** How long an old secret is to work: as a span from the beginning of its rotation, or until an instant. */
export type Grace = { readonly seconds: number } | { readonly endsAt: number };

/** When a rotation is to begin, and until when its old secret is to work. */
export interface RotationWish {
  /** At once unless given. */
  readonly startsAt?: number;
  /** As long as the rule says unless given. */
  readonly grace?: Grace;
}

export function openRotation(
  now: number,
  { startsAt, ...wish }: RotationWish,
  rule = graceUnlessSet,
): RotationStep<WishRefusal> {
  if (startsAt !== undefined && !(startsAt > now && startsAt <= now + startsWithinMs)) {
    return { ok: false, why: 'start_out_of_range' };
  }
  const startedAt = startsAt ?? now;
  const grace = wish.grace ?? { seconds: rule.graceSecondsDefault };
  const graceEndsAt = 'endsAt' in grace ? grace.endsAt : startedAt + grace.seconds * 1000;
  const isWhole = 'endsAt' in grace || Number.isInteger(grace.seconds);
  const latest = startedAt + rule.graceSecondsMax * 1000;
  if (!isWhole || !isBetween(startedAt, graceEndsAt, latest))
    return { ok: false, why: 'grace_out_of_range' };
  const standing = standingAt(graceEndsAt, now);
  return { ok: true, rotation: { standing, startedAt, graceEndsAt, endedAt: null } };
}

/** An end that has come is written down at once: no clock that is set back takes it back. */
function standingAt(graceEndsAt: number, now: number): RotationStanding {
  return graceEndsAt <= now ? 'expired' : 'open';
}

function isBetween(earliest: number, time: number, latest: number): boolean {
  return Number.isSafeInteger(time) && time >= earliest && time <= latest;
}

export function rotationStateAt(
  { standing, startedAt, graceEndsAt }: Rotation,
  now: number,
): RotationState {
  if (standing !== 'open') return standing;
  if (graceEndsAt <= now) return 'expired';
  return now < startedAt ? 'scheduled' : 'open';
}

/** Whether a step can still be taken: until it is over, a rotation can be finished, cancelled and moved, begun or not. */
export function isUnderway(rotation: Rotation, now: number): boolean {
  const state = rotationStateAt(rotation, now);
  return state === 'open' || state === 'scheduled';
}

/** When the overlap is over, as far as it is known. */
export function overlapEndOf({ endedAt, graceEndsAt }: Rotation): number {
  return endedAt ?? graceEndsAt;
}

export function watchedUntil(rotation: Rotation): number {
  return overlapEndOf(rotation) + watchedAfterMs;
}

/** The old secret ends now, also where it was to begin to retire later. */
export function finishRotation(rotation: Rotation, now: number): RotationStep {
  if (!isUnderway(rotation, now)) return { ok: false, why: 'not_open' };
  const startedAt = Math.min(rotation.startedAt, now);
  return { ok: true, rotation: { ...rotation, startedAt, standing: 'finished', endedAt: now } };
}

/** The new secret ends and the old one stays. Refused once the new one was used, unless forced. */
export function cancelRotation(
  rotation: Rotation,
  now: number,
  { replacingUsed, force }: { readonly replacingUsed: boolean; readonly force: boolean },
): RotationStep {
  if (!isUnderway(rotation, now)) return { ok: false, why: 'not_open' };
  if (replacingUsed && !force) return { ok: false, why: 'replacing_already_used' };
  return { ok: true, rotation: { ...rotation, standing: 'cancelled', endedAt: now } };
}

/** When the grace can end at the latest. A rule that has become stricter leaves a rotation the end that it has. */
export function latestGraceEnd(rotation: Rotation, rule: GraceRule): number {
  return Math.max(rotation.startedAt + rule.graceSecondsMax * 1000, rotation.graceEndsAt);
}

/** Moves the end of the grace, later or sooner; never into the past, never beyond `latestGraceEnd`. */
export function moveGraceEnd(
  rotation: Rotation,
  now: number,
  graceEndsAt: number,
  rule = graceUnlessSet,
): RotationStep {
  if (!isUnderway(rotation, now)) return { ok: false, why: 'not_open' };
  const earliest = Math.max(rotation.startedAt, now);
  if (!isBetween(earliest, graceEndsAt, latestGraceEnd(rotation, rule))) {
    return { ok: false, why: 'grace_out_of_range' };
  }
  return {
    ok: true,
    rotation: { ...rotation, standing: standingAt(graceEndsAt, now), graceEndsAt },
  };
}

/**
 * Whether its old secret is over whatever a clock says: somebody ended it, or its end was written down. A rotation that was
 * closed with its key has left that secret's own end where it was.
 */
export function retiringIsOver({ standing, endedAt }: Rotation, endsAt: number | null): boolean {
  return standing === 'finished' ? endsAt === endedAt : standing === 'expired';
}

/** The ends that the rotation's steps have given its two secrets. */
export function secretEndsOf(rotation: Rotation): SecretEnds {
  switch (rotation.standing) {
    case 'open':
    case 'expired':
      return { retiring: { endsAt: rotation.graceEndsAt }, replacing: { revokedAt: null } };
    case 'finished':
      return { retiring: { endsAt: rotation.endedAt }, replacing: { revokedAt: null } };
    case 'cancelled':
      return { retiring: { endsAt: null }, replacing: { revokedAt: rotation.endedAt } };
  }
}
