import { Text, VisuallyHidden } from '@mantine/core';
import { useState, type FocusEvent, type KeyboardEvent, type PointerEvent } from 'react';
import { counted } from './counted.js';
import { Legend } from './legend.js';

/** What is told apart in each bar, from the bottom up. */
export interface Series {
  readonly label: string;
  /** Any CSS colour. */
  readonly color: string;
}

/** Calls of one interval. */
export interface Bar {
  /** Epoch milliseconds. */
  readonly from: number;
  /** How many, for each of the series. */
  readonly parts: readonly number[];
}

/** Calls that were refused, below those that were not. */
export const deniedAndAllowed: readonly Series[] = [
  { label: 'denied', color: 'var(--chart-denied)' },
  { label: 'allowed', color: 'var(--chart-calls)' },
];

interface CallsOfInterval {
  readonly from: number;
  readonly calls: number;
  readonly deniedCalls: number;
}

/** As bars of `deniedAndAllowed`. */
export function barOf({ from, calls, deniedCalls }: CallsOfInterval): Bar {
  return { from, parts: [deniedCalls, calls - deniedCalls] };
}

const width = 960;
const closer = 'look closer';
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/**
 * Calls over time, one kind upon the other. Bars are all there is to draw, so no library does it.
 *
 * @param from epoch milliseconds, to `to` in steps of `intervalMs`; what has no bar had no calls
 */
