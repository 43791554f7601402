import { Alert, Button, Card, Code, CopyButton, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { headQuery, verifyChain } from './events.js';

/** Every event stands on the one before: whether that holds, and where the chain ends. */
export function ChainCard({ accountId }: { accountId: string }) {
  const head = useQuery(headQuery(accountId));
  const check = useMutation({ mutationFn: () => verifyChain(accountId) });
  return (
    <Card withBorder>
      <Group justify="space-between" align="flex-start">
        <Title order={2} fz="h4">
          Whether anything was altered
        </Title>
        <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>
          Check the chain
        </Button>
      </Group>
      <Stack gap="xs" mt="xs">
        {check.error && <ProblemAlert error={check.error} title="It could not be checked" />}
        {check.data?.intact && (
          <Alert color="green" role="status">
            All {check.data.events.toLocaleString()} events are as they were written
            {(check.data.firstSeq ?? 1) > 1 &&
              `, from number ${check.data.firstSeq?.toLocaleString()} on: earlier ones were kept for as long as they had to be`}
            .
          </Alert>
        )}
        {check.data && !check.data.intact && (
          <Alert color="red" role="alert" title="The trail is not as it was written">
            {check.data.brokenAt?.message}
          </Alert>
        )}
        {head.data && head.data.seq > 0 && (
          <Group gap="xs">
            <Text fz="sm" style={{ overflowWrap: 'anywhere' }}>
              The last event is number {head.data.seq.toLocaleString()},{' '}
              {head.data.at !== null && <Time at={head.data.at} />}: <Code>{head.data.digest}</Code>
            </Text>
            <CopyButton value={`${head.data.accountId} ${head.data.seq} ${head.data.digest}`}>
              {({ copied, copy }) => (
                <Button variant="default" size="compact-xs" onClick={copy}>
                  {copied ? 'Copied' : 'Copy'}
                </Button>
              )}
            </CopyButton>
            <Text fz="sm" c="dimmed">
              Kept elsewhere, it shows later whether anything up to it was cut off or written anew.
            </Text>
          </Group>
        )}
      </Stack>
    </Card>
  );
}
