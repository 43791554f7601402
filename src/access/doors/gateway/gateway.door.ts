import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { UpstreamFailure } from '../../../core/call.js';
import type { AccessOutcome } from '../../../core/check-access.js';
import type { Allowed, Denied } from '../../../core/decision.js';
import type { CallLog } from '../../../core/ports.js';
import { isSafeMethod } from '../../../core/safe-method.js';
import { otherAnswer } from '../../../platform/errors/envelope.js';
import { writeErrorAnswer } from '../../../platform/http/write-answer.js';
import { ServiceCatalog, type PublishedService } from '../../../store/service-catalog.js';
import { CALL_LOG } from '../../../store/tokens.js';
import { Admission, ignoreUnavailable, logUnavailable } from '../../admission.js';
import type { Arrival } from '../../arrival.js';
import { durationMs, placeOf, type CallAnswer, type CallPlace } from '../../call-row.js';
import { identityFor } from '../../identity.js';
import { rateLimitHeaders } from '../../rate-limit-headers.js';
import { retiringHeaders } from '../../retiring-headers.js';
import { destinationOf } from './destination.js';
import { downstreamHeaders } from './downstream-headers.js';
import type { AnswerBody, Exchange, UpstreamAnswer } from './exchange.js';
import { ForwardedBody } from './forwarded-body.js';
import { answerPreflight, isPreflight } from './preflight.js';
import { Upstream } from './upstream.js';
import { upstreamHeaders, upstreamPath } from './upstream-request.js';

const failureMessages: Readonly<Record<Exclude<UpstreamFailure, 'CLIENT_CLOSED'>, string>> = {
  UPSTREAM_UNREACHABLE: 'Your key was accepted, but the service behind it could not be reached.',
  UPSTREAM_TIMEOUT: 'Your key was accepted, but the service behind it did not answer in time.',
  UPSTREAM_CREDENTIAL_REFUSED:
    "Your key was accepted, but the service refused this gateway's own credential. Tell the operator.",
  UPGRADE_NOT_SUPPORTED:
    'Your key was accepted, but this gateway does not carry WebSocket connections.',
};

type AllowedOutcome = AccessOutcome & { readonly decision: Allowed };

/** A call that may pass, on its way. */
interface Passage {
  readonly arrival: Arrival;
  readonly outcome: AllowedOutcome;
  readonly place: CallPlace;
  readonly service: PublishedService;
  readonly rawRest: string;
  /** An unsafe call's row is written before the call is forwarded, and completed afterwards. */
  readonly logFirst: boolean;
}

/** What was measured of an upstream that answered, or did not. */
interface Measured {
  readonly upstreamMs: number;
  readonly requestBytes: number;
}

