import { Text, Tooltip } from '@mantine/core';
import type { Schemas } from '@latchkey/sdk';
import { counted } from '../parts/counted.js';

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
  const says = `${counted(all, 'call')} in the last 24 hours, ${denied.toLocaleString()} denied`;
  return (
    <Tooltip label={says} events={{ hover: true, focus: true, touch: true }}>
      <svg width={width} height={height} role="img" aria-label={says} tabIndex={0}>
        {bars.map(({ place, calls, deniedCalls }) => (
          <g key={place}>
            <rect
              x={place * step}
              width={step - 1}
              y={height - tall(calls)}
              height={tall(calls)}
              fill="var(--mantine-primary-color-filled)"
            />
            <rect
              x={place * step}
              width={step - 1}
              y={height - tall(deniedCalls)}
              height={tall(deniedCalls)}
              fill="var(--mantine-color-red-filled)"
            />
          </g>
        ))}
        <line
          x2={width}
          y1={height}
          y2={height}
          stroke="var(--mantine-color-default-border)"
          strokeWidth={2}
        />
      </svg>
    </Tooltip>
  );
}
