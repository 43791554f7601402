/** When a person is reminded of an end that comes by itself. Times are epoch milliseconds. */

const dayMs = 86_400_000;

/** A span before an end in which it is reminded of. */
export interface Reminder<Name> {
  readonly name: Name;
  readonly beforeMs: number;
}

/** The latest first. */
export const rotationReminders = [
  { name: 'rotation.ends_in_24_hours', beforeMs: dayMs },
  { name: 'rotation.ends_in_7_days', beforeMs: 7 * dayMs },
] as const satisfies readonly Reminder<string>[];

/** Days before a key expires. */
export const expiryReminders = [
  { name: 1, beforeMs: dayMs },
  { name: 7, beforeMs: 7 * dayMs },
  { name: 30, beforeMs: 30 * dayMs },
] as const satisfies readonly Reminder<number>[];

/** The longest of the spans: what ends later has no reminder yet. */
export function longestSpanMs(reminders: readonly Reminder<unknown>[]): number {
  return Math.max(...reminders.map(({ beforeMs }) => beforeMs));
}

/**
 * The reminder that is due: the last of those whose span has begun, so that who missed the earlier ones gets one and not all.
 * What was set to last no longer than a span has none of that span: its beginning told of its end.
 *
 * @param reminders the latest first
 */
export function reminderDue<Name>(
  reminders: readonly Reminder<Name>[],
  { from, endsAt }: { readonly from: number; readonly endsAt: number },
  now: number,
): Name | null {
  if (endsAt <= now) return null;
  const begun = reminders.find(({ beforeMs }) => endsAt - now <= beforeMs);
  return begun !== undefined && endsAt - from > begun.beforeMs ? begun.name : null;
}
