import {
  Badge,
  Button,
  Card,
  Group,
  Modal,
  Skeleton,
  Stack,
  Switch,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api } from '../api/client.js';
import { DialogEnd, onlyByItsButtons } from '../parts/dialog-end.js';
import { SecretOnce } from '../parts/secret-once.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { TextButton } from '../parts/text-button.js';
import { Time } from '../parts/time.js';
import {
  inWordsOf,
  noticesQuery,
  stateWords,
  titleOf,
  webhooksQuery,
  type Webhook,
} from './notices.js';
import { hostOf } from './webhook-host.js';
import { EditWebhookForm, WebhookForm } from './webhook-form.js';

interface WebhooksProps {
  readonly accountId: string;
  readonly mayWrite: boolean;
  readonly onOpenNotice: (id: string) => void;
}

/** The programs that are told: made, tried and taken away here. */
export function Webhooks({ accountId, mayWrite, onOpenNotice }: WebhooksProps) {
  const webhooks = useQuery(webhooksQuery(accountId));
  const [making, { open, close }] = useDisclosure();
  const all = webhooks.data?.results ?? [];
  return (
    <Stack>
      {mayWrite && (
        <Group>
          <Button onClick={open}>Add a webhook…</Button>
        </Group>
      )}
      {webhooks.error && <ProblemAlert error={webhooks.error} />}
      {webhooks.isPending && <Skeleton height={160} aria-label="Loading the webhooks" />}
      {webhooks.data && all.length === 0 && (
        <Nothing title="No program is told">
          A webhook is an address to which each notice is sent, signed.
        </Nothing>
      )}
      {all.map((webhook) => (
        <WebhookCard
          key={webhook.id}
          webhook={webhook}
          mayWrite={mayWrite}
          onOpenNotice={onOpenNotice}
        />
      ))}
      <Modal opened={making} onClose={close} title="A webhook" size="lg" {...onlyByItsButtons}>
        <WebhookForm accountId={accountId} onDone={close} />
      </Modal>
    </Stack>
  );
}

function WebhookCard({
  webhook,
  mayWrite,
  onOpenNotice,
}: {
  webhook: Webhook;
  mayWrite: boolean;
  onOpenNotice: (id: string) => void;
}) {
  const { url, kinds, enabled, previousSecretSignsUntil } = webhook;
  return (
    <Card withBorder>
      <Group justify="space-between" gap="xs">
        <Title order={2} fz="h5" style={{ overflowWrap: 'anywhere' }}>
          {url}
        </Title>
        {/* Whoever may change it has a switch that says so. */}
        {!mayWrite && (
          <Badge variant="light" color={enabled ? 'green' : 'gray'} tt="none">
            {enabled ? 'on' : 'off'}
          </Badge>
        )}
      </Group>
      <Stack gap="sm" mt="xs">
        <Text fz="sm">
          {kinds === null
            ? 'Told of everything.'
            : `Told of: ${kinds.map((kind) => inWordsOf(kind).toLowerCase()).join('; ')}.`}
        </Text>
        {previousSecretSignsUntil !== null && (
          <Text fz="sm" c="dimmed">
            The secret before this one signs as well, until{' '}
            <Time at={previousSecretSignsUntil} exact />.
          </Text>
        )}
        {mayWrite && <WebhookActions webhook={webhook} onOpenNotice={onOpenNotice} />}
        <LastDeliveries webhook={webhook} onOpenNotice={onOpenNotice} />
      </Stack>
    </Card>
  );
}

