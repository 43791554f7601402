import { expect } from '@jest/globals';
import type { Tables } from './main-tables.js';

interface Link {
  readonly account_id: string;
  readonly seq: number | string;
  readonly digest: string;
  readonly previous_digest: string;
}

/** Expects of every account that its events are numbered without a gap, each linked to the one before, up to the head. */
export function expectUnbrokenChains(tables: Tables): void {
  const events = tables['audit_event'] as unknown as Link[];
  const heads = tables['audit_head'] as unknown as Link[];
  const accounts = new Set(events.map((event) => event.account_id));
  expect(new Set(heads.map((head) => head.account_id))).toEqual(accounts);
  for (const head of heads) {
    const chain = events
      .filter((event) => event.account_id === head.account_id)
      .sort((a, b) => Number(a.seq) - Number(b.seq));
    const links = chain.map(({ seq, previous_digest }) => [Number(seq), previous_digest]);
    expect(links).toEqual(chain.map((_, i) => [i + 1, chain[i - 1]?.digest ?? '']));
    expect([Number(head.seq), head.digest]).toEqual([chain.length, chain.at(-1)?.digest]);
  }
}
