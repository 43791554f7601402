import { describe, expect, it } from '@jest/globals';
import {
  isOverAge,
  isRefusedForAge,
  keptFrom,
  latestExpiry,
  outlivesPolicy,
  overAgeFrom,
  policyNames,
  policyOf,
  policySourceOf,
  policyUnlessSet,
  type AccountPolicy,
  type OwnPolicy,
} from './account-policy.js';

const day = 86_400_000;
const holder = (policy: OwnPolicy = {}, isOperator = false) => ({ policy, isOperator });

/** In every part another than `policyUnlessSet`. */
const own: Required<OwnPolicy> = {
  secretAgeDaysMax: 90,
  overAge: 'refuse',
  keyLifetimeDaysMax: 365,
  graceSecondsDefault: 60,
  graceSecondsMax: 3600,
  quietSeconds: 7200,
  deprecationHeaders: false,
  rotationGuideUrl: 'https://donut.example/keys',
  retentionDaysCalls: 30,
  retentionDaysCounters: 60,
  retentionDaysAudit: 365,
};

describe('the policy of an account', () => {
  it('is what the issue asks for where nobody sets anything', () => {
    expect(policyOf(holder(), policyUnlessSet)).toEqual({
      ...{ secretAgeDaysMax: 180, overAge: 'report', keyLifetimeDaysMax: null },
      ...{ graceSecondsDefault: 7 * 86_400, graceSecondsMax: 90 * 86_400, quietSeconds: 86_400 },
      ...{ deprecationHeaders: true, rotationGuideUrl: null },
      ...{ retentionDaysCalls: 90, retentionDaysCounters: 90, retentionDaysAudit: 90 },
    });
  });

  it('says from when on things are kept, each for itself', () => {
    const policy = policyOf(holder({ retentionDaysCalls: 1 }), policyUnlessSet);
    expect(keptFrom(100 * day, policy, 'retentionDaysCalls')).toBe(99 * day);
    expect(keptFrom(100 * day, policy, 'retentionDaysAudit')).toBe(10 * day);
  });

  it.each(policyNames)(
    '%s is the account’s own where it has one, else the installation’s',
    (name) => {
      const account = holder({ [name]: own[name] });
      expect(policyOf(account, policyUnlessSet)[name]).toBe(own[name]);
      expect(policySourceOf(account, name)).toBe('account');
      const others: AccountPolicy = { ...own, [name]: policyUnlessSet[name] };
      expect(policyOf(holder(), { ...policyUnlessSet, [name]: own[name] })[name]).toBe(own[name]);
      expect(policyOf(holder(), others)[name]).not.toBe(own[name]);
      expect(policySourceOf(holder(), name)).toBe('installation');
    },
  );

  it('gives no longer grace unasked than the longest', () => {
    const account = holder({ graceSecondsMax: 60 });
    expect(policyOf(account, policyUnlessSet).graceSecondsDefault).toBe(60);
    expect(policyOf(holder({ graceSecondsMax: 0 }), policyUnlessSet).graceSecondsDefault).toBe(0);
  });

  it('never refuses the operator’s own secrets for their age, whoever asks for it', () => {
    for (const account of [holder({}, true), holder(own, true)]) {
      expect(policyOf(account, { ...policyUnlessSet, overAge: 'refuse' }).overAge).toBe('report');
      expect(policySourceOf(account, 'overAge')).toBe('fixed');
    }
    expect(policyOf(holder(own, true), policyUnlessSet).secretAgeDaysMax).toBe(90);
  });
});

describe('a secret that is over age', () => {
  const policy: AccountPolicy = { ...policyUnlessSet, secretAgeDaysMax: 30, overAge: 'refuse' };
  const secret = { createdAt: 1000, endsAt: null, revokedAt: null };
  const from = 1000 + 30 * day;

  it('is so from the millisecond on, and refused only where the policy says so', () => {
    expect(overAgeFrom(secret, policy)).toBe(from);
    const reporting: AccountPolicy = { ...policy, overAge: 'report' };
    const judgedAt = (now: number) => [
      isOverAge(secret, policy, now),
      isRefusedForAge(secret, policy, now),
      isRefusedForAge(secret, reporting, now),
    ];
    expect(judgedAt(from - 1)).toEqual([false, false, false]);
    expect(judgedAt(from)).toEqual([true, true, false]);
  });

  it.each([
    ['retiring', { endsAt: from + 1 }],
    ['expired', { endsAt: from }],
    ['over for good', { endsAt: from + 1, over: true }],
    ['revoked', { revokedAt: from }],
  ])('is none that is %s', (_state, changed) => {
    expect(isOverAge({ ...secret, ...changed }, policy, from)).toBe(false);
  });
});

describe('the lifetime of a key', () => {
  const latest = latestExpiry(1000, { ...policyUnlessSet, keyLifetimeDaysMax: 30 });

  it('runs from its making, and has no end where there is no limit', () => {
    expect(latest).toBe(1000 + 30 * day);
    expect(latestExpiry(1000, policyUnlessSet)).toBeNull();
  });

  const end = 1000 + 30 * day;
  // prettier-ignore
  const cases: [what: string, expiresAt: number | null, latest: number | null, before: number | null | undefined, outlives: boolean][] = [
    ['a new key without an end, without a limit', null, null, undefined, false],
    ['a new key without an end', null, end, undefined, true],
    ['a new key until the limit', end, end, undefined, false],
    ['a new key beyond it', end + 1, end, undefined, true],
    ['a later end, within the limit', end, end, end - 1, false],
    ['a later end, beyond it', end + 1, end, end, true],
    ['no end any more', null, end, end + 5, true],
    ['no end, as before', null, end, null, false],
    ['an end, where there was none', end + 9, end, null, false],
    ['a nearer end', end + 4, end, end + 5, false],
    ['the same end', end + 5, end, end + 5, false],
    ['a later end than one beyond the limit', end + 6, end, end + 5, true],
  ];
  it.each(cases)('%s', (_what, expiresAt, limit, before, outlives) => {
    const key = before === undefined ? undefined : { expiresAt: before };
    expect(outlivesPolicy(expiresAt, limit, key)).toBe(outlives);
  });
});
