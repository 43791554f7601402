import { describe, expect, it } from '@jest/globals';
import { retryDelayMs, retryDelaysMs } from './retry-schedule.js';

describe('retryDelayMs', () => {
  it('grows for about a day, and then gives up', () => {
    const delays = retryDelaysMs.map((_delay, i) => retryDelayMs(i + 1, 0));
    expect(delays).toEqual(retryDelaysMs);
    expect([...retryDelaysMs].sort((a, b) => a - b)).toEqual(retryDelaysMs);
    const hours = retryDelaysMs.reduce((sum, delay) => sum + delay, 0) / 3_600_000;
    expect([hours > 20, hours < 28]).toEqual([true, true]);
    expect(retryDelayMs(retryDelaysMs.length + 1, 0)).toBeNull();
  });

  it('is longer by chance, by a fifth at most', () => {
    expect([0, 0.5, 1].map((chance) => retryDelayMs(1, chance))).toEqual([5_000, 5_500, 6_000]);
  });
});
