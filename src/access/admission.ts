import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { peerIpOf } from '../core/caller.js';
import type { AccessRequest, Target } from '../core/access-request.js';
import { checkAccess, type AccessOutcome } from '../core/check-access.js';
import { deny, type Decision, type Denied } from '../core/decision.js';
import { JunkBudget } from '../core/junk-budget.js';
import { keysWithinReach } from '../core/keys-within-reach.js';
import {
  LogUnavailableError,
  type CallLog,
  type Clock,
  type HeldAccount,
  type HeldCredential,
  type KeyDirectory,
  type NewCall,
  type RateMeter,
  type SessionDirectory,
} from '../core/ports.js';
import type { LimitStanding } from '../core/rate-limits.js';
import { sessionCookie } from '../core/session-cookie.js';
import { SETTINGS, type Settings } from '../platform/config/settings.js';
import { denialAnswer, denialText } from '../platform/errors/denial-answer.js';
import type { ErrorAnswer } from '../platform/errors/envelope.js';
import type { OnRefused } from '../platform/http/http-server.js';
import { answerText, writeErrorAnswer, type AnswerText } from '../platform/http/write-answer.js';
import { SecretSightings } from '../store/secret-sightings.js';
import { CachedKeyDirectory } from '../store/key-directory.js';
import { StoredSessions } from '../store/session-directory.js';
import { CALL_LOG, CLOCK, RATE_METER } from '../store/tokens.js';
import {
  beginCall,
  readArrival,
  withSession,
  type Arrival,
  type Attempt,
  type Beginning,
  type ConsoleSide,
} from './arrival.js';
import { retiringHeaders } from './retiring-headers.js';
import { rateLimitHeaders } from './rate-limit-headers.js';
import { callRow, type CallAnswer, type CallPlace } from './call-row.js';
import { lookForSecrets } from './secret-lookout.js';

const logRetryAfterSeconds = 1;
const noRow = Promise.resolve();
const notMetered: RateMeter = {
  take: () => ({ exceeded: null, standings: [] }),
  look: () => [],
};

/** An error with its envelope as it is sent. */
export interface WrittenAnswer {
  readonly answer: ErrorAnswer;
  readonly body: AnswerText;
}

/** What every door does alike: read what came, have it judged, and see to it that the call is on the log. */
@Injectable()
export class Admission {
  readonly #consoleSide: ConsoleSide;

  constructor(
    @Inject(CachedKeyDirectory) private readonly keys: KeyDirectory,
    @Inject(StoredSessions) private readonly sessions: SessionDirectory,
    @Inject(CALL_LOG) private readonly callLog: CallLog,
    @Inject(RATE_METER) private readonly meter: RateMeter,
    private readonly junkBudget: JunkBudget,
    private readonly sightings: SecretSightings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    const { consoleUrl: origin } = settings;
    const isSecure = origin?.startsWith('https:') ?? false;
    this.#consoleSide = { origin, cookie: sessionCookie(isSecure) };
  }

  receive(request: IncomingMessage): Arrival {
    const { clock, callLog } = this;
    return readArrival(request, { clock, callLog, trustedProxies: this.settings.trustedProxies });
  }

