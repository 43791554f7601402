import { isUnderway, type Rotation } from './rotation.js';

/** A short while in which the old secret of an open rotation is refused, so that forgotten systems surface before its end. */
export interface Brownout {
  /** Epoch milliseconds, included. */
  readonly startsAt: number;
  /** Epoch milliseconds, not included. */
  readonly endsAt: number;
}

export const brownoutsMax = 50;
export const brownoutMsMax = 3_600_000;

export type BrownoutPlan =
  | { readonly ok: true; readonly brownouts: readonly Brownout[] }
  | { readonly ok: false; readonly why: BrownoutRefusal };

export type BrownoutRefusal =
  'not_open' | 'too_many' | 'in_the_past' | 'too_long' | 'outside_grace' | 'overlapping';

/**
 * The brownouts of a rotation once `wanted` take the place of those to come. One that has begun is history and stays.
 */
export function planBrownouts(
  rotation: Rotation,
  planned: readonly Brownout[],
  wanted: readonly Brownout[],
  now: number,
): BrownoutPlan {
  if (!isUnderway(rotation, now)) return refuse('not_open');
  const begun = planned.filter(({ startsAt }) => startsAt <= now);
  const brownouts = [...begun, ...wanted.toSorted((a, b) => a.startsAt - b.startsAt)];
  if (brownouts.length > brownoutsMax) return refuse('too_many');
  for (const { startsAt, endsAt } of wanted) {
    if (startsAt < now) return refuse('in_the_past');
    if (endsAt <= startsAt || endsAt - startsAt > brownoutMsMax) return refuse('too_long');
    const isWithin = startsAt >= rotation.startedAt && endsAt <= rotation.graceEndsAt;
    if (!isWithin) return refuse('outside_grace');
  }
  const overlap = brownouts.some(({ startsAt }, i) => {
    const before = brownouts[i - 1];
    return before !== undefined && startsAt < before.endsAt;
  });
  return overlap ? refuse('overlapping') : { ok: true, brownouts };
}

/** The brownout that is in force, if one is. */
export function brownoutAt(brownouts: readonly Brownout[], now: number): Brownout | null {
  if (brownouts.length === 0) return null;
  return brownouts.find(({ startsAt, endsAt }) => startsAt <= now && now < endsAt) ?? null;
}

function refuse(why: BrownoutRefusal): BrownoutPlan {
  return { ok: false, why };
}
