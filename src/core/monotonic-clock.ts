import type { Clock } from './ports.js';

/** A clock that stands still where the one beneath it goes back, so that nothing that has ended begins again. */
export class MonotonicClock implements Clock {
  #latest = 0;

  constructor(private readonly wallClock: () => number) {}

  now(): number {
    this.#latest = Math.max(this.#latest, this.wallClock());
    return this.#latest;
  }
}
