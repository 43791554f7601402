import { Card, Progress, Skeleton, Stack, Text, Title } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import type { Schemas } from '@latchkey/sdk';
import { answered, api } from '../api/client.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';

type Standing = Schemas['LimitStandingResponse'];

function limitsQuery(accountId: string) {
  return queryOptions({
    queryKey: ['limits', accountId],
    refetchInterval: 10_000,
    queryFn: () =>
      answered(api.GET('/v1/accounts/{accountId}/limits', { params: { path: { accountId } } })),
  });
}

/** How many calls the keys of an account may make together, and how many they have. */
export function LimitsCard({ accountId }: { accountId: string }) {
  const limits = useQuery(limitsQuery(accountId));
  return (
    <Card withBorder>
      <Title order={2} fz="h4" mb="sm">
        Limits
      </Title>
      {limits.error && <ProblemAlert error={limits.error} />}
      {limits.isPending && <Skeleton height={60} aria-label="Loading the limits" />}
      {limits.data?.limits.length === 0 && (
        <Text c="dimmed">Its keys together may call as often as they like.</Text>
      )}
      <Stack gap="md">
        {limits.data?.limits.map((standing) => (
          <LimitStanding
            key={standing.policyName}
            standing={standing}
            timeZone={limits.data.timeZone}
          />
        ))}
      </Stack>
    </Card>
  );
}

const dayMs = 86_400_000;

function LimitStanding({ standing, timeZone }: { standing: Standing; timeZone: string }) {
  const { policyName, limit, used, remaining, intervalMilliseconds, resetsAt } = standing;
  const share = (100 * used) / limit;
  const stretch =
    intervalMilliseconds === dayMs
      ? `in a day of ${timeZone}`
      : `in any ${(intervalMilliseconds / 1000).toLocaleString()} s`;
  const says = `${used.toLocaleString()} of ${limit.toLocaleString()} calls ${stretch}`;
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
