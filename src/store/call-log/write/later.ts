import { rowWidth, type Cell } from '../call-columns.js';
import type { LaterWork } from './later-work.js';

/** Milliseconds for which rows are collected. */
const collectMs = 1_000;
/** Milliseconds of work in one go: whoever waits for a row waits that much longer at most. */
const sliceMs = 1;
/** Milliseconds after it in which others who change the same files come to their turn. */
const pauseMs = 100;

/**
 * Does what has to be done with rows some time after they were committed, with those of many groups together: counts them, and has
 * them found by what is looked for. Each key has counters of its own and its own place in an index, so a group of calls by many
 * keys touches several times as many places in a file as it has rows; together they touch each place once.
 *
 * What was not done when the process ended is done by the next one, from the rows.
 */
export class Later {
  readonly #works: readonly LaterWork[];
  /** Since work was last begun. */
  #rows = 0;
  /** They wait until what was collected is done. */
  #waiting: (() => void)[] = [];
  /** Does what was collected before, a little with each step. */
  #underWay: Iterator<void> | null = null;
  #waitingForIt: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #pausedUntil = 0;
  /** What was collected went with it: only the rows know. */
  #failed = false;

  /** @param works done in this order, each after the one before is committed */
  constructor(works: readonly LaterWork[]) {
    this.#works = works;
  }

  /** Does what could not be done when its time had come. To be called before more is written. @throws the driver's error */
  recover(): void {
    if (this.#failed) this.finish();
  }

  /** Takes rows that were committed. @param leftOut first cells of those that were not */
  add(cells: readonly Cell[], leftOut: ReadonlySet<number>): void {
    this.#rows += cells.length / rowWidth;
    for (const work of this.#works) work.add(cells, leftOut);
    if (this.#underWay !== null) return;
    if (this.#isFull && performance.now() >= this.#pausedUntil)
      this.#inBackground(() => this.#begin());
    else this.#beginLater();
  }

  /** Resolves once all is done with what was taken by now, or cannot be. */
  caughtUp(): Promise<void> {
    if (this.#isInArrears) {
      const done = new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (this.#underWay === null) this.#inBackground(() => this.#begin());
      return done;
    }
    if (this.#underWay === null) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForIt.push(resolve));
  }

  /** Does it all, at once. @throws the driver's error */
  finish(): void {
    try {
      if (this.#underWay !== null) this.#work(Infinity);
      if (!this.#isInArrears) return;
      this.#begin();
      this.#work(Infinity);
    } catch (error) {
      this.#fail();
      throw error;
    }
  }

  /** Leaves what is not done to be done from the rows. */
  stop(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    this.#underWay = null;
    for (const resolve of [...this.#waiting.splice(0), ...this.#waitingForIt.splice(0)]) resolve();
    this.#rows = 0;
    for (const work of this.#works) work.abandon();
  }

  get #isInArrears(): boolean {
    return this.#failed || this.#rows > 0;
  }

  get #isFull(): boolean {
    return this.#works.some(({ isFull }) => isFull);
  }

  #beginLater(): void {
    this.#timer ??= setTimeout(() => this.#inBackground(() => this.#begin()), collectMs);
  }

  #begin(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    if (this.#failed) for (const work of this.#works) work.catchUp();
    this.#failed = false;
    this.#underWay = allOf(this.#works.map((work) => work.begin()));
    this.#rows = 0;
    this.#waitingForIt = this.#waiting;
    this.#waiting = [];
    setImmediate(() => this.#inBackground(() => this.#goOn()));
  }

  #goOn(): void {
    if (this.#underWay === null) return;
    if (this.#work(sliceMs)) setImmediate(() => this.#inBackground(() => this.#goOn()));
    else if (this.#waiting.length > 0) this.#begin();
    else if (this.#rows > 0) this.#beginLater();
  }

  /** @returns whether there is more to do */
  #work(milliseconds: number): boolean {
    const until = performance.now() + milliseconds;
    while (this.#underWay?.next().done === false) if (performance.now() >= until) return true;
    this.#underWay = null;
    for (const resolve of this.#waitingForIt.splice(0)) resolve();
    this.#pausedUntil = performance.now() + pauseMs;
    return false;
  }

  /** Nobody waits whom an error could be told: `recover` tells whoever writes next. */
  #inBackground(work: () => void): void {
    try {
      work();
    } catch {
      this.#fail();
    }
  }

  #fail(): void {
    this.#failed = true;
    this.stop();
  }
}

function* allOf(iterators: readonly Iterator<void>[]): Generator<void> {
  for (const iterator of iterators) while (iterator.next().done !== true) yield;
}
