import { Text } from '@mantine/core';
import type { Schemas } from '@latchkey/sdk';
import { counted } from '../parts/counted.js';
import { Hint } from '../parts/hint.js';

const hourMs = 3_600_000;
const [width, height, hoursShown] = [96, 22, 24];
const step = width / hoursShown;

/** The last 24 hours of a key, small enough for a row. @param hours undefined where the log could not be asked */
export function DayOfHours({
  hours,
}: {
  hours: readonly Schemas['KeyHourResponse'][] | undefined;
}) {
  if (hours === undefined)
    return (
      <Text fz="sm" c="dimmed">
        not known
      </Text>
    );
  const first = (Math.floor(Date.now() / hourMs) - hoursShown + 1) * hourMs;
  const bars = hours
    .map(({ hour, ...sums }) => ({ place: (Date.parse(hour) - first) / hourMs, ...sums }))
    .filter(({ place }) => place >= 0 && place < hoursShown);
  const [all, denied] = [
    bars.reduce((sum, { calls }) => sum + calls, 0),
    bars.reduce((sum, { deniedCalls }) => sum + deniedCalls, 0),
  ];
  if (all === 0)
    return (
      <Text fz="sm" c="dimmed">
        no calls
      </Text>
    );
  const most = Math.max(...bars.map(({ calls }) => calls));
  // What was a single call among thousands is still seen.
  const tall = (calls: number) => (calls === 0 ? 0 : Math.max((calls / most) * height, 1.5));
  // One shape for all bars of a kind: a page has a hundred of these drawings.
  const shape = (of: 'calls' | 'deniedCalls') =>
    bars
      .map((bar) => `M${bar.place * step} ${height}v${-tall(bar[of])}h${step - 1}V${height}z`)
      .join('');
  const says = `${counted(all, 'call')} in the last 24 hours, ${denied.toLocaleString()} denied`;
  return (
    <Hint label={says}>
      <svg width={width} height={height} role="img" aria-label={says}>
        <path d={shape('calls')} fill="var(--chart-calls)" />
        {denied > 0 && <path d={shape('deniedCalls')} fill="var(--chart-denied)" />}
        <line
          x2={width}
          y1={height}
          y2={height}
          stroke="var(--mantine-color-default-border)"
          strokeWidth={2}
        />
      </svg>
    </Hint>
  );
}
