import { useQueries } from '@tanstack/react-query';
import { secretHoursQuery } from '../api-keys/keys.js';
import { BarChart, type Series } from '../parts/bar-chart.js';
import type { Rotation } from './rotation.js';

const hourMs = 3_600_000;
/** As far back as hours are told in one answer. */
const daysShown = 30;
/** Fewer hours would make bars as wide as the page. */
const hoursMin = 24;

export const oldSecret: Series = { label: 'with the old secret', color: 'var(--chart-old)' };
const series: readonly Series[] = [
  oldSecret,
  { label: 'with the new secret', color: 'var(--chart-calls)' },
];

/** How callers move from the old secret to the new one, hour by hour, from a day before the rotation on. */
export function SidesChart({ rotation, accountId }: { rotation: Rotation; accountId: string }) {
  const now = Math.ceil(Date.now() / hourMs) * hourMs;
  const begin = Math.floor(Date.parse(rotation.startedAt) / hourMs - hoursMin) * hourMs;
  const from = Math.max(begin, now - daysShown * 24 * hourMs);
  const sides = [rotation.retiring, rotation.replacing];
  const found = useQueries({
    queries: sides.map(({ secretId }) =>
      secretHoursQuery(accountId, rotation.keyId, secretId, new Date(from).toISOString()),
    ),
  });
  const hours = new Map<number, number[]>();
  for (const [side, { data }] of found.entries())
    for (const { hour, calls } of data?.hours ?? []) {
      const parts = hours.get(Date.parse(hour)) ?? sides.map(() => 0);
      parts[side] = calls;
      hours.set(Date.parse(hour), parts);
    }
  if (hours.size === 0) return null;
  const bars = [...hours]
    .toSorted(([one], [other]) => one - other)
    .map(([hour, parts]) => ({ from: hour, parts }));
  return (
    <BarChart
      {...{ bars, series, from, to: now, intervalMs: hourMs }}
      height={100}
      says="Calls with the old and the new secret, refused ones as well"
    />
  );
}
