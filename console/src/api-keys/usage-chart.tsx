import { Text } from '@mantine/core';
import type { Schemas } from '@latchkey/sdk';
import { BarChart, type Series } from '../parts/bar-chart.js';
import { counted } from '../parts/counted.js';

type Hour = Schemas['UsageHourResponse'];

const hourMs = 3_600_000;
/** The warm ones are for what was denied, here as elsewhere. More could not be told apart. */
const reasonColors = ['red', 'orange', 'yellow', 'pink'] as const;
const rest: Series = { label: 'denied otherwise', color: 'var(--mantine-color-gray-6)' };
const allowed: Series = { label: 'allowed', color: 'var(--chart-calls)' };

/** Calls with a key, hour by hour, and why those were denied that were. */
export function UsageChart({
  hours,
  from,
  to,
}: {
  hours: readonly Hour[];
  from: string;
  to: string;
}) {
  const all = hours.reduce((sum, { calls }) => sum + calls, 0);
  const denied = hours.reduce((sum, { deniedCalls }) => sum + deniedCalls, 0);
  if (all === 0) return <Text c="dimmed">No calls in this time.</Text>;
  const frequent = reasonsOf(hours);
  const named = frequent.slice(0, reasonColors.length);
  const hasRest = frequent.length > named.length;
  return (
    <BarChart
      bars={hours.map(({ hour, calls, deniedCalls, denials }) => {
        const byReason = named.map((reason) => callsOf(denials, reason));
        const otherwise = deniedCalls - byReason.reduce((sum, count) => sum + count, 0);
        const parts = [...byReason, ...(hasRest ? [otherwise] : []), calls - deniedCalls];
        return { from: Date.parse(hour), parts };
      })}
      series={[
        ...named.map((label, place) => ({
          label,
          color: `var(--mantine-color-${reasonColors[place]}-6)`,
        })),
        ...(hasRest ? [rest] : []),
        allowed,
      ]}
      from={Math.floor(Date.parse(from) / hourMs) * hourMs}
      to={Math.ceil(Date.parse(to) / hourMs) * hourMs}
      intervalMs={hourMs}
      height={120}
      says={`${counted(all, 'call')}, ${denied.toLocaleString()} of them denied`}
    />
  );
}

/** Why calls were denied, the most frequent first. */
function reasonsOf(hours: readonly Hour[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { denials } of hours)
    for (const { reason, calls } of denials) counts.set(reason, (counts.get(reason) ?? 0) + calls);
  return [...counts].toSorted(([, one], [, other]) => other - one).map(([reason]) => reason);
}

function callsOf(denials: Hour['denials'], wanted: string): number {
  return denials.find(({ reason }) => reason === wanted)?.calls ?? 0;
}
