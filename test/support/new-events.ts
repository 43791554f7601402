import { expect } from '@jest/globals';
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

  /** Expects exactly one event since the last time, of this kind, from here, and without these secrets. */
  async expectOne(expected: Json, secrets: readonly string[] = []): Promise<void> {
    const events = await this.take();
    expect(events).toMatchObject([{ callerIp: '127.0.0.1', ...expected }]);
    for (const secret of secrets) expect(JSON.stringify(events)).not.toContain(secret);
  }
}
