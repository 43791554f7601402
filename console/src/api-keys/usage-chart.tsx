import { Text } from '@mantine/core';
import type { Schemas } from '@latchkey/sdk';
import { BarChart } from '../parts/bar-chart.js';

type Hour = Schemas['UsageHourResponse'];

const hourMs = 3_600_000;

/** Calls with a key, hour by hour. */
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
  return (
    <BarChart
      bars={hours.map(({ hour, calls, deniedCalls }) => ({
        from: Date.parse(hour),
        calls,
        deniedCalls,
      }))}
      from={Math.floor(Date.parse(from) / hourMs) * hourMs}
      to={Math.ceil(Date.parse(to) / hourMs) * hourMs}
      intervalMs={hourMs}
      height={120}
      says={`${all.toLocaleString()} calls, ${denied.toLocaleString()} of them denied`}
    />
  );
}
