import { LRUCache } from 'lru-cache';
import { isOverAge, overAgeFrom } from '../../../core/account-policy.js';
import { secretStateAt } from '../../../core/key-state.js';
import type { HeldCredential } from '../../../core/ports.js';
import type { LimitStanding } from '../../../core/rate-limits.js';
import { limitStandingResponse } from '../../../platform/http/rate-limits.dto.js';
import { answerText, type AnswerText } from '../../../platform/http/write-answer.js';
import { describeCredential, isoOrNull } from '../../describe-credential.js';

/** Answers that are kept, of half a kilobyte each. */
const keptMax = 10_000;

interface Kept extends AnswerText {
  readonly credential: HeldCredential;
  /** Epoch milliseconds, the first at which it may not be true any more. */
  readonly until: number;
}

/** What a key is told of itself, kept as text for as long as neither the key nor time has changed it. */
export class DescribedSelf {
  readonly #kept = new LRUCache<string, Kept>({ max: keptMax });

  /** @param now epoch milliseconds, no earlier than at the call before */
  of(credential: HeldCredential, limits: readonly LimitStanding[], now: number): AnswerText {
    // How they stand changes with each call.
    if (limits.length > 0) return answerText(describeSelf(credential, limits, now));
    const kept = this.#kept.get(credential.id);
    if (kept !== undefined && kept.credential === credential && now < kept.until) return kept;
    const fresh = {
      ...answerText(describeSelf(credential, limits, now)),
      ...{ credential, until: unchangedUntil(credential, now) },
    };
    this.#kept.set(credential.id, fresh);
    return fresh;
  }
}

function describeSelf(
  credential: HeldCredential,
  limits: readonly LimitStanding[],
  now: number,
): object {
  const state = secretStateAt(credential, now);
  const { secret, ...described } = describeCredential(credential, state, now);
  return {
    ...described,
    secret: { ...secret, overAgeSince: overAgeSince(credential, now) },
    rotation: describeRotation(credential, now),
    limits: limits.map(limitStandingResponse),
  };
}

/** Told also where it is only reported: whoever asks is the first who can have the key rotated. */
function overAgeSince(credential: HeldCredential, now: number): string | null {
  const { policy } = credential.account;
  return isOverAge(credential, policy, now) ? isoOrNull(overAgeFrom(credential, policy)) : null;
}

/** The overlap that this secret is in, on either side. */
function describeRotation({ rotation }: HeldCredential, now: number): object | null {
  if (rotation === null || rotation.endsAt <= now) return null;
  const { id, side, startedAt, endsAt } = rotation;
  const state = now < startedAt ? 'scheduled' : 'open';
  return { id, state, side, startedAt: isoOrNull(startedAt), graceEndsAt: isoOrNull(endsAt) };
}

/** The next of the times that the description depends on. */
function unchangedUntil(credential: HeldCredential, now: number): number {
  const { key, account, rotation, endsAt, retiresAt } = credential;
  const times = [
    ...[key.expiresAt, endsAt, retiresAt, overAgeFrom(credential, account.policy)],
    ...[rotation?.startedAt, rotation?.endsAt],
  ];
  return times.reduce<number>(
    (next, time) => (time != null && time > now && time < next ? time : next),
    Infinity,
  );
}
