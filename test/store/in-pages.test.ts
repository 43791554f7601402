import { describe, expect, it } from '@jest/globals';
import { inPages } from '../../src/store/in-pages.js';
import { turnsDuring } from '../support/turns.js';

describe('a list that is read in pages', () => {
  const all = (count: number) => Array.from({ length: count }, (_, i) => i);
  const reader = (rows: readonly number[]) => async (limit: number, after: number | null) =>
    rows.filter((row) => after === null || row > after).slice(0, limit);

  it.each([0, 1, 99, 100, 101, 200, 512])(
    'has each of its %d rows once, in order',
    async (count) => {
      const read: number[] = [];
      for await (const page of inPages(reader(all(count)), (row) => row)) read.push(...page);
      expect(read).toEqual(all(count));
    },
  );

  it('ends where it is stopped, after the page that is read', async () => {
    const stop = new AbortController();
    const read: number[] = [];
    for await (const page of inPages(reader(all(512)), (row) => row, stop.signal)) {
      read.push(...page);
      if (read.length === 200) stop.abort();
    }
    expect(read).toEqual(all(200));
  });

  it('leaves whoever calls a turn between two pages, also where none has to be waited for', async () => {
    const turns = await turnsDuring(async () => {
      for await (const _ of inPages(reader(all(512)), (row) => row));
    });
    expect(turns).toBeGreaterThanOrEqual(5);
  });
});
