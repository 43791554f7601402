import { Card } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { BarChart, barOf } from '../parts/bar-chart.js';
import { counted } from '../parts/counted.js';
import { callCountsQuery, type CallFilter, type LogOwner } from './calls.js';

/** Closer than that there is nothing to see. */
const closestMs = 1_000;
/** Fewer would make bars as wide as the page. */
const intervalsMin = 48;

/** How many calls there were, over time. */
export function CallHistogram({
  owner,
  filter,
  isEnabled,
  onPick,
}: {
  owner: LogOwner;
  filter: CallFilter;
  /** Counting takes the log longer than finding the first rows, which would wait for it. */
  isEnabled: boolean;
  onPick: (from: number, to: number) => void;
}) {
  const counts = useQuery({
    ...callCountsQuery(owner, filter),
    enabled: isEnabled,
    placeholderData: keepPreviousData,
  });
  if (counts.data === undefined || counts.data.times.length === 0) return null;
  const { times, calls, deniedCalls, estimated, intervalSeconds } = counts.data;
  const intervalMs = intervalSeconds * 1000;
  const bars = times.map((time) => barOf({ ...time, from: Date.parse(time.from) }));
  const to = (bars.at(-1)?.from ?? 0) + intervalMs;
  return (
    <Card withBorder>
      <BarChart
        bars={bars}
        from={Math.min(bars[0]?.from ?? to, to - intervalsMin * intervalMs)}
        to={to}
        intervalMs={intervalMs}
        height={80}
        {...(intervalMs > closestMs && { onPick })}
        says={`${estimated ? 'About ' : ''}${counted(calls, 'call', 'calls')}, ${deniedCalls.toLocaleString()} of them denied`}
      />
    </Card>
  );
}
