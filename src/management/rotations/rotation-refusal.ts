import { brownoutsMax, type BrownoutRefusal } from '../../core/brownout.js';
import {
  latestGraceEnd,
  rotationStateAt,
  type GraceRule,
  type RotationRefusal,
} from '../../core/rotation.js';
import { conflict, invalidField, type ApiError } from '../../platform/errors/api-error.js';
import type { SecretTraffic } from '../../core/rotation-traffic.js';
import { iso } from '../../platform/http/times.js';
import { sideResponse } from '../../platform/http/rotation.response.js';
import type { RotationEntity } from '../../store/entities/rotation.entity.js';

export function notOpen(rotation: RotationEntity, now: number): ApiError {
  const state = rotationStateAt(rotation, now);
  return conflict(`This rotation is ${state}, not open.`, 'ROTATION_NOT_OPEN', { state });
}

/**
 * What a step that a rotation cannot take is answered with.
 *
 * @param rule the account's
 * @param traffic of the new secret, where that is in the way
 */
export function rotationRefusal(
  why: RotationRefusal,
  rotation: RotationEntity,
  now: number,
  rule: GraceRule,
  traffic?: SecretTraffic,
): ApiError {
  switch (why) {
    case 'not_open':
      return notOpen(rotation, now);
    case 'grace_out_of_range': {
      const latestGraceEndsAt = iso(latestGraceEnd(rotation, rule));
      const { graceSecondsMax } = rule;
      return invalidField(
        'graceEndsAt',
        `graceEndsAt must be a time to come, while the old secret retires, and ${latestGraceEndsAt} at the latest: the longest grace in this account is ${graceSecondsMax} seconds.`,
        { graceSecondsMax, latestGraceEndsAt },
      );
    }
    case 'replacing_already_used':
      return conflict(
        'The new secret is in use already. Cancel with "force": true to end it all the same.',
        'REPLACING_SECRET_USED',
        traffic && { traffic: sideResponse(rotation.replacingSecretId, traffic) },
      );
  }
}

const brownoutFaults: Readonly<Record<Exclude<BrownoutRefusal, 'not_open'>, string>> = {
  too_many: `a rotation has at most ${brownoutsMax} brownouts.`,
  in_the_past: 'a brownout must begin at a time to come.',
  too_long: 'a brownout lasts from a millisecond to an hour.',
  outside_grace: 'a brownout must lie within the time in which the old secret retires.',
  overlapping: 'brownouts must not overlap.',
};

export function brownoutRefusal(
  why: BrownoutRefusal,
  rotation: RotationEntity,
  now: number,
): ApiError {
  return why === 'not_open'
    ? notOpen(rotation, now)
    : invalidField('brownouts', brownoutFaults[why]);
}
