import { Badge, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ProblemAlert } from '../parts/states.js';
import { healthQuery } from './system.js';

/** What a check looks at, in words. One that is not known here is called by its name. */
const checkTexts: Readonly<Record<string, string>> = {
  store: 'Keys, accounts and routes can be read and changed',
  call_log: 'Calls get their rows in the request log',
};

/** Whether the parts that calls depend on do their work, asked again every few seconds. */
export function HealthCard() {
  const health = useQuery(healthQuery);
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} fz="h4">
          Health
        </Title>
        {health.data && (
          <Badge
            variant="light"
            color={health.data.status === 'ready' ? 'green' : 'red'}
            tt="none"
            role="status"
          >
            {health.data.status === 'ready' ? 'ready' : 'not ready'}
          </Badge>
        )}
      </Group>
      {health.error && <ProblemAlert error={health.error} />}
      {health.isPending && <Skeleton height={60} aria-label="Asking for the health" />}
      {health.data && (
        <Stack gap="xs">
          {Object.entries(health.data.checks).map(([name, result]) => (
            <Group key={name} justify="space-between" wrap="nowrap">
              <Text>{checkTexts[name] ?? name}</Text>
              <Badge variant="light" color={result === 'ok' ? 'green' : 'red'} tt="none">
                {result === 'ok' ? 'works' : 'fails'}
              </Badge>
            </Group>
          ))}
          <Text fz="sm" c="dimmed">
            Of this node, for callers and for management alike: they are two doors of one process.
          </Text>
        </Stack>
      )}
    </Card>
  );
}
