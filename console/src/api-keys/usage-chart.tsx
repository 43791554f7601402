import { Text } from '@mantine/core';
import type { Schemas } from '@latchkey/sdk';
import { useMemo } from 'react';

type Hour = Schemas['UsageHourResponse'];

const width = 960;
const height = 120;
const barsMax = 96;

interface Bar {
  readonly from: number;
  readonly calls: number;
  readonly deniedCalls: number;
}

/** Calls over time, the denied ones marked: drawn here, because a library for this is bigger than all the rest of the page. */
export function UsageChart({
  hours,
  from,
  to,
}: {
  hours: readonly Hour[];
  from: string;
  to: string;
}) {
  const bars = useMemo(() => barsOf(hours, Date.parse(from), Date.parse(to)), [hours, from, to]);
  const most = Math.max(...bars.map(({ calls }) => calls), 1);
  const all = hours.reduce((sum, { calls }) => sum + calls, 0);
  const denied = hours.reduce((sum, { deniedCalls }) => sum + deniedCalls, 0);
  if (all === 0) return <Text c="dimmed">No calls in this time.</Text>;
  const step = width / bars.length;
  const says = `${all.toLocaleString()} calls, ${denied.toLocaleString()} of them denied, from ${from.slice(0, 10)} to ${to.slice(0, 10)}`;
  return (
    <figure style={{ margin: 0 }}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width="100%"
        height={height}
        preserveAspectRatio="none"
        role="img"
        aria-label={says}
      >
        {bars.map((bar, i) => {
          const whole = (bar.calls / most) * (height - 4);
          const refused = (bar.deniedCalls / most) * (height - 4);
          return (
            <g key={bar.from}>
              <title>{`${new Date(bar.from).toLocaleString()}: ${bar.calls} calls, ${bar.deniedCalls} denied`}</title>
              <rect
                x={i * step + 1}
                width={Math.max(step - 2, 1)}
                y={height - whole}
                height={whole}
                fill="var(--mantine-primary-color-filled)"
              />
              <rect
                x={i * step + 1}
                width={Math.max(step - 2, 1)}
                y={height - refused}
                height={refused}
                fill="var(--mantine-color-red-filled)"
              />
            </g>
          );
        })}
      </svg>
      <Text component="figcaption" fz="xs" c="dimmed">
        {says}
      </Text>
    </figure>
  );
}

function barsOf(hours: readonly Hour[], from: number, to: number): readonly Bar[] {
  const length = Math.max((to - from) / barsMax, 3_600_000);
  const count = Math.max(Math.ceil((to - from) / length), 1);
  const bars = Array.from({ length: count }, (_, i) => ({
    from: from + i * length,
    calls: 0,
    deniedCalls: 0,
  }));
  for (const { hour, calls, deniedCalls } of hours) {
    const bar =
      bars[Math.min(Math.max(Math.floor((Date.parse(hour) - from) / length), 0), count - 1)];
    if (bar === undefined) continue;
    bar.calls += calls;
    bar.deniedCalls += deniedCalls;
  }
  return bars;
}
