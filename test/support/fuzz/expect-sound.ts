import { expect } from '@jest/globals';
import { expectEnvelope, expectErrorHeaders } from '../denials.js';
import { errorReasons, upstreamFailures } from './error-reasons.js';
import type { Received } from './lane.js';
import { undoEscapes } from './kept-secrets.js';
import type { WireAnswer } from './read-answers.js';
import type { Sending } from './sending.js';
import { upstreamMark } from './wilful-upstream.js';

/** What every answer is held to, whatever was asked. */
export class Soundness {
  readonly #ids = new Set<string>();
  readonly #statuses = new Map<number, number>();

  /** @param secrets what no answer may repeat */
  constructor(private readonly secrets: ReadonlySet<string>) {}

  /** Every well-formed request is answered, and nothing is answered that is none. */
  expectSound(sending: Sending, { answers, remains }: Received): void {
    const { methods, ending } = sending;
    const mayBreakOff = ending === 'reset' || namesFailingUpstream(sending);
    for (const [i, answer] of answers.entries()) {
      this.#expectSoundAnswer(answer, methods[i] ?? 'GET', mayBreakOff);
    }
    if (mayBreakOff) return;
    // Who has closed its side gives up on what was still to come.
    if (ending !== 'open') expect(remains).toBe('');
    // A request that something malformed follows may lose its answer: the connection ends there.
    if (ending !== 'whole') return;
    expect(answers.length).toBeGreaterThan(0);
    if (answers.at(-1)?.closes === true) expect(answers.length).toBeLessThanOrEqual(methods.length);
    else expect(answers.length).toBe(methods.length);
  }

  /** How many answers there were of this status. */
  seen(status: number): number {
    return this.#statuses.get(status) ?? 0;
  }

  /**
   * @param count how many cases there were; one alone need not bring about anything
   * @param rare what only very many cases are sure to bring about
   */
  expectSeen(count: number, statuses: readonly number[], rare: readonly number[] = []): void {
    const wanted = [...(count > 1 ? statuses : []), ...(count >= 10_000 ? rare : [])];
    expect(wanted.filter((status) => this.seen(status) === 0)).toEqual([]);
  }

  #expectSoundAnswer(answer: WireAnswer, method: string, mayFail: boolean): void {
    const { status, headers } = answer;
    this.#statuses.set(status, this.seen(status) + 1);
    this.#expectNoSecret(answer);
    if (headers.has('x-correlation-id') || status >= 400) this.#expectFresh(headers);
    // The upstream's own answers are its own affair, errors included.
    if (headers.has(upstreamMark)) return;
    if (status < 400) return;
    if (upstreamFailures.includes(status)) expect([status, mayFail]).toEqual([status, true]);
    if (method === 'HEAD') {
      const statuses = Object.values(errorReasons).map((error) => error.status);
      expect(statuses).toContain(status);
      expectErrorHeaders(answer);
    } else {
      const reason = String(answer.json?.reason);
      const known = errorReasons[reason];
      // nginx, which asks about a call, is answered 401 or 403, and told what they stand for.
      const meant = headers.get('x-latchkey-status');
      if (meant !== undefined) expect([401, 403]).toContain(status);
      expect([reason, known?.status]).toEqual([reason, Number(meant ?? status)]);
      expectEnvelope(answer, { reason, category: known?.category ?? '' });
    }
  }

  /** No id is given twice. */
  #expectFresh(headers: ReadonlyMap<string, string>): void {
    const id = headers.get('x-correlation-id') ?? '';
    expect(id).toMatch(/^call_[0-9A-Za-z]{23}$/);
    expect([id, this.#ids.has(id)]).toEqual([id, false]);
    this.#ids.add(id);
  }

  #expectNoSecret({ raw }: WireAnswer): void {
    for (const secret of this.secrets) {
      // `toContain` would take a thousand times as long.
      if (raw.includes(secret)) throw new Error(`The answer repeats a secret: ${raw}`);
    }
  }
}

/** Behind these mounts an upstream is dead, breaks off, hangs, or refuses the credential that it is shown. */
function namesFailingUpstream({ pieces }: Sending): boolean {
  return /dead|flaky|sealed/.test(undoEscapes(pieces.join('')));
}
