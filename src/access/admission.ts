import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { checkAccess, type AccessOutcome, type Target } from '../core/check-access.js';
import { deny, type Denied } from '../core/decision.js';
import { LogUnavailableError, type CallLog, type Clock, type KeyDirectory } from '../core/ports.js';
import { SETTINGS, type Settings } from '../platform/config/settings.js';
import { denialAnswer } from '../platform/errors/denial-answer.js';
import { errorBody, writeErrorAnswer } from '../platform/http/write-answer.js';
import { CachedKeyDirectory } from '../store/key-directory.js';
import { CALL_LOG, CLOCK } from '../store/tokens.js';
import { readArrival, type Arrival } from './arrival.js';
import { callRow, type CallAnswer, type CallPlace } from './call-row.js';

const logRetryAfterSeconds = 1;

/** What every door does alike: read what came, have it judged, and see to it that the call is on the log. */
@Injectable()
export class Admission {
  constructor(
    @Inject(CachedKeyDirectory) private readonly keys: KeyDirectory,
    @Inject(CALL_LOG) private readonly callLog: CallLog,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  receive(request: IncomingMessage): Arrival {
    const { clock, callLog } = this;
    return readArrival(request, { clock, callLog, trustedProxies: this.settings.trustedProxies });
  }

  judge(arrival: Arrival, target: Target): Promise<AccessOutcome> {
    const { credential, caller } = arrival;
    return checkAccess(
      { now: arrival.at, caller, path: arrival.target.path, credential, target },
      this.keys,
    );
  }

  /** Resolves when the call is as safely on the log as its mode promises. @throws LogUnavailableError */
  record(
    arrival: Arrival,
    outcome: AccessOutcome,
    place: CallPlace,
    answer: CallAnswer,
  ): Promise<void> {
    return this.callLog.write(callRow(arrival, outcome, place, answer));
  }

  /** Hands the call to the log and does not wait. */
  recordLater(
    arrival: Arrival,
    outcome: AccessOutcome,
    place: CallPlace,
    answer: CallAnswer,
  ): void {
    this.record(arrival, outcome, place, answer).catch(ignoreUnavailable);
  }

  /** Answers a denied call, once its row is written. */
  async deny(
    response: ServerResponse,
    arrival: Arrival,
    outcome: AccessOutcome & { readonly decision: Denied },
    place: CallPlace,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const answer = denialAnswer(outcome.decision, arrival.id, arrival.credential.engagement);
    const body = errorBody(answer);
    try {
      const responseBytes = arrival.method === 'HEAD' ? 0 : body.length;
      await this.record(arrival, outcome, place, { status: answer.status, responseBytes });
    } catch (error) {
      ignoreUnavailable(error);
      this.answerLogUnavailable(response, arrival);
      return;
    }
    writeErrorAnswer(
      response,
      { ...answer, headers: { ...answer.headers, ...headers } },
      arrival.method,
      body,
    );
  }

  /** Whether a call can be logged, asked before anything is forwarded. */
  get canRecord(): boolean {
    return this.callLog.healthy;
  }

  /** The denial of last resort: what cannot be logged is not let through. */
  answerLogUnavailable(response: ServerResponse, arrival: Arrival): void {
    const answer = denialAnswer(logUnavailable(), arrival.id, arrival.credential.engagement);
    writeErrorAnswer(response, answer, arrival.method);
  }
}

export function logUnavailable(): Denied {
  return deny('LOG_UNAVAILABLE', { retryAfterSeconds: logRetryAfterSeconds });
}

/** The log itself says that it cannot be written; whoever did not wait for it has nothing to add. */
export function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof LogUnavailableError)) throw error;
}
