import { Text } from '@mantine/core';
import { Hint } from './hint.js';

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const localDay = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** How long ago, or how soon. @param at ISO 8601 */
export function inWords(at: string, now = Date.now()): string {
  const distance = Date.parse(at) - now;
  const [unit, length] = units.find(([, ms]) => Math.abs(distance) >= ms) ?? ['second', 1_000];
  return relative.format(Math.round(distance / length), unit);
}

/** The day of a moment, in the viewer's zone. @param at ISO 8601 */
export function asDay(at: string): string {
  return localDay.format(new Date(at));
}

/** A moment in UTC, as it is told at a hover. */
export function inUtc(at: string): string {
  return at.replace('T', ' ').replace('Z', ' UTC');
}

/** A moment: in words, in the viewer's zone and in UTC at a hover or a focus. @param exact the moment itself in place of words */
export function Time({ at, exact = false }: { at: string; exact?: boolean }) {
  const here = local.format(new Date(at));
  return (
    <Hint label={`${here} · ${inUtc(at)}`}>
      {/* A few words, that a narrow column would stack. */}
      <time dateTime={at} {...(!exact && { className: 'nowrap' })}>
        {exact ? here : inWords(at)}
      </time>
    </Hint>
  );
}

/** A moment that may not have come. */
export function TimeOr({ at, never }: { at: string | null; never: string }) {
  return at === null ? (
    <Text inherit c="dimmed">
      {never}
    </Text>
  ) : (
    <Time at={at} />
  );
}
