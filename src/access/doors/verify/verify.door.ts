import type { ServerResponse } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import type { AccessOutcome } from '../../../core/check-access.js';
import type { HeldCredential } from '../../../core/ports.js';
import { validated } from '../../../platform/http/request-validation.pipe.js';
import { answerText } from '../../../platform/http/write-answer.js';
import { ServiceCatalog } from '../../../store/service-catalog.js';
import { Admission, ignoreUnavailable } from '../../admission.js';
import type { Arrival } from '../../arrival.js';
import { bodyOf, type BodyReading } from '../../body-reading.js';
import type { CallAnswer, CallPlace } from '../../call-row.js';
import { failureAnswer } from '../../failure-answer.js';
import { writeOwnAnswer } from '../../own-answer.js';
import { resultOf, statusOf, type JudgedCheck } from './check-result.js';
import { attemptOf, placeOfCheck, targetOf, verifyPath } from './check.js';
import { CheckRequest, checksMax, ChecksRequest } from './verify.dto.js';

const place: CallPlace = { door: 'verify', serviceId: null, route: verifyPath };
const target = {
  service: null,
  match: { kind: 'own', path: verifyPath, scopeSets: [['latchkey.verify']] },
} as const;

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
  /** What was judged for it. */
  readonly judged: readonly JudgedCheck[];
}

/**
 * The decision alone, for whoever has a server of their own (contract §7): a call came to them with a secret of ours, and they
 * ask whether it may pass. It is judged and logged like a call at any other door, under the key that was verified, with the
 * key that asked as its actor (ADR 24).
 */
@Injectable()
export class VerifyDoor {
  readonly #logger = new Logger('VerifyDoor');

  constructor(
    private readonly admission: Admission,
    private readonly services: ServiceCatalog,
  ) {}

  async handle(arrival: Arrival, response: ServerResponse, reading: BodyReading): Promise<void> {
    const outcome = await this.admission.judge(arrival, target);
    const decision = this.admission.ifRecordable(outcome.decision);
    if (!decision.allowed)
      return this.admission.deny(response, arrival, { ...outcome, decision }, place);
    const verifier = outcome.credential as HeldCredential;
    const answer = await this.#verify(arrival, verifier, reading).catch((error: unknown) => ({
      ...failureAnswer(error, arrival, this.#logger, credentialsIn(reading)),
      judged: [],
    }));
    return this.#answer(arrival, outcome, answer, response);
  }

  async #verify(arrival: Arrival, verifier: HeldCredential, reading: BodyReading): Promise<Answer> {
    const body = bodyOf(reading);
    const isBatch = Object.hasOwn(Object(body) as object, 'checks');
    const checks = isBatch
      ? (await validated(body, ChecksRequest, 'body')).checks
      : [await validated(body, CheckRequest, 'body')];
    const judged = await Promise.all(checks.map((check) => this.#judge(check, arrival, verifier)));
    const results = judged.map(resultOf);
    return { status: 200, body: isBatch ? { results } : (results[0] as object), judged };
  }

  async #judge(
    check: CheckRequest,
    arrival: Arrival,
    verifier: HeldCredential,
  ): Promise<JudgedCheck> {
    const attempt = attemptOf(check, this.admission.begin(), arrival, verifier);
    const resolution =
      check.path === undefined ? null : this.services.resolve(attempt.method, attempt.target.path);
    const outcome = await this.admission.judgeFor(
      verifier.account,
      attempt,
      targetOf(resolution, check.scopes ?? []),
    );
    return {
      attempt,
      outcome,
      place: placeOfCheck(resolution),
      service: resolution?.service ?? null,
    };
  }

  /** Once all rows are written: those of the checks, and the call's own. */
  async #answer(
    arrival: Arrival,
    outcome: AccessOutcome,
    { status, headers, body, judged }: Answer,
    response: ServerResponse,
  ): Promise<void> {
    const told = answerText(body);
    const answered: CallAnswer = response.destroyed
      ? { status: 499, failure: 'CLIENT_CLOSED' }
      : { status, responseBytes: told.bytes };
    try {
      await Promise.all([
        ...judged.map((one) =>
          this.admission.record(one.attempt, one.outcome, one.place, {
            status: statusOf(one.outcome.decision),
          }),
        ),
        this.admission.record(arrival, outcome, place, answered),
      ]);
    } catch (error) {
      ignoreUnavailable(error);
      return this.admission.answerLogUnavailable(response, arrival, outcome);
    }
    writeOwnAnswer(response, arrival, outcome.credential, {
      ...{ status, ...told },
      ...(headers && { headers }),
    });
  }
}

/** What a body calls a credential, be it well-formed or not. */
function credentialsIn(reading: BodyReading): readonly string[] {
  if ('failure' in reading) return [];
  const { checks } = Object(reading.body) as { checks?: unknown };
  const told = Array.isArray(checks) ? checks.slice(0, checksMax) : [reading.body];
  return told
    .map((check) => (Object(check) as { credential?: unknown }).credential)
    .filter((credential) => typeof credential === 'string');
}
