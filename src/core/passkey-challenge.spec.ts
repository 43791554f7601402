import { describe, expect, it } from '@jest/globals';
import {
  challengeLifetimeMs,
  newPasskeyChallenge,
  timeOfPasskeyChallenge,
  type ChallengeUse,
} from './passkey-challenge.js';

const now = 1_800_000_000_000;
const pepper = { version: 2, key: Buffer.alloc(32, 2) };
const retired = { version: 1, key: Buffer.alloc(32, 1) };
const signIn: ChallengeUse = { purpose: 'sign_in' };
const register: ChallengeUse = { purpose: 'register', personId: 'per_1', sessionId: 'ses_1' };
const read = (challenge: string, use: ChallengeUse, at = now) =>
  timeOfPasskeyChallenge(challenge, use, [pepper, retired], at);

describe('a challenge for a passkey', () => {
  it.each([signIn, register])('says when it was made: %j', (use) => {
    expect(read(newPasskeyChallenge(use, pepper, now), use)).toBe(now);
    expect(read(newPasskeyChallenge(use, retired, now), use)).toBe(now);
  });

  it('is another each time', () => {
    const made = Array.from({ length: 100 }, () => newPasskeyChallenge(signIn, pepper, now));
    expect(new Set(made).size).toBe(made.length);
    for (const challenge of made) expect(challenge).toMatch(/^[A-Za-z0-9_-]{72}$/);
  });

  it('is none under another pepper', () => {
    const challenge = newPasskeyChallenge(signIn, { version: 3, key: Buffer.alloc(32, 3) }, now);
    expect(read(challenge, signIn)).toBeNull();
  });

  it.each<[string, ChallengeUse]>([
    ['signing in', signIn],
    ['another person', { ...register, personId: 'per_2' }],
    ['another session', { ...register, sessionId: 'ses_2' }],
    ['what reads alike', { ...register, personId: 'per_1","ses_1', sessionId: '' }],
  ])('for registering is none for %s', (_what, use) => {
    expect(read(newPasskeyChallenge(register, pepper, now), use)).toBeNull();
    expect(read(newPasskeyChallenge(use, pepper, now), register)).toBeNull();
  });

  it.each([
    [challengeLifetimeMs - 1, now],
    [challengeLifetimeMs, null],
    [1 - challengeLifetimeMs, now],
    [-challengeLifetimeMs, null],
  ])('%d ms later it is of %s', (later, at) => {
    expect(read(newPasskeyChallenge(signIn, pepper, now), signIn, now + later)).toBe(at);
  });

  it('with any bit of it changed is none', () => {
    const bytes = Buffer.from(newPasskeyChallenge(signIn, pepper, now), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(read(changed.toString('base64url'), signIn)).toBeNull();
    }
  });

  it('in another spelling is none', () => {
    const challenge = newPasskeyChallenge(signIn, pepper, now);
    for (const other of [`${challenge}=`, ` ${challenge}`, challenge.slice(1), `${challenge}A`, ''])
      expect(read(other, signIn)).toBeNull();
  });
});
