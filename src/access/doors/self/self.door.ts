import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { isOverAge, overAgeFrom } from '../../../core/account-policy.js';
import type { AccessOutcome } from '../../../core/check-access.js';
import type { HeldCredential } from '../../../core/ports.js';
import { limitStandingResponse } from '../../../platform/http/rate-limits.dto.js';
import { Admission, ignoreUnavailable } from '../../admission.js';
import type { Arrival } from '../../arrival.js';
import type { CallPlace } from '../../call-row.js';
import { describeCredential, isoOrNull } from '../../describe-credential.js';
import { rateLimitHeaders } from '../../rate-limit-headers.js';
import { writeOwnAnswer } from '../../own-answer.js';

export const selfPath = '/latchkey/v1/self';

const place: CallPlace = { door: 'self', serviceId: null, route: selfPath };
const target = { service: null, match: { kind: 'own', path: selfPath, scopeSets: [] } } as const;

/** What a key is told of itself (contract §7). Any valid key may ask. */
@Injectable()
export class SelfDoor {
  constructor(private readonly admission: Admission) {}

  async handle(arrival: Arrival, response: ServerResponse): Promise<void> {
    const outcome = await this.admission.judge(arrival, target);
    const { decision, credential } = outcome;
    if (!decision.allowed)
      return this.admission.deny(response, arrival, { ...outcome, decision }, place);
    return this.#answer(arrival, outcome, credential as HeldCredential, response);
  }

  async #answer(
    arrival: Arrival,
    outcome: AccessOutcome,
    credential: HeldCredential,
    response: ServerResponse,
  ): Promise<void> {
    const limits = this.admission.limitsOf(credential, arrival);
    const told = {
      ...describeSelf(credential, outcome, arrival.at),
      limits: limits.map(limitStandingResponse),
    };
    const body = Buffer.from(JSON.stringify(told));
    const responseBytes = arrival.method === 'HEAD' ? 0 : body.length;
    try {
      await this.admission.record(arrival, outcome, place, { status: 200, responseBytes });
    } catch (error) {
      ignoreUnavailable(error);
      return this.admission.answerLogUnavailable(response, arrival, outcome);
    }
    const headers = { ...rateLimitHeaders(limits, arrival.at) };
    writeOwnAnswer(response, arrival, credential, { status: 200, headers, text: body });
  }
}

function describeSelf(
  credential: HeldCredential,
  { secretState }: AccessOutcome,
  now: number,
): object {
  const { secret, ...described } = describeCredential(credential, secretState, now);
  return {
    ...described,
    secret: { ...secret, overAgeSince: overAgeSince(credential, now) },
    rotation: describeRotation(credential, now),
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
