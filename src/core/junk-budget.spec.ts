import { beforeEach, describe, expect, it } from '@jest/globals';
import { JunkBudget } from './junk-budget.js';

const minute = 1_700_000_040_000;

describe('#89 rows for calls without a genuine secret', () => {
  let counted: [number, string, string | null][];
  const counts = {
    count: (...told: [number, string, string | null]) => void counted.push(told),
  };

  beforeEach(() => {
    counted = [];
  });

  const rowsOf = (budget: JunkBudget, calls: number, at: number, ip: string) => {
    let rows = 0;
    for (let i = 0; i < calls; i += 1) if (budget.grantsRow(at, ip, 'KEY_UNKNOWN')) rows += 1;
    return rows;
  };

  it('are given up to the budget of a block; the rest is counted by minute, block and reason', () => {
    const budget = new JunkBudget(3, counts);
    expect(rowsOf(budget, 5, minute + 59_999, '203.0.113.7')).toBe(3);
    expect(counted).toEqual([
      [minute, '203.0.113.0/24', 'KEY_UNKNOWN'],
      [minute, '203.0.113.0/24', 'KEY_UNKNOWN'],
    ]);
    expect(budget.grantsRow(minute + 59_999, '203.0.113.8', null)).toBe(false);
    expect(counted.at(-1)).toEqual([minute, '203.0.113.0/24', null]);
  });

  it('are given to every other block all the same', () => {
    const budget = new JunkBudget(3, counts);
    rowsOf(budget, 100, minute, '203.0.113.7');
    expect(rowsOf(budget, 5, minute, '203.0.114.7')).toBe(3);
    expect(rowsOf(budget, 5, minute, '2001:db8::1')).toBe(3);
    expect(rowsOf(budget, 5, minute, '2001:db8:0:1::1')).toBe(3);
    expect(rowsOf(budget, 5, minute, '2001:db8::ffff')).toBe(0);
  });

  it('are given anew each minute', () => {
    const budget = new JunkBudget(3, counts);
    expect(rowsOf(budget, 5, minute, '203.0.113.7')).toBe(3);
    expect(rowsOf(budget, 5, minute + 60_000, '203.0.113.7')).toBe(3);
  });

  it('are not given again where a call tells of an earlier minute, which is counted in the one there is', () => {
    const budget = new JunkBudget(3, counts);
    expect(rowsOf(budget, 5, minute + 60_000, '203.0.113.7')).toBe(3);
    expect(rowsOf(budget, 5, minute + 59_999, '203.0.113.7')).toBe(0);
    expect(rowsOf(budget, 5, minute + 60_000, '203.0.113.7')).toBe(0);
    budget.countOnly(minute, '203.0.113.7', 'REQUEST_MALFORMED');
    expect(new Set(counted.map(([at]) => at))).toEqual(new Set([minute + 60_000]));
  });

  it('are no more than twenty blocks would get, however many blocks there are', () => {
    const budget = new JunkBudget(3, counts);
    let rows = 0;
    for (let i = 0; i < 5_000; i += 1)
      rows += rowsOf(budget, 1, minute, `10.${i >> 8}.${i & 255}.1`);
    expect([rows, counted.length]).toEqual([60, 4_940]);
  });

  it('can be none', () => {
    expect(rowsOf(new JunkBudget(0, counts), 2, minute, '203.0.113.7')).toBe(0);
    expect(counted).toHaveLength(2);
  });

  it('what never became a call is counted, and takes nothing from the budget', () => {
    const budget = new JunkBudget(1, counts);
    budget.countOnly(minute + 1, '203.0.113.7', 'REQUEST_MALFORMED');
    expect(counted).toEqual([[minute, '203.0.113.0/24', 'REQUEST_MALFORMED']]);
    expect(rowsOf(budget, 2, minute, '203.0.113.7')).toBe(1);
  });
});
