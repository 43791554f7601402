import { describe, expect, it } from '@jest/globals';
import { AttemptLimit } from './attempt-limit.js';

const now = 1_700_000_000_000;
const second = 1_000;
const takes = (limit: AttemptLimit, name: string, times: number, at = now) =>
  Array.from({ length: times }, () => limit.take(name, at));

describe('#79 a limit of attempts', () => {
  it('lets so many through at once, and says when the next one is', () => {
    const limit = new AttemptLimit(3, 10 * second);
    expect(takes(limit, 'a', 5)).toEqual([null, null, null, 10 * second, 10 * second]);
  });

  it('gives one back for each span of time', () => {
    const limit = new AttemptLimit(3, 10 * second);
    takes(limit, 'a', 3);
    expect(limit.take('a', now + 10 * second - 1)).toBe(1);
    expect(takes(limit, 'a', 2, now + 10 * second)).toEqual([null, 10 * second]);
    expect(takes(limit, 'a', 3, now + 40 * second)).toEqual([null, null, null]);
  });

  it('never gives back more than there were', () => {
    const limit = new AttemptLimit(2, second);
    takes(limit, 'a', 2);
    expect(takes(limit, 'a', 3, now + 3_600 * second)).toEqual([null, null, second]);
  });

  it('keeps names apart', () => {
    const limit = new AttemptLimit(1, second);
    expect([limit.take('a', now), limit.take('b', now), limit.take('a', now)]).toEqual([
      ...[null, null, second],
    ]);
  });

  it('counts nothing for an attempt that is given back', () => {
    const limit = new AttemptLimit(2, second);
    for (let i = 0; i < 10; i += 1) {
      expect(limit.take('a', now)).toBeNull();
      limit.giveBack('a');
    }
    limit.giveBack('nobody');
    expect(takes(limit, 'a', 3)).toEqual([null, null, second]);
  });

  it('a flood of names takes up no more and no more memory, and the latest stay known', () => {
    const limit = new AttemptLimit(1, 3_600 * second);
    for (let i = 0; i < 150_000; i += 1) limit.take(`name-${i}`, now);
    expect(limit.take('name-149999', now)).not.toBeNull();
    expect(limit.take('name-0', now)).toBeNull();
  });
});
