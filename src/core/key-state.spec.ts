import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { keyStateAt, secretStateAt, type KeyStanding } from './key-state.js';

const now = 1_700_000_000_000;

describe('the state of a key', () => {
  it.each<[standing: KeyStanding, expiresAt: number | null, state: string]>([
    ['active', null, 'active'],
    ['active', now + 1, 'active'],
    ['active', now, 'expired'],
    ['active', now - 1, 'expired'],
    ['active', 0, 'expired'],
    ['suspended', null, 'suspended'],
    ['suspended', now + 1, 'suspended'],
    ['suspended', now, 'expired'],
    ['revoked', null, 'revoked'],
    ['revoked', now + 1, 'revoked'],
    ['revoked', now, 'revoked'],
    ['revoked', now - 1, 'revoked'],
  ])('%s, expiring at %s, is %s', (standing, expiresAt, state) => {
    expect(keyStateAt({ standing, expiresAt }, now)).toBe(state);
  });
});

describe('the state of a secret', () => {
  it.each<[endsAt: number | null, revokedAt: number | null, state: string]>([
    [null, null, 'current'],
    [now + 1, null, 'retiring'],
    [now, null, 'expired'],
    [now - 1, null, 'expired'],
    [0, null, 'expired'],
    [null, now + 1, 'revoked'],
    [null, now, 'revoked'],
    [null, now - 1, 'revoked'],
    [null, 0, 'revoked'],
    [now + 1, now, 'revoked'],
    [now - 1, now - 2, 'revoked'],
    [now - 1, now + 1, 'revoked'],
  ])('#45 ending at %s, revoked at %s, is %s to the millisecond', (endsAt, revokedAt, state) => {
    expect(secretStateAt({ endsAt, revokedAt }, now)).toBe(state);
  });

  it('#52 that was ended for good is over before its end by the clock', () => {
    const ended = { endsAt: now + 1, revokedAt: null, over: true };
    expect(secretStateAt(ended, now)).toBe('expired');
    expect(secretStateAt({ ...ended, revokedAt: now }, now)).toBe('revoked');
  });

  it('#52 that ended stays so, as long as time does not go back', () => {
    const time = fc.option(fc.nat(20), { freq: 3 });
    fc.assert(
      fc.property(time, time, fc.nat(20), fc.nat(20), (endsAt, revokedAt, at, after) => {
        const works = (moment: number) =>
          ['current', 'retiring'].includes(secretStateAt({ endsAt, revokedAt }, moment));
        if (!works(at)) expect(works(at + after)).toBe(false);
        expect(works(at)).toBe((endsAt ?? Infinity) > at && revokedAt === null);
      }),
      { numRuns },
    );
  });
});
