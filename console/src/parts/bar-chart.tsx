import { Text } from '@mantine/core';

/** Calls of one interval. */
export interface Bar {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly calls: number;
  readonly deniedCalls: number;
}

const width = 960;
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/**
 * Calls over time, the denied ones marked. It is drawn here, because a library for it is bigger than all the rest of the page.
 *
 * @param from epoch milliseconds, to `to` in steps of `intervalMs`; what has no bar had no calls
 */
export function BarChart({
  bars,
  from,
  to,
  intervalMs,
  height,
  says,
}: {
  bars: readonly Bar[];
  from: number;
  to: number;
  intervalMs: number;
  height: number;
  says: string;
}) {
  const most = Math.max(...bars.map(({ calls }) => calls), 1);
  const step = width / Math.max((to - from) / intervalMs, 1);
  const tall = (calls: number) => (calls / most) * (height - 4);
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
        {bars.map((bar) => {
          const x = ((bar.from - from) / intervalMs) * step + 0.5;
          const size = { x, width: Math.max(step - 1, 1) };
          const [whole, refused] = [tall(bar.calls), tall(bar.deniedCalls)];
          return (
            <g key={bar.from}>
              <title>{`${moment.format(bar.from)}: ${bar.calls.toLocaleString()} calls, ${bar.deniedCalls.toLocaleString()} denied`}</title>
              <rect
                {...size}
                y={height - whole}
                height={whole}
                fill="var(--mantine-primary-color-filled)"
              />
              <rect
                {...size}
                y={height - refused}
                height={refused}
                fill="var(--mantine-color-red-filled)"
              />
            </g>
          );
        })}
        <line
          x1={0}
          x2={width}
          y1={height}
          y2={height}
          stroke="var(--mantine-color-default-border)"
        />
      </svg>
      <Text component="figcaption" fz="sm" c="dimmed">
        {says}, from {moment.format(from)} to {moment.format(to)}
      </Text>
    </figure>
  );
}
