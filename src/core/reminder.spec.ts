import { describe, expect, it } from '@jest/globals';
import { expiryReminders, longestSpanMs, reminderDue, rotationReminders } from './reminder.js';

const day = 86_400_000;

describe('reminderDue', () => {
  it.each([
    ['long before', 8 * day, null],
    ['a millisecond before the first span', 7 * day + 1, null],
    ['as the first span begins', 7 * day, 'rotation.ends_in_7_days'],
    ['before the last span', day + 1, 'rotation.ends_in_7_days'],
    ['as the last span begins', day, 'rotation.ends_in_24_hours'],
    ['a millisecond before the end', 1, 'rotation.ends_in_24_hours'],
    ['at the end', 0, null],
    ['after it', -1, null],
  ])('%s: %s', (_when, left, expected) => {
    const now = 1_000 * day;
    const times = { from: now - 60 * day, endsAt: now + left };
    expect(reminderDue(rotationReminders, times, now)).toBe(expected);
  });

  it.each([
    [7 * day, 3 * day, null],
    [7 * day + 1, 3 * day, 'rotation.ends_in_7_days'],
    [day, 3_600_000, null],
    [day + 1, 3_600_000, 'rotation.ends_in_24_hours'],
  ])(
    'what lasts %d ms in all is reminded of only within a shorter span',
    (lasts, left, expected) => {
      const now = 1_000 * day;
      const times = { from: now + left - lasts, endsAt: now + left };
      expect(reminderDue(rotationReminders, times, now)).toBe(expected);
    },
  );

  it('of an expiry: 30, 7 and 1 days before, one at a time', () => {
    const due = (left: number) =>
      reminderDue(expiryReminders, { from: 0, endsAt: 400 * day }, 400 * day - left);
    expect([31, 30, 8, 7, 2, 1, 0.1].map((days) => due(days * day))).toEqual([
      ...[null, 30, 30, 7, 7, 1, 1],
    ]);
    expect(longestSpanMs(expiryReminders)).toBe(30 * day);
  });
});
