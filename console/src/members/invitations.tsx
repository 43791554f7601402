import { Card, Group, Modal, Table, Text, Title } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Schemas } from '@latchkey/sdk';
import { answered, api } from '../api/client.js';
import { RowButton } from '../parts/row-button.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { mailingQuery } from '../session/session.js';
import { onlyByItsButtons } from '../parts/dialog-end.js';
import { InvitationLink } from './invitation-link.js';

type Invitation = Schemas['InvitationResponse'];

/** Milliseconds between two looks at what becomes of an e-mail. */
const lookEveryMs = 2_000;

export const invitationsQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['invitations', accountId],
    queryFn: () =>
      answered(
        api.GET('/v1/accounts/{accountId}/invitations', {
          params: { path: { accountId }, query: { limit: 500 } },
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data?.results.some(({ mail }) => mail?.state === 'pending') ? lookEveryMs : false,
  });

export function Invitations({ accountId }: { accountId: string }) {
  const invitations = useQuery(invitationsQuery(accountId));
  const open = invitations.data?.results ?? [];
  if (open.length === 0)
    return invitations.error ? <ProblemAlert error={invitations.error} /> : null;
  return (
    <Card withBorder>
      <Title order={2} fz="h4" mb="xs">
        Invited, and not here yet
      </Title>
      <WideTable minWidth={640} label="Open invitations">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Who</Table.Th>
              <Table.Th>Ends</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {open.map((invitation) => (
              <InvitationRow key={invitation.id} invitation={invitation} />
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
    </Card>
  );
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  const { id: invitationId, accountId, email, role, expiresAt, mail } = invitation;
  const queries = useQueryClient();
  const isMailed = useQuery(mailingQuery).data?.isMailed ?? false;
  const params = { path: { accountId, invitationId } };
  const onSuccess = () => queries.invalidateQueries(invitationsQuery(accountId));
  const revoke = useMutation({
    mutationFn: () =>
      answered(api.DELETE('/v1/accounts/{accountId}/invitations/{invitationId}', { params })),
    onSuccess,
  });
  const resend = useMutation({
    mutationFn: (body: { byHand: boolean }) =>
      answered(
        api.POST('/v1/accounts/{accountId}/invitations/{invitationId}/resend', { params, body }),
      ),
    onSuccess,
  });
  const error = revoke.error ?? resend.error;
  return (
    <Table.Tr>
      <Table.Td>
        <Text fw={600}>{email}</Text>
        <Text fz="sm" c="dimmed">
          {role}, <MailState mail={mail} />
        </Text>
        {error && <ProblemAlert error={error} />}
      </Table.Td>
      <Table.Td>
        <Time at={expiresAt} />
      </Table.Td>
      <Table.Td>
        <Group gap={4} justify="flex-end" wrap="nowrap">
          {isMailed && (
            <RowButton
              aria-label={`${mail === null ? 'Send' : 'Send again'} to ${email}`}
              loading={resend.isPending && !resend.variables.byHand}
              onClick={() => resend.mutate({ byHand: false })}
            >
              {mail === null ? 'Send' : 'Send again'}
            </RowButton>
          )}
          <RowButton
            aria-label={`Make another link for ${email}`}
            loading={resend.isPending && resend.variables.byHand}
            onClick={() => resend.mutate({ byHand: true })}
          >
            Another link
          </RowButton>
          <RowButton
            color="red"
            aria-label={`Take back the invitation of ${email}`}
            loading={revoke.isPending}
            onClick={() => revoke.mutate()}
          >
            Take back
          </RowButton>
        </Group>
        <Modal
          opened={resend.data?.link !== undefined}
          onClose={resend.reset}
          title="Another link, in place of the one before"
          size="lg"
          {...onlyByItsButtons}
        >
          {resend.data && <InvitationLink invitation={resend.data} onDone={resend.reset} />}
        </Modal>
      </Table.Td>
    </Table.Tr>
  );
}

/** How the link gets there, and how far it has come. */
function MailState({ mail }: { mail: Invitation['mail'] }) {
  if (mail === null) return <span>by a link</span>;
  if (mail.state === 'delivered')
    return <span>mailed {mail.deliveredAt !== null && <Time at={mail.deliveredAt} />}</span>;
  if (mail.state === 'given_up')
    return (
      <Text span inherit c="error">
        not mailed: {mail.error}
      </Text>
    );
  return <span>{mail.error === null ? 'on its way' : `tried again: ${mail.error}`}</span>;
}
