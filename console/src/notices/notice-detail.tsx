import { Badge, Button, Card, Group, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { PageAnchor } from '../parts/links.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import {
  inWordsOf,
  noticeQuery,
  titleOf,
  webhooksQuery,
  type LoggedDelivery,
  stateWords,
} from './notices.js';

/** What a notice says, and what became of it on its way to each recipient. */
export function NoticeDetail({
  accountId,
  noticeId,
  mayWrite,
}: {
  accountId: string;
  noticeId: string;
  mayWrite: boolean;
}) {
  const notice = useQuery(noticeQuery(accountId, noticeId));
  if (notice.error) return <ProblemAlert error={notice.error} />;
  if (notice.data === undefined) return <Skeleton height={200} aria-label="Loading the notice" />;
  const { happened, toDo, kind, createdAt, keyId, deliveries } = notice.data;
  return (
    <Stack>
      <Title order={2} fz="h4">
        {titleOf(notice.data)}
      </Title>
      <Text style={{ whiteSpace: 'pre-line' }}>{happened}</Text>
      <Text style={{ whiteSpace: 'pre-line' }}>{toDo}</Text>
      <Text fz="sm" c="dimmed">
        {inWordsOf(kind)}, <Time at={createdAt} exact />
      </Text>
      {keyId !== null && (
        <PageAnchor to="/accounts/$accountId/keys/$keyId" params={{ accountId, keyId }}>
          To the key
        </PageAnchor>
      )}
      {deliveries.length === 0 && (
        <Text c="dimmed">It was told to nobody: no address and no webhook was set up.</Text>
      )}
      {deliveries.map((delivery) => (
        <DeliveryCard
          key={delivery.id}
          delivery={delivery}
          {...{ accountId, noticeId, mayWrite }}
        />
      ))}
    </Stack>
  );
}

function DeliveryCard({
  delivery,
  accountId,
  noticeId,
  mayWrite,
}: {
  delivery: LoggedDelivery;
  accountId: string;
  noticeId: string;
  mayWrite: boolean;
}) {
  const { id, channel, recipient, state, nextAttemptAt, log } = delivery;
  const webhooks = useQuery({ ...webhooksQuery(accountId), enabled: channel === 'webhook' });
  const queries = useQueryClient();
  const retry = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/v1/accounts/{accountId}/notices/{noticeId}/deliveries/{deliveryId}/retry', {
          params: { path: { accountId, noticeId, deliveryId: id } },
          body: {},
        }),
      ),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['notice', accountId, noticeId] }),
        queries.invalidateQueries({ queryKey: ['notices', accountId] }),
      ]),
  });
  // It failed, and is tried again by itself in a while.
  const waits = state === 'pending' && log.length > 0;
  const to = webhooks.data?.results.find((webhook) => webhook.id === recipient)?.url ?? recipient;
  return (
    <Card withBorder>
      <Group justify="space-between" gap="xs">
        <Text style={{ overflowWrap: 'anywhere' }}>
          {channel === 'email' ? 'E-mail' : 'Webhook'} to {to}
        </Text>
        <Badge variant="light" tt="none" color={stateWords[state]?.color ?? 'gray'}>
          {stateWords[state]?.says ?? state}
        </Badge>
      </Group>
      {state === 'pending' && nextAttemptAt !== null && (
        <Text fz="sm" c="dimmed">
          Tried next <Time at={nextAttemptAt} />
        </Text>
      )}
      {log.length > 0 && (
        <Table aria-label={`Attempts to reach ${to}`} mt="xs" fz="sm">
          <Table.Tbody>
            {log.map(({ at, outcome, error, code, durationMs }) => (
              <Table.Tr key={at}>
                <Table.Td>
                  <Time at={at} exact />
                </Table.Td>
                <Table.Td>
                  {outcome === 'delivered' ? 'delivered' : (error ?? 'failed')}
                  {code !== null && ` (${code})`}
                </Table.Td>
                <Table.Td ta="right">{durationMs} ms</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {retry.error && <ProblemAlert error={retry.error} title="It is not sent again" />}
      {mayWrite && (state === 'given_up' || state === 'kept' || waits) && (
        <Group mt="xs">
          <Button
            variant="default"
            size="xs"
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            {waits ? 'Do not wait' : 'Send it again'}
          </Button>
        </Group>
      )}
    </Card>
  );
}