  /** A request to the management listener, where a session of the console is a credential as well. */
  receiveAtManagement(request: IncomingMessage): Arrival {
    return withSession(this.receive(request), this.#consoleSide);
  }

  /** A call that is no request to us, but to a server that asks us about it. */
  begin(): Beginning {
    const { clock, callLog } = this;
    return beginCall({ clock, callLog });
  }

  judge(attempt: Attempt, target: Target): Promise<AccessOutcome> {
    return checkAccess(accessRequestOf(attempt, target), this.keys, this.#meter, this.sessions);
  }

  /** @param account who wants to know: secrets beyond its reach are unknown to it */
  judgeFor(account: HeldAccount, attempt: Attempt, target: Target): Promise<AccessOutcome> {
    const request = accessRequestOf(attempt, target);
    return checkAccess(request, keysWithinReach(account, this.keys), this.#meter);
  }

  /** How the limits of a key stand, for whoever asks without being held to them. */
  limitsOf(credential: HeldCredential, { at }: Beginning): readonly LimitStanding[] {
    return this.meter.look(credential, at);
  }

  /** What cannot be logged is not let through, and is not counted either. */
  get #meter(): RateMeter {
    return this.canRecord ? this.meter : notMetered;
  }

  /** Whether a call that was let in would be let in now as well. */
  async stillAdmits(arrival: Arrival, target: Target): Promise<boolean> {
    const outcome = await this.judge({ ...arrival, at: this.clock.now() }, target);
    return outcome.decision.allowed;
  }

  /**
   * Resolves when the call is as safely on the log as its mode promises; at once where it gets no row, for which it takes a
   * call without a genuine secret, and then one that has no effect.
   *
   * @throws LogUnavailableError
   */
  record(
    attempt: Attempt,
    outcome: AccessOutcome,
    place: CallPlace,
    answer: CallAnswer,
  ): Promise<void> {
    if (!this.#getsRow(attempt, outcome, answer)) return noRow;
    return this.callLog.write(this.#row(attempt, outcome, place, answer));
  }

  #row(attempt: Attempt, outcome: AccessOutcome, place: CallPlace, answer: CallAnswer): NewCall {
    const row = callRow(attempt, outcome, place, answer);
    lookForSecrets(attempt, row, this.sightings);
    return row;
  }

  #getsRow({ caller, peerIp }: Attempt, outcome: AccessOutcome, answer: CallAnswer): boolean {
    const isBeforeEffect = answer.status === null || answer.mayHaveEffect === true;
    if (outcome.credential !== null || outcome.session !== null || isBeforeEffect) return true;
    const { decision } = outcome;
    const ip = caller.determined ? caller.ip : peerIp;
    // By the time it is over: one that took long arrived in a minute that is already counted.
    return this.junkBudget.grantsRow(
      this.clock.now(),
      ip,
      decision.allowed ? null : decision.reason,
    );
  }

  /** Hands the call to the log and does not wait. */
  recordLater(
    arrival: Arrival,
    outcome: AccessOutcome,
    place: CallPlace,
    answer: CallAnswer,
  ): void {
    if (!this.#getsRow(arrival, outcome, answer)) return;
    this.callLog.note(this.#row(arrival, outcome, place, answer));
  }

  /** Answers a denied call, once its row is written. */
  async deny(
    response: ServerResponse,
    arrival: Arrival,
    outcome: AccessOutcome & { readonly decision: Denied },
    place: CallPlace,
  ): Promise<void> {
    const { answer, body } = await this.recordDenied(arrival, outcome, place);
    writeErrorAnswer(response, answer, arrival.method, body);
  }

  /** @returns what a denied call is to be answered, once its row is written */
  async recordDenied(
    attempt: Attempt,
    outcome: AccessOutcome & { readonly decision: Denied },
    place: CallPlace,
  ): Promise<WrittenAnswer> {
    const answer = denialAnswer(outcome.decision, attempt.id, attempt.credential.engagement);
    const body = denialText(answer, outcome.decision);
    try {
      const responseBytes = attempt.method === 'HEAD' ? 0 : body.bytes;
      await this.record(attempt, outcome, place, { status: answer.status, responseBytes });
    } catch (error) {
      ignoreUnavailable(error);
      return this.logUnavailableAnswer(attempt, outcome);
    }
    return { answer: told(answer, attempt, outcome), body };
  }

  /** Counts a request that never became a call: the HTTP parser refused it, so there is nothing to log. */
  readonly countRefused: OnRefused = (reason, remoteAddress) =>
    this.junkBudget.countOnly(this.clock.now(), peerIpOf(remoteAddress), reason);

  /** Whether a call can be logged, asked before anything is forwarded. */
  get canRecord(): boolean {
    return this.callLog.healthy;
  }

  /** What cannot be logged is not let through: where that is known already, before anything is done. */
  ifRecordable(decision: Decision): Decision {
    return decision.allowed && !this.canRecord ? logUnavailable() : decision;
  }

  /** The denial of last resort: what cannot be logged is not let through. */
  answerLogUnavailable(response: ServerResponse, arrival: Arrival, outcome: AccessOutcome): void {
    const { answer, body } = this.logUnavailableAnswer(arrival, outcome);
    writeErrorAnswer(response, answer, arrival.method, body);
  }

  logUnavailableAnswer(attempt: Attempt, outcome: AccessOutcome): WrittenAnswer {
    const answer = denialAnswer(logUnavailable(), attempt.id, attempt.credential.engagement);
    return { answer: told(answer, attempt, outcome), body: answerText(answer.body) };
  }
}

function accessRequestOf(attempt: Attempt, target: Target): AccessRequest {
  const { at: now, caller, credential, sentFrom } = attempt;
  const { path } = attempt.target;
  if (sentFrom === undefined) return { now, caller, path, credential, target };
  return { now, caller, path, credential, sentFrom, target };
}

/** With what a caller is told whose secret retires, or who was held to limits, denied or not. */
function told(answer: ErrorAnswer, { at }: Attempt, outcome: AccessOutcome): ErrorAnswer {
  const { credential, limits } = outcome;
  const retiring = retiringHeaders(credential, at);
  const limited = rateLimitHeaders(limits, at);
  if (retiring === null && limited === null) return answer;
  return { ...answer, headers: { ...answer.headers, ...retiring, ...limited } };
}

export function logUnavailable(): Denied {
  return deny('LOG_UNAVAILABLE', { retryAfterSeconds: logRetryAfterSeconds });
}

/** The log itself says that it cannot be written; whoever did not wait for it has nothing to add. */
export function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof LogUnavailableError)) throw error;
}