function WebhookActions({
  webhook,
  onOpenNotice,
}: {
  webhook: Webhook;
  onOpenNotice: (id: string) => void;
}) {
  const { accountId, id: webhookId, url, enabled } = webhook;
  const queries = useQueryClient();
  const [asked, setAsked] = useState<'edit' | 'secret' | 'removal' | null>(null);
  const params = { path: { accountId, webhookId } };
  const again = () => queries.invalidateQueries({ queryKey: ['webhooks', accountId] });
  const onError = (error: Error) => {
    notifications.show({ color: 'red', title: 'That did not work', message: error.message });
  };
  const test = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/v1/accounts/{accountId}/webhooks/{webhookId}/test', { params, body: {} }),
      ),
    onSuccess: ({ id }) => onOpenNotice(id),
    onError,
  });
  const turn = useMutation({
    mutationFn: (next: boolean) =>
      answered(
        api.PATCH('/v1/accounts/{accountId}/webhooks/{webhookId}', {
          params,
          body: { enabled: next },
        }),
      ),
    onSuccess: again,
    onError,
  });
  const rotate = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/v1/accounts/{accountId}/webhooks/{webhookId}/rotate-secret', {
          params,
          body: {},
        }),
      ),
    onSuccess: again,
  });
  const remove = useMutation({
    mutationFn: () =>
      answered(api.DELETE('/v1/accounts/{accountId}/webhooks/{webhookId}', { params })),
    onSuccess: again,
  });
  const close = () => {
    setAsked(null);
    rotate.reset();
    remove.reset();
  };
  return (
    <Group gap="sm">
      <Switch
        label="On"
        checked={enabled}
        disabled={turn.isPending}
        onChange={(event) => turn.mutate(event.currentTarget.checked)}
      />
      <Button variant="default" size="xs" loading={test.isPending} onClick={() => test.mutate()}>
        Send a test
      </Button>
      <Button variant="default" size="xs" onClick={() => setAsked('edit')}>
        Edit…
      </Button>
      <Button variant="default" size="xs" onClick={() => setAsked('secret')}>
        New secret…
      </Button>
      <Button variant="subtle" color="red" size="xs" onClick={() => setAsked('removal')}>
        Remove…
      </Button>
      <Modal opened={asked === 'edit'} onClose={close} title="This webhook" size="lg">
        <EditWebhookForm webhook={webhook} onDone={close} />
      </Modal>
      <Modal
        opened={asked === 'secret'}
        onClose={close}
        title="A new secret for this webhook"
        size="lg"
        {...onlyByItsButtons}
      >
        {rotate.data ? (
          <SecretOnce name={hostOf(url)} secret={rotate.data.secret} of="webhook" onDone={close} />
        ) : (
          <Stack>
            {rotate.error && <ProblemAlert error={rotate.error} title="No secret was made" />}
            <Text>
              What is sent is signed with the new secret at once. The one before signs beside it for
              24 hours, so that the receiver has time to change.
            </Text>
            <DialogEnd onNo={close}>
              <Button loading={rotate.isPending} onClick={() => rotate.mutate()}>
                Make the new secret
              </Button>
            </DialogEnd>
          </Stack>
        )}
      </Modal>
      <Modal opened={asked === 'removal'} onClose={close} title="Remove this webhook">
        <Stack>
          {remove.error && <ProblemAlert error={remove.error} title="It was not removed" />}
          <Text style={{ overflowWrap: 'anywhere' }}>{url} is told nothing any more.</Text>
          <DialogEnd no="Keep" onNo={close}>
            <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
              Remove
            </Button>
          </DialogEnd>
        </Stack>
      </Modal>
    </Group>
  );
}

const shownMax = 5;

function LastDeliveries({
  webhook: { accountId, id },
  onOpenNotice,
}: {
  webhook: Webhook;
  onOpenNotice: (id: string) => void;
}) {
  const notices = useInfiniteQuery(noticesQuery(accountId));
  const sent = (notices.data?.pages[0]?.results ?? [])
    .flatMap((notice) =>
      notice.deliveries
        .filter(({ recipient }) => recipient === id)
        .map((delivery) => ({ notice, delivery })),
    )
    .slice(0, shownMax);
  if (sent.length === 0) return null;
  return (
    <Table aria-label="What it was told last" fz="sm">
      <Table.Tbody>
        {sent.map(({ notice, delivery }) => (
          <Table.Tr key={delivery.id}>
            <Table.Td>
              <Time at={notice.createdAt} />
            </Table.Td>
            <Table.Td>
              <TextButton onClick={() => onOpenNotice(notice.id)}>{titleOf(notice)}</TextButton>
            </Table.Td>
            <Table.Td ta="right">
              {stateWords[delivery.state]?.says ?? delivery.state}
              {delivery.attempts > 1 && `, ${delivery.attempts} attempts`}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
