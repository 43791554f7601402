import { describe, expect, it } from '@jest/globals';
import { noticeText } from './notice-text.js';
import { noticeKinds, type Notice } from './notice.js';

const key = { keyId: 'key_1', keyName: 'Mail merge', environment: 'production' as const };
const time = '2027-01-31T12:00:00.000Z';
const rotation = { ...key, rotationId: 'rot_1', startedAt: time, graceEndsAt: time };
const every: Readonly<Record<Notice['kind'], object>> = {
  'rotation.opened': rotation,
  'rotation.extended': rotation,
  'rotation.cancelled': rotation,
  'rotation.finished': rotation,
  'rotation.expired': rotation,
  'rotation.ends_in_7_days': { ...rotation, oldSecretLastUsedAt: time, oldSecretCallers: 1 },
  'rotation.ends_in_24_hours': { ...rotation, oldSecretLastUsedAt: time, oldSecretCallers: 2 },
  'secret.over_age': {
    ...{ ...key, secretId: 'sec_1', secretStart: 'lk_prod_4fGh' },
    ...{ createdAt: time, maxAgeDays: 180, isRefused: true },
  },
  'secret.misplaced': {
    ...{ ...key, secretId: 'sec_1', secretStart: 'lk_prod_4fGh', place: 'referer' },
    ...{ callId: 'call_1', callerIp: '203.0.113.7', seenAt: time },
  },
  'key.first_used_from_new_ip': { ...key, ip: '203.0.113.7', firstSeenAt: time },
  'key.expiring': { ...key, expiresAt: time, withinDays: 7 },
  'key.suspended': key,
  'key.revoked': key,
  'webhook.test': { webhookId: 'whk_1' },
};
const noticeOf = (kind: Notice['kind'], data = every[kind]) => ({ kind, data }) as Notice;

describe('noticeText', () => {
  it.each(noticeKinds)('of %s says what happened and what to do', (kind) => {
    const { subject, happened, toDo } = noticeText(noticeOf(kind));
    for (const line of [subject, happened, toDo]) expect(line).toMatch(/^\S[^\n\r]{5,400}\S$/);
    if (kind === 'webhook.test') return;
    expect(subject).toContain('Mail merge (production)');
    expect(happened).toContain('key_1');
  });

  it('says when, and how many have not moved', () => {
    const { happened } = noticeText(noticeOf('rotation.ends_in_24_hours'));
    expect(happened).toContain('stops working at 2027-01-31 12:00:00 UTC');
    expect(happened).toContain('2 callers used it');
    expect(noticeText(noticeOf('rotation.ends_in_7_days')).happened).toContain('1 caller used it');
  });

  it('stays one line, whatever a key is called', () => {
    const hostile = { ...key, keyName: 'a\r\nBcc: all@example.com\u2028b\u202ec' };
    const { subject } = noticeText(noticeOf('key.revoked', hostile));
    expect(subject).toBe(
      'Latchkey: the key a\\u000d\\u000aBcc: all@example.com\\u2028b\\u202ec (production) was revoked',
    );
  });
});
