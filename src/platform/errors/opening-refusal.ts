import type { OpeningRefusal } from '../../core/rotation.js';
import { iso } from '../http/times.js';
import { conflict, invalidField, type ApiError } from './api-error.js';

/** What whoever asks for a rotation is answered where the key gets no new secret. */
export function openingRefusal(refusal: OpeningRefusal): ApiError {
  switch (refusal.why) {
    case 'key_revoked':
      return conflict('The key is revoked, so it gets no new secret.', 'KEY_REVOKED');
    case 'key_expired':
      return conflict('The key is expired, so it gets no new secret.', 'KEY_EXPIRED');
    case 'rotation_open': {
      const { id, graceEndsAt } = refusal.rotation;
      const context = { rotationId: id, graceEndsAt: iso(graceEndsAt) };
      const message = `A rotation of this key is open already: ${id}, until ${iso(graceEndsAt)}.`;
      return conflict(message, 'ROTATION_OPEN', context);
    }
    case 'start_out_of_range':
      return invalidField('startsAt', 'startsAt must be a time to come, at most 90 days ahead.');
    case 'grace_outlives_secret':
      return graceOutlivesSecret(refusal.secretAgeDaysMax);
    case 'grace_out_of_range': {
      const { grace, graceSecondsMax } = refusal;
      const [field, range] =
        'seconds' in grace
          ? ['graceSeconds', `at most ${graceSecondsMax}`]
          : [
              'graceEndsAt',
              `a time to come, at most ${graceSecondsMax} seconds after the old secret begins to retire`,
            ];
      const message = `${field} must be ${range}: that is the longest grace in this account.`;
      return invalidField(field, message, { graceSecondsMax });
    }
  }
}

export function graceOutlivesSecret(secretAgeDaysMax: number): ApiError {
  const message = `the old secret must end before the new one is too old, which in this account is refused after ${secretAgeDaysMax} days.`;
  return invalidField('graceEndsAt', message, { secretAgeDaysMax });
}

/** A secret that is in use got lost to nobody. */
export function secretAlreadyUsed(): ApiError {
  return conflict(
    'The secret was used, so it did not get lost. Rotate the key for a new one; while a rotation is open, once that is over or cancelled.',
    'SECRET_USED',
  );
}
