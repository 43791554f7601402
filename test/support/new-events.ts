import type { Json, TestLatchkey } from './latchkey.js';

/** Follows an account's audit trail: each `take()` gives the events since the last one, oldest first. */
export class NewEvents {
  #lastSeq = 0;

  constructor(
    private readonly latchkey: Pick<TestLatchkey, 'manage'>,
    private readonly accountId: string,
  ) {}

  async take(): Promise<Json[]> {
    const path = `/v1/accounts/${this.accountId}/audit-events?limit=500`;
    const { results } = await this.latchkey.manage('GET', path);
    const events = results.filter((event: Json) => event.seq > this.#lastSeq).toReversed();
    this.#lastSeq = Math.max(this.#lastSeq, ...events.map((event: Json) => event.seq));
    return events;
  }

  /** Leaves everything that has happened so far behind. */
  async skip(): Promise<void> {
    await this.take();
  }
}