/** `<mount><path>` on the access listener → the service's upstream (contract §5). */
@Injectable()
export class GatewayDoor {
  constructor(
    private readonly admission: Admission,
    private readonly services: ServiceCatalog,
    private readonly upstream: Upstream,
    @Inject(CALL_LOG) private readonly callLog: CallLog,
  ) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrival = this.admission.receive(request);
    const resolution = this.services.resolve(arrival.method, arrival.target.path);
    const place = placeOf('gateway', resolution);
    if (isPreflight(request)) return answerPreflight(this.admission, arrival, response, place);
    const { service, match, rawRest } = resolution;
    const outcome = await this.admission.judge(arrival, { service, match });
    if (isDenied(outcome)) return this.admission.deny(response, arrival, outcome, place);
    if (service === null) throw new Error('A call was let through to no service.');
    const logFirst = !isSafeMethod(arrival.method);
    const passage: Passage = {
      arrival,
      outcome: outcome as AllowedOutcome,
      place,
      service: destinationOf(service, outcome.credential),
      rawRest,
      logFirst,
    };
    if (wantsWebSocket(request)) {
      return this.#answerFailure(
        { ...passage, logFirst: false },
        response,
        'UPGRADE_NOT_SUPPORTED',
        {},
      );
    }
    return this.#forward(passage, response);
  }

  async #forward(passage: Passage, response: ServerResponse): Promise<void> {
    const { arrival, outcome, place } = passage;
    if (!this.admission.canRecord) {
      return this.admission.deny(
        response,
        arrival,
        { ...outcome, decision: logUnavailable() },
        place,
      );
    }
    if (passage.logFirst) {
      try {
        await this.admission.record(arrival, outcome, place, { status: null });
      } catch (error) {
        ignoreUnavailable(error);
        return this.admission.answerLogUnavailable(response, arrival, passage.outcome);
      }
    }
    // Whoever left while the row was being written is not called for any more.
    if (response.destroyed) return this.#answerFailure(passage, response, 'CLIENT_CLOSED', {});
    const body = hasBody(arrival.request) ? new ForwardedBody(arrival.request) : null;
    const sentMs = performance.now();
    const exchange = this.#send(passage, body);
    response.once('close', () => exchange.giveUp('CLIENT_CLOSED'));
    const answer = await exchange.answer;
    const upstreamMs = Math.round((performance.now() - sentMs) * 100) / 100;
    const measured: Measured = { upstreamMs, requestBytes: body?.bytes ?? 0 };
    if (!answer.ok) return this.#answerFailure(passage, response, answer.failure, measured);
    return this.#passBack(passage, response, answer, measured);
  }

  #send({ arrival, outcome, service, rawRest }: Passage, body: ForwardedBody | null): Exchange {
    const { credential, decision } = outcome;
    const identity = identityFor(service, credential, decision.usedScopes);
    return this.upstream.send({
      origin: service.upstream.origin,
      path: upstreamPath(service, arrival, rawRest),
      method: arrival.method,
      headers: upstreamHeaders(service, arrival, identity),
      body,
      timeoutMs: service.timeoutMs,
    });
  }

  async #passBack(
    passage: Passage,
    response: ServerResponse,
    answer: Extract<UpstreamAnswer, { ok: true }>,
    measured: Measured,
  ): Promise<void> {
    const { arrival, outcome, service } = passage;
    if (answer.status === 401 && service.credential !== null) {
      answer.body.discard();
      const refused = { ...measured, upstreamStatus: answer.status };
      return this.#answerFailure(passage, response, 'UPSTREAM_CREDENTIAL_REFUSED', refused);
    }
    const told: CallAnswer = {
      status: answer.status,
      upstreamStatus: answer.status,
      upstreamMs: measured.upstreamMs,
      requestBytes: measured.requestBytes,
    };
    if (!(await this.#log(passage, told))) {
      answer.body.discard();
      return this.admission.answerLogUnavailable(response, arrival, passage.outcome);
    }
    const firstByteMs = durationMs(arrival);
    const retiring = retiringHeaders(outcome.credential, arrival.at);
    response.writeHead(
      answer.status,
      downstreamHeaders(answer.headers, service, arrival, retiring, outcome.limits),
    );
    const responseBytes = await passOn(answer, arrival.method, response, service.timeoutMs);
    if (passage.logFirst) this.#complete(passage, { ...told, responseBytes }, firstByteMs);
  }

  async #answerFailure(
    passage: Passage,
    response: ServerResponse,
    failure: UpstreamFailure,
    measured: Partial<CallAnswer>,
  ): Promise<void> {
    const { arrival } = passage;
    if (failure === 'CLIENT_CLOSED') {
      const told = { ...measured, status: 499, failure };
      if (passage.logFirst) this.#complete(passage, told, durationMs(arrival));
      else this.admission.recordLater(arrival, passage.outcome, passage.place, told);
      return;
    }
    const answer = otherAnswer(failure, failureMessages[failure], arrival.id);
    const told = { ...measured, status: answer.status, failure };
    if (!(await this.#log(passage, told)))
      return this.admission.answerLogUnavailable(response, arrival, passage.outcome);
    if (passage.logFirst) this.#complete(passage, told, durationMs(arrival));
    const { credential, limits } = passage.outcome;
    const headers = {
      ...answer.headers,
      ...retiringHeaders(credential, arrival.at),
      ...rateLimitHeaders(limits, arrival.at),
    };
    writeErrorAnswer(response, { ...answer, headers }, arrival.method);
  }

  /** Writes a safe call's row; an unsafe one has its row. @returns whether the call is on the log */
  async #log({ arrival, outcome, place, logFirst }: Passage, answer: CallAnswer): Promise<boolean> {
    if (logFirst) return true;
    try {
      await this.admission.record(arrival, outcome, place, answer);
      return true;
    } catch (error) {
      ignoreUnavailable(error);
      return false;
    }
  }

  #complete({ arrival }: Passage, answer: CallAnswer, firstByteMs: number): void {
    this.callLog.complete(arrival.position, {
      status: answer.status,
      reason: answer.failure ?? null,
      upstreamStatus: answer.upstreamStatus ?? null,
      upstreamMs: answer.upstreamMs ?? null,
      requestBytes: answer.requestBytes ?? null,
      responseBytes: answer.responseBytes ?? null,
      durationMs: firstByteMs,
    });
  }
}

function isDenied(
  outcome: AccessOutcome,
): outcome is AccessOutcome & { readonly decision: Denied } {
  return !outcome.decision.allowed;
}

function wantsWebSocket({ headers: { upgrade = '' } }: IncomingMessage): boolean {
  return (
    upgrade !== '' && upgrade.split(',').some((protocol) => /^websocket\b/i.test(protocol.trim()))
  );
}

/** Passes the upstream's body on, as fast as the caller takes it. @returns its bytes */
function passOn(
  { status, body }: { readonly status: number; readonly body: AnswerBody },
  method: string,
  response: ServerResponse,
  timeoutMs: number,
): Promise<number> | number {
  if (method !== 'HEAD' && status !== 204 && status !== 304)
    return body.passTo(response, timeoutMs);
  // The length that such an answer may give is not its own (RFC 9110 §8.6), and undici takes it for one that broke off.
  response.end();
  return 0;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
