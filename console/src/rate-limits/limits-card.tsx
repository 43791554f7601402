import { Card, Group, Progress, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { limitsQuery, type Limited, type LimitStanding } from './limits.js';

/** How many calls a key may make, or all keys of an account together, and how many they have. */
export function LimitsCard({ of, action }: { of: Limited; action?: ReactNode }) {
  const limits = useQuery(limitsQuery(of));
  const isOfKey = of.keyId !== undefined;
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} fz="h4">
          Limits
        </Title>
        {action}
      </Group>
      {limits.error && <ProblemAlert error={limits.error} />}
      {limits.isPending && <Skeleton height={60} aria-label="Loading the limits" />}
      {limits.data?.limits.length === 0 && (
        <Text c="dimmed">
          {isOfKey
            ? 'It may call as often as it likes.'
            : 'Its keys together may call as often as they like.'}
        </Text>
      )}
      <Stack gap="md">
        {limits.data?.limits.map((standing) => (
          <Standing
            key={`${standing.appliesTo} ${standing.policyName}`}
            standing={standing}
            timeZone={limits.data.timeZone}
            isShared={isOfKey && standing.appliesTo === 'account'}
          />
        ))}
      </Stack>
    </Card>
  );
}

const dayMs = 86_400_000;

function Standing({
  standing,
  timeZone,
  isShared,
}: {
  standing: LimitStanding;
  timeZone: string;
  /** With the other keys of its account. */
  isShared: boolean;
}) {
  const { policyName, limit, used, remaining, intervalMilliseconds, resetsAt } = standing;
  const share = (100 * used) / limit;
  const stretch =
    intervalMilliseconds === dayMs
      ? `in a day of ${timeZone}`
      : `in any ${(intervalMilliseconds / 1000).toLocaleString()} s`;
  const says = `${isShared ? 'All keys of the account: ' : ''}${used.toLocaleString()} of ${limit.toLocaleString()} calls ${stretch}`;
  return (
    <div>
      <Text mb={4}>{says}</Text>
      <Progress.Root size="md">
        <Progress.Section
          value={share}
          color={remaining === 0 ? 'red' : 'latch'}
          aria-label={`${policyName}: ${says}`}
        />
      </Progress.Root>
      {used > 0 && (
        <Text fz="sm" c="dimmed" mt={4}>
          {remaining === 0 && 'Calls are refused. '}
          More remains <Time at={resetsAt} />
        </Text>
      )}
    </div>
  );
}
