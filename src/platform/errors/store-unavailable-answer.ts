import { denialKinds } from '../../core/decision.js';
import { errorAnswer, type ErrorAnswer } from './envelope.js';

/** What became of the change that was asked for, if one was. */
export type ChangeOutcome = 'none' | 'not_made' | 'unknown';

const reason = 'STORE_UNAVAILABLE';
const retryAfterSeconds = 1;

const messages: Readonly<Record<ChangeOutcome, string>> = {
  none: 'The database cannot be asked at the moment. Try again shortly.',
  not_made: 'The database cannot be used at the moment. Nothing was changed; try again shortly.',
  unknown:
    'The database broke off before it was known whether the change was made. It may have been or not: look before you ask again, or ask again with the same Idempotency-Key if you sent one.',
};

/** The answer to a management request that was let in, and then failed for want of the database. */
export function storeUnavailableAnswer(correlationId: string, outcome: ChangeOutcome): ErrorAnswer {
  const { status, category } = denialKinds[reason];
  const message = messages[outcome];
  const context = outcome === 'none' ? {} : { changed: outcome === 'not_made' ? 'no' : 'unknown' };
  return errorAnswer(
    status,
    {
      ...{ category, reason, message, correlationId },
      errors: [{ message, code: reason, in: 'latchkey', context }],
    },
    { 'Retry-After': String(retryAfterSeconds) },
  );
}