export function BarChart({
  bars,
  series = deniedAndAllowed,
  from,
  to,
  intervalMs,
  height,
  says,
  onPick,
  picks = closer,
}: {
  bars: readonly Bar[];
  series?: readonly Series[];
  from: number;
  to: number;
  intervalMs: number;
  height: number;
  says: string;
  /** Told that somebody wants to do something with an interval, or with a stretch of them. */
  onPick?: (from: number, to: number) => void;
  /** What that is. */
  picks?: string;
}) {
  const most = Math.max(...bars.map(({ parts }) => sum(parts)), 1);
  const step = width / Math.max((to - from) / intervalMs, 1);
  const [reached, setReached] = useState(0);
  /** The beginnings of two intervals: where a stretch was begun, and how far it goes. */
  const [stretch, setStretch] = useState<readonly [number, number] | null>(null);
  const isPulled = stretch !== null && stretch[0] !== stretch[1];
  const holds = (at: number) => isPulled && at >= Math.min(...stretch) && at <= Math.max(...stretch); // prettier-ignore
  const pick = (ends: readonly number[]) => {
    setStretch(null);
    onPick?.(Math.min(...ends), Math.max(...ends) + intervalMs);
  };
  /** One bar is on the way of the Tab key, and the arrows go to its neighbours; with Shift they take them along. */
  const move = (event: KeyboardEvent<SVGGElement>, bar: Bar, place: number) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return pick(isPulled ? stretch : [bar.from]);
    }
    if (event.key === 'Escape' && isPulled) {
      event.stopPropagation();
      return setStretch(null);
    }
    const steps = { ArrowLeft: -1, ArrowRight: 1 } as const;
    const step = event.key in steps ? steps[event.key as keyof typeof steps] : 0;
    const way = step < 0 ? 'previousElementSibling' : 'nextElementSibling';
    const next = step !== 0 && event.currentTarget[way];
    if (!(next instanceof SVGGElement)) return;
    next.focus();
    const reaches = bars[place + step]?.from ?? bar.from;
    setStretch(event.shiftKey ? [stretch?.[0] ?? bar.from, reaches] : null);
  };
  /** The interval that is pointed at: a drag may begin and end where there were no calls. */
  const pointedAt = ({ currentTarget, clientX }: PointerEvent<SVGSVGElement>) => {
    const { left, width: wide } = currentTarget.getBoundingClientRect();
    const intervals = Math.max(Math.round((to - from) / intervalMs), 1);
    const nth = Math.floor(((clientX - left) / wide) * intervals);
    return from + Math.min(Math.max(nth, 0), intervals - 1) * intervalMs;
  };
  const drag = onPick && {
    onPointerDown: (event: PointerEvent<SVGSVGElement>) => {
      // A finger moves the page.
      if (event.pointerType !== 'mouse' || event.button !== 0) return;
      const at = pointedAt(event);
      setStretch([at, at]);
    },
    onPointerMove: (event: PointerEvent<SVGSVGElement>) => {
      if (stretch === null || event.buttons !== 1) return;
      const at = pointedAt(event);
      if (at === stretch[1]) return;
      // From here on it is a drag, wherever the pointer goes, and no click on a bar any more.
      event.currentTarget.setPointerCapture(event.pointerId);
      setStretch([stretch[0], at]);
    },
    onPointerUp: (event: PointerEvent<SVGSVGElement>) => {
      if (event.pointerType !== 'mouse') return;
      if (isPulled) pick(stretch);
      else setStretch(null);
    },
    onPointerCancel: () => setStretch(null),
    onBlur: ({ currentTarget, relatedTarget }: FocusEvent<SVGSVGElement>) =>
      !currentTarget.contains(relatedTarget) && setStretch(null),
    style: { userSelect: 'none' as const },
  };
  const xOf = (at: number) => ((at - from) / intervalMs) * step;
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
        {...drag}
      >
        {isPulled && (
          <rect
            x={xOf(Math.min(...stretch))}
            width={xOf(Math.max(...stretch)) - xOf(Math.min(...stretch)) + step}
            height={height}
            fill="var(--chart-stretch)"
            stroke="var(--chart-calls)"
            vectorEffect="non-scaling-stroke"
          />
        )}
        {bars.map((bar, place) => {
          const size = { x: xOf(bar.from) + 0.5, width: Math.max(step - 1, 1) };
          const told = `${moment.format(bar.from)}: ${toldOf(bar.parts, series)}`;
          return (
            <g
              key={bar.from}
              {...(onPick && {
                role: 'button',
                'aria-label': `${told}: ${picks}`,
                tabIndex: place === Math.min(reached, bars.length - 1) ? 0 : -1,
                style: { cursor: 'pointer' },
                onFocus: () => setReached(place),
                'aria-pressed': holds(bar.from),
                onClick: () => pick([bar.from]),
                onKeyDown: (event: KeyboardEvent<SVGGElement>) => move(event, bar, place),
              })}
            >
              <title>{told}</title>
              {/* The whole height is hit, not only the bar. */}
              {onPick && <rect {...size} y={0} height={height} fill="transparent" />}
              {series.map(({ label, color }, kind) => (
                <rect
                  key={label}
                  {...size}
                  y={height - tall(sum(bar.parts.slice(0, kind + 1)))}
                  height={tall(bar.parts[kind] ?? 0)}
                  fill={color}
                />
              ))}
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
        {says}, from {moment.format(from)} to {moment.format(Math.min(to, Date.now()))}
        {onPick && picks === closer && '. Drag over a stretch, or take Shift and the arrows.'}
      </Text>
      <VisuallyHidden role="status">
        {isPulled &&
          `${moment.format(Math.min(...stretch))} to ${moment.format(Math.max(...stretch) + intervalMs)}: ${picks}`}
      </VisuallyHidden>
      {series !== deniedAndAllowed && (
        <Legend
          of={series.map(({ label, color }, kind) => {
            const calls = sum(bars.map(({ parts }) => parts[kind] ?? 0));
            return { label: `${label}: ${calls.toLocaleString()}`, color };
          })}
        />
      )}
    </figure>
  );
}

/** All of them, and how many are of each kind but the last, which is the rest. */
function toldOf(parts: readonly number[], series: readonly Series[]): string {
  const kinds = series.slice(0, -1).map(({ label }, kind) => {
    return `${(parts[kind] ?? 0).toLocaleString()} ${label}`;
  });
  return [counted(sum(parts), 'call'), ...kinds].join(', ');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
