import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { AccessOutcome } from '../../../core/check-access.js';
import type { HeldCredential } from '../../../core/ports.js';
import { Admission, ignoreUnavailable } from '../../admission.js';
import type { Arrival } from '../../arrival.js';
import type { CallPlace } from '../../call-row.js';
import { rateLimitHeaders } from '../../rate-limit-headers.js';
import { writeOwnAnswer } from '../../own-answer.js';
import { DescribedSelf } from './described-self.js';

export const selfPath = '/latchkey/v1/self';

const place: CallPlace = { door: 'self', serviceId: null, route: selfPath };
const target = { service: null, match: { kind: 'own', path: selfPath, scopeSets: [] } } as const;

/** What a key is told of itself (contract §7). Any valid key may ask. */
@Injectable()
export class SelfDoor {
  readonly #described = new DescribedSelf();

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
    const described = this.#described.of(credential, limits, arrival.at);
    const responseBytes = arrival.method === 'HEAD' ? 0 : described.bytes;
    try {
      await this.admission.record(arrival, outcome, place, { status: 200, responseBytes });
    } catch (error) {
      ignoreUnavailable(error);
      return this.admission.answerLogUnavailable(response, arrival, outcome);
    }
    const headers = rateLimitHeaders(limits, arrival.at);
    writeOwnAnswer(response, arrival, credential, {
      status: 200,
      text: described.text,
      bytes: described.bytes,
      ...(headers !== null && { headers }),
    });
  }
}
