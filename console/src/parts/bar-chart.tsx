import { Text } from '@mantine/core';
import { useState, type KeyboardEvent } from 'react';

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
 * Calls over time, the denied ones marked. Bars are all there is to draw, so no library does it.
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
  onPick,
  picks = 'look closer',
}: {
  bars: readonly Bar[];
  from: number;
  to: number;
  intervalMs: number;
  height: number;
  says: string;
  /** Told that somebody wants to do something with one interval. */
  onPick?: (from: number, to: number) => void;
  /** What that is. */
  picks?: string;
}) {
  const most = Math.max(...bars.map(({ calls }) => calls), 1);
  const step = width / Math.max((to - from) / intervalMs, 1);
  const [reached, setReached] = useState(0);
  const pick = ({ from: start }: Bar) => onPick?.(start, start + intervalMs);
  /** One bar is on the way of the Tab key, and the arrows go to its neighbours. */
  const move = (event: KeyboardEvent<SVGGElement>, bar: Bar) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return pick(bar);
    }
    const step = { ArrowLeft: 'previousElementSibling', ArrowRight: 'nextElementSibling' } as const;
    const next = event.key in step && event.currentTarget[step[event.key as keyof typeof step]];
    if (next instanceof SVGGElement) next.focus();
  };
  const tall = (calls: number) => (calls / most) * (height - 4);
  return (
    <figure style={{ margin: 0 }}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width="100%"
        height={height}
        preserveAspectRatio="none"
        role={onPick ? 'group' : 'img'}
        aria-label={says}
      >
        {bars.map((bar, place) => {
          const x = ((bar.from - from) / intervalMs) * step + 0.5;
          const size = { x, width: Math.max(step - 1, 1) };
          const [whole, refused] = [tall(bar.calls), tall(bar.deniedCalls)];
          const told = `${moment.format(bar.from)}: ${bar.calls.toLocaleString()} calls, ${bar.deniedCalls.toLocaleString()} denied`;
          return (
            <g
              key={bar.from}
              {...(onPick && {
                role: 'button',
                'aria-label': `${told}: ${picks}`,
                tabIndex: place === Math.min(reached, bars.length - 1) ? 0 : -1,
                style: { cursor: 'pointer' },
                onFocus: () => setReached(place),
                onClick: () => pick(bar),
                onKeyDown: (event: KeyboardEvent<SVGGElement>) => move(event, bar),
              })}
            >
              <title>{told}</title>
              {/* The whole height is hit, not only the bar. */}
              {onPick && <rect {...size} y={0} height={height} fill="transparent" />}
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
