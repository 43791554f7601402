import { Legend } from '../parts/legend.js';
import type { Brownout } from './brownouts.js';

const [width, height] = [960, 26];
/** So that a quarter of an hour is still seen in a grace of three months. */
const widthMin = 5;

const colors = {
  gone: 'var(--chart-old)',
  toCome: 'var(--mantine-color-default-border)',
  brownout: 'var(--mantine-color-orange-filled)',
  planned: 'var(--mantine-color-red-filled)',
};

/** The grace of a rotation from its begin to its end, with its brownouts and where it is now; the list beside it says the same in words. */
export function BrownoutLine({
  from,
  to,
  brownouts,
  planning,
}: {
  /** Epoch milliseconds. */
  from: number;
  to: number;
  brownouts: readonly Brownout[];
  /** One that is being thought about. */
  planning: Brownout | null;
}) {
  const place = (at: number) => (width * (Math.min(Math.max(at, from), to) - from)) / (to - from);
  const mark = (of: Brownout, fill: string) => {
    const [x, end] = [place(Date.parse(of.startsAt)), place(Date.parse(of.endsAt))];
    const wide = Math.max(end - x, widthMin);
    return (
      <rect
        key={of.startsAt}
        x={Math.min(x, width - wide)}
        width={wide}
        height={height}
        fill={fill}
      />
    );
  };
  const now = place(Date.now());
  return (
    <div>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width="100%"
        height={height}
        preserveAspectRatio="none"
        aria-hidden
      >
        <rect width={width} height={height} fill={colors.toCome} />
        <rect width={now} height={height} fill={colors.gone} />
        {brownouts.map((brownout) => mark(brownout, colors.brownout))}
        {planning && mark(planning, colors.planned)}
        <line x1={now} x2={now} y2={height} stroke="var(--mantine-color-text)" strokeWidth={2} />
      </svg>
      <Legend
        of={[
          { label: 'of the grace, gone by', color: colors.gone },
          { label: 'to come', color: colors.toCome },
          { label: 'brownout', color: colors.brownout },
          ...(planning ? [{ label: 'being planned', color: colors.planned }] : []),
        ]}
      />
    </div>
  );
}
