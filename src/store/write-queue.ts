/** Runs pieces of work one at a time, in the order they came; or all at once, where the database keeps them apart itself. */
export class WriteQueue {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly mode: 'one_at_a_time' | 'concurrent') {}

  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.mode === 'concurrent') return work();
    const running = this.#last.then(work);
    // What failed is its caller's to hear of; the next in line only waits for its end. On SQLite nothing of a write has to wait,
    // so however many follow each other, whoever calls gets a turn between two.
    this.#last = running
      .catch(() => undefined)
      .then(() => new Promise((resolve) => setImmediate(resolve)));
    return running;
  }
}
