import { describe, expect, it } from '@jest/globals';
import { quietSince, verdictOn } from './rotation-verdict.js';

const startedAt = 1_000_000;
const quietSeconds = 3600;
const quietMs = quietSeconds * 1000;

describe('whether an open rotation can be finished', () => {
  const cases: [string, number | null, number, number, string][] = [
    ['nobody has the new secret', null, 0, startedAt + 10 * quietMs, 'new_not_used_yet'],
    [
      'nobody has the new one, the old is used',
      startedAt + 5,
      0,
      startedAt + 9,
      'new_not_used_yet',
    ],
    ['both are used', startedAt + quietMs, 1, startedAt + quietMs + 1, 'still_in_use'],
    ['the old was used a moment too late', startedAt + 1, 1, startedAt + quietMs, 'still_in_use'],
    [
      'the old is quiet for exactly as long',
      startedAt + 1,
      1,
      startedAt + 1 + quietMs,
      'safe_to_finish',
    ],
    ['the old was never used, for long enough', null, 1, startedAt + quietMs, 'safe_to_finish'],
    ['the old was never used, but it is early', null, 1, startedAt + quietMs - 1, 'quiet_so_far'],
  ];
  it.each(cases)('%s', (_name, retiringLastUsedAt, replacingCallsAllowed, now, verdict) => {
    const watched = { startedAt, retiringLastUsedAt, replacingCallsAllowed };
    expect(verdictOn(watched, quietSeconds, now)).toBe(verdict);
    expect(quietSince(watched)).toBe(retiringLastUsedAt ?? startedAt);
  });

  it('without a quiet period, one call of the new secret is enough', () => {
    const watched = { startedAt, retiringLastUsedAt: startedAt + 7, replacingCallsAllowed: 1 };
    expect(verdictOn(watched, 0, startedAt + 7)).toBe('safe_to_finish');
  });
});
