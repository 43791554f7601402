import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { AccessOutcome } from '../../../core/check-access.js';
import type { Allowed } from '../../../core/decision.js';
import { isSafeMethod } from '../../../core/safe-method.js';
import { writeErrorAnswer } from '../../../platform/http/write-answer.js';
import { ServiceCatalog } from '../../../store/service-catalog.js';
import { Admission, ignoreUnavailable, type WrittenAnswer } from '../../admission.js';
import type { CallAnswer } from '../../call-row.js';
import { admittedHeaders } from './admitted-headers.js';
import type { AskingProxy } from './asking-proxy.js';
import { questionOf, type Question } from './question.js';

/**
 * A proxy asks, for each call that comes to it, whether it may pass, and takes it to the upstream itself (contract §7). The call
 * is judged and logged as at the gateway; what only the gateway can do is left to the proxy's configuration, or refused (ADR 27).
 */
@Injectable()
export class ForwardAuthDoor {
  constructor(
    private readonly admission: Admission,
    private readonly services: ServiceCatalog,
  ) {}

  async handle(
    proxy: AskingProxy,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const question = questionOf(this.admission.receive(request), proxy, this.services);
    const { attempt, target, place } = question;
    const outcome = await this.admission.judge(attempt, target);
    const decision = this.admission.ifRecordable(outcome.decision);
    const denial = decision.allowed
      ? await this.#admit(question, { ...outcome, decision }, proxy, response)
      : await this.admission.recordDenied(attempt, { ...outcome, decision }, place);
    if (denial === null) return;
    const answer = proxy.denialFor?.(denial) ?? denial.answer;
    writeErrorAnswer(response, answer, request.method, denial.body);
  }

  /** Lets the call pass, once its row is written. @returns what to answer instead if that cannot be done */
  async #admit(
    question: Question,
    outcome: AccessOutcome & { readonly decision: Allowed },
    proxy: AskingProxy,
    response: ServerResponse,
  ): Promise<WrittenAnswer | null> {
    const { attempt, place, service } = question;
    if (service === null) throw new Error('A call was let through to no service.');
    const answered: CallAnswer = response.destroyed
      ? { status: 499, failure: 'CLIENT_CLOSED' }
      : { status: 200, mayHaveEffect: !isSafeMethod(attempt.method) };
    try {
      await this.admission.record(attempt, outcome, place, answered);
    } catch (error) {
      ignoreUnavailable(error);
      return this.admission.logUnavailableAnswer(attempt, outcome);
    }
    response.writeHead(200, {
      ...admittedHeaders(question, outcome, service, proxy),
      ...{ 'Cache-Control': 'no-store', 'Content-Length': '0' },
    });
    response.end();
    return null;
  }
}
