import { rotationStateAt, type RotationRefusal } from '../../core/rotation.js';
import { conflict, invalidField, type ApiError } from '../../platform/errors/api-error.js';
import type { SecretTraffic } from '../../store/call-log/calls.store.js';
import type { RotationEntity } from '../../store/entities/rotation.entity.js';
import { sideResponse } from './rotation.response.js';

/** What a step that a rotation cannot take is answered with. @param traffic of the new secret, where that is in the way */
export function rotationRefusal(
  why: RotationRefusal,
  rotation: RotationEntity,
  now: number,
  traffic?: SecretTraffic,
): ApiError {
  switch (why) {
    case 'not_open': {
      const state = rotationStateAt(rotation, now);
      return conflict(`This rotation is ${state}, not open.`, 'ROTATION_NOT_OPEN', { state });
    }
    case 'grace_out_of_range':
      return invalidField(
        'graceEndsAt',
        'graceEndsAt must be a time to come, at most 90 days after the rotation was opened.',
      );
    case 'replacing_already_used':
      return conflict(
        'The new secret is in use already. Cancel with "force": true to end it all the same.',
        'REPLACING_SECRET_USED',
        traffic && { traffic: sideResponse(rotation.replacingSecretId, traffic) },
      );
  }
}

/** A secret that is in use got lost to nobody. */
export function secretAlreadyUsed(): ApiError {
  return conflict(
    'The secret was used, so it did not get lost. Open a rotation for a new one.',
    'SECRET_USED',
  );
}
