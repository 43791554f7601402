/**
 * The overlap of two secrets as a state machine. It holds no secret and no store: it says which step is allowed when, and
 * what the two secrets' ends become. Times are epoch milliseconds.
 */

export const graceSecondsMax = 7_776_000;

export type RotationState = 'scheduled' | 'open' | 'finished' | 'expired' | 'cancelled';

/** How far a rotation was taken. That its grace has run out is computed from the time; `expired` only writes it down. */
export interface Rotation {
  readonly standing: RotationState;
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

export type RotationStep =
  | { readonly ok: true; readonly rotation: Rotation }
  | { readonly ok: false; readonly why: RotationRefusal };

export type RotationRefusal = 'not_open' | 'grace_out_of_range' | 'replacing_already_used';

export function openRotation(now: number, graceSeconds: number): RotationStep {
  if (!Number.isInteger(graceSeconds) || graceSeconds < 0 || graceSeconds > graceSecondsMax) {
    return { ok: false, why: 'grace_out_of_range' };
  }
  const graceEndsAt = now + graceSeconds * 1000;
  return { ok: true, rotation: { standing: 'open', startedAt: now, graceEndsAt, endedAt: null } };
}

/** A grace that has run out has ended its rotation, whether or not anybody wrote that down. */
export function rotationStateAt(rotation: Rotation, now: number): RotationState {
  return rotation.standing === 'open' && rotation.graceEndsAt <= now
    ? 'expired'
    : rotation.standing;
}

/** The old secret ends now. */
export function finishRotation(rotation: Rotation, now: number): RotationStep {
  if (rotationStateAt(rotation, now) !== 'open') return { ok: false, why: 'not_open' };
  return { ok: true, rotation: { ...rotation, standing: 'finished', endedAt: now } };
}

/** The new secret ends and the old one stays. Refused once the new one was used, unless forced. */
export function cancelRotation(
  rotation: Rotation,
  now: number,
  { replacingUsed, force }: { readonly replacingUsed: boolean; readonly force: boolean },
): RotationStep {
  if (rotationStateAt(rotation, now) !== 'open') return { ok: false, why: 'not_open' };
  if (replacingUsed && !force) return { ok: false, why: 'replacing_already_used' };
  return { ok: true, rotation: { ...rotation, standing: 'cancelled', endedAt: now } };
}

/** Moves the end of the grace, later or sooner; never into the past, never beyond the longest grace from the start. */
export function moveGraceEnd(rotation: Rotation, now: number, graceEndsAt: number): RotationStep {
  if (rotationStateAt(rotation, now) !== 'open') return { ok: false, why: 'not_open' };
  const latest = rotation.startedAt + graceSecondsMax * 1000;
  if (!Number.isSafeInteger(graceEndsAt) || graceEndsAt < now || graceEndsAt > latest) {
    return { ok: false, why: 'grace_out_of_range' };
  }
  return { ok: true, rotation: { ...rotation, graceEndsAt } };
}

/** The ends that the rotation's steps have given its two secrets. */
export function secretEndsOf(rotation: Rotation): SecretEnds {
  switch (rotation.standing) {
    case 'scheduled':
      return { retiring: { endsAt: null }, replacing: { revokedAt: null } };
    case 'open':
    case 'expired':
      return { retiring: { endsAt: rotation.graceEndsAt }, replacing: { revokedAt: null } };
    case 'finished':
      return { retiring: { endsAt: rotation.endedAt }, replacing: { revokedAt: null } };
    case 'cancelled':
      return { retiring: { endsAt: null }, replacing: { revokedAt: rotation.endedAt } };
  }
}
