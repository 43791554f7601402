/**
 * Whether the old secret of an open rotation can be ended.
 *
 * - `new_not_used_yet`: no call was let through with the new secret, so ending the old one stops them all.
 * - `still_in_use`: the old one was used within the quiet period.
 * - `quiet_so_far`: it was not, but the rotation is younger than that.
 * - `safe_to_finish`: it was not used for the quiet period, and the new one is.
 */
export type RotationVerdict =
  'new_not_used_yet' | 'still_in_use' | 'quiet_so_far' | 'safe_to_finish';

/** What a verdict is made on. Times are epoch milliseconds. */
export interface WatchedRotation {
  /** When the rotation began, or the counting of its calls if that was later. */
  readonly startedAt: number;
  /** `null` if the secret was not used since. */
  readonly retiringLastUsedAt: number | null;
  /** Those that were let through: a new secret that is only refused replaces nothing. */
  readonly replacingCallsAllowed: number;
}

/** Since when the old secret has been quiet. */
export function quietSince({ startedAt, retiringLastUsedAt }: WatchedRotation): number {
  return retiringLastUsedAt ?? startedAt;
}

export function verdictOn(
  rotation: WatchedRotation,
  quietSeconds: number,
  now: number,
): RotationVerdict {
  if (rotation.replacingCallsAllowed === 0) return 'new_not_used_yet';
  if (now - quietSince(rotation) >= quietSeconds * 1000) return 'safe_to_finish';
  return rotation.retiringLastUsedAt === null ? 'quiet_so_far' : 'still_in_use';
}
