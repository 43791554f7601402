import { setTimeout as sleep } from 'node:timers/promises';

const jitterMs = 3;
const handicapMs = 0.5;
const leadMsMax = 50;

/**
 * Starts two things at nearly the same moment, round after round. Whichever lost gets a little more of a lead in the next one,
 * so that over many rounds each comes first often, however fast or busy the machine is.
 */
export class EvenRace {
  /** By how much the first is started before the second. */
  #leadMs = 0;

  async run<A, B>(
    first: () => Promise<A>,
    second: () => Promise<B>,
    firstWon: (outcome: [A, B]) => boolean,
  ): Promise<[A, B]> {
    const leadMs = this.#leadMs + (Math.random() * 2 - 1) * jitterMs;
    const outcome = await Promise.all([
      sleep(Math.max(0, -leadMs)).then(first),
      sleep(Math.max(0, leadMs)).then(second),
    ]);
    const moved = this.#leadMs + (firstWon(outcome) ? -handicapMs : handicapMs);
    this.#leadMs = Math.min(leadMsMax, Math.max(-leadMsMax, moved));
    return outcome;
  }
}
