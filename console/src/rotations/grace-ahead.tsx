import { Group, Stack, Text } from '@mantine/core';

/** Beyond the longest grace there has to be room for the new secret to go on. */
const shownDays = 100;
const dayMs = 86_400_000;
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** Which secret works when, from now on: as long as the old one is, both do. */
export function GraceAhead({ seconds }: { seconds: number }) {
  // An hour beside three months would not be seen: longer times are drawn shorter.
  const part = (ms: number) => Math.sqrt(ms / (shownDays * dayMs));
  const old = Math.min(part(seconds * 1000), 1);
  const marks = [0, 7, 30, 90].map((days) => ({ days, place: part(days * dayMs) }));
  const lastDay = marks.at(-1)?.days;
  return (
    <Stack gap={4} aria-hidden>
      <Line label="old" share={old} color="var(--chart-old)" />
      <Line label="new" share={1} color="var(--chart-calls)" />
      <Group gap={0} ml={40} pos="relative" h={18}>
        {marks.map(({ days, place }) => (
          <Text
            key={days}
            fz="xs"
            c="dimmed"
            pos="absolute"
            className="nowrap"
            // The last would go beyond the line.
            {...(days === lastDay ? { right: 0 } : { left: `${place * 100}%` })}
          >
            {days === 0 ? 'now' : day.format(Date.now() + days * dayMs)}
          </Text>
        ))}
      </Group>
    </Stack>
  );
}

function Line({ label, share, color }: { label: string; share: number; color: string }) {
  return (
    <Group gap={0} wrap="nowrap">
      <Text fz="xs" w={40}>
        {label}
      </Text>
      <svg width="100%" height={10} preserveAspectRatio="none" viewBox="0 0 100 10">
        <rect width={100} height={10} fill="var(--mantine-color-default-border)" rx={1} />
        <rect width={share * 100} height={10} fill={color} rx={1} />
      </svg>
    </Group>
  );
}
