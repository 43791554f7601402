import { Badge, Button, Modal, Select, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { accountQuery } from '../accounts/accounts.js';
import { answered, api } from '../api/client.js';
import { DialogEnd, onlyByItsButtons } from '../parts/dialog-end.js';
import { PageHead } from '../parts/page-head.js';
import { RowButton } from '../parts/row-button.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { Time, TimeOr } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { useStanding, useVisitor, visitorQuery } from '../session/session.js';
import { InviteForm } from './invite-form.js';
import { Invitations } from './invitations.js';
import { lookEveryMs } from '../api/queries.js';
import { membersQuery, type Member } from './members.js';
import { MemberHelp } from './member-help.js';
import { ResetSecondFactor } from './reset-second-factor.js';
import { roleTexts, type Role } from './roles.js';

export function MembersPage() {
  const standing = useStanding();
  const [inviting, { open, close }] = useDisclosure();
  const members = useQuery({
    ...membersQuery(standing.accountId),
    refetchInterval: lookEveryMs,
  });
  const account = useQuery(accountQuery(standing.accountId));
  const mayWrite = standing.may('latchkey.members.write');
  return (
    <>
      <PageHead title="Members" actions={mayWrite && <Button onClick={open}>Invite…</Button>}>
        The people of this account, and what each of them may do.
      </PageHead>
      <Stack>
        {members.error && <ProblemAlert error={members.error} />}
        {members.isPending && <Skeleton height={160} aria-label="Loading the members" />}
        {members.data?.results.length === 0 && (
          <Nothing title="Nobody is a member yet">
            Whoever is invited sees the keys of this account, and does what their role allows.
          </Nothing>
        )}
        {members.data && members.data.results.length > 0 && (
          <WideTable minWidth={640} label="Members">
            <Table verticalSpacing="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Who</Table.Th>
                  <Table.Th>Role</Table.Th>
                  <Table.Th>Last seen</Table.Th>
                  <Table.Th>Since</Table.Th>
                  <Table.Th />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {members.data.results.map((member) => (
                  <MemberRow key={member.id} member={member} mayWrite={mayWrite} />
                ))}
              </Table.Tbody>
            </Table>
          </WideTable>
        )}
        {mayWrite && <Invitations accountId={standing.accountId} />}
      </Stack>
      <Modal
        opened={inviting}
        onClose={close}
        title={account.data ? `Invite somebody to ${account.data.name}` : 'Invite somebody'}
        size="lg"
        {...onlyByItsButtons}
      >
        <InviteForm accountId={standing.accountId} onDone={close} />
      </Modal>
    </>
  );
}

function MemberRow({ member, mayWrite }: { member: Member; mayWrite: boolean }) {
  const { person, role, accountId, id: memberId } = member;
  const visitor = useVisitor();
  const queries = useQueryClient();
  const onSuccess = () => queries.invalidateQueries({ queryKey: ['members', accountId] });
  const onError = (error: Error) => {
    notifications.show({ color: 'red', title: 'Nothing was changed', message: error.message });
  };
  const params = { path: { accountId, memberId } };
  const change = useMutation({
    mutationFn: (next: Role) =>
      answered(
        api.PATCH('/v1/accounts/{accountId}/members/{memberId}', { params, body: { role: next } }),
      ),
    ...{ onSuccess, onError },
  });
  const remove = useMutation({
    mutationFn: () =>
      answered(api.DELETE('/v1/accounts/{accountId}/members/{memberId}', { params })),
    ...{ onSuccess, onError },
  });
  const [asking, { open, close }] = useDisclosure();
  // What somebody takes from themselves they cannot give back.
  const [lesser, setLesser] = useState<Role | null>(null);
  const isSelf = visitor.person.id === person.id;
  return (
    <Table.Tr>
      <Table.Td>
        <Text fw={600}>
          {person.name}{' '}
          {isSelf && (
            <Badge size="xs" variant="light" tt="none">
              you
            </Badge>
          )}{' '}
          {member.hasSecondFactor && (
            <Badge size="xs" variant="light" color="green" tt="none">
              second factor
            </Badge>
          )}{' '}
          {member.hasPasskeys && (
            <Badge size="xs" variant="light" color="green" tt="none">
              passkey
            </Badge>
          )}
        </Text>
        <Text fz="sm" c="dimmed">
          {person.email}
        </Text>
      </Table.Td>
      <Table.Td>
        {mayWrite ? (
          <Select
            aria-label={`Role of ${person.name}`}
            data={roleTexts.map(({ value, label }) => ({ value, label }))}
            value={role}
            allowDeselect={false}
            disabled={change.isPending}
            onChange={(next) => {
              if (next === null || next === role) return;
              if (isSelf) setLesser(next as Role);
              else change.mutate(next as Role);
            }}
            w={150}
            size="sm"
          />
        ) : (
          role
        )}
      </Table.Td>
      <Table.Td>
        <TimeOr at={member.lastSeenAt} never="not lately" />
      </Table.Td>
      <Table.Td>
        <Time at={member.createdAt} />
      </Table.Td>
      <Table.Td ta="right" className="nowrap">
        {mayWrite && (member.hasSecondFactor || member.hasPasskeys) && !isSelf && (
          <ResetSecondFactor member={member} />
        )}
        {mayWrite && !isSelf && <MemberHelp member={member} />}
        {mayWrite && (
          <RowButton color="red" onClick={open}>
            Remove…
          </RowButton>
        )}
        <Modal
          opened={lesser !== null}
          onClose={() => setLesser(null)}
          title="Another role for yourself"
        >
          <Stack>
            <Text>
              You are no admin of this account from then on, and only another admin can make you one
              again.
            </Text>
            <DialogEnd no="Stay admin" onNo={() => setLesser(null)}>
              <Button
                color="red"
                loading={change.isPending}
                onClick={() =>
                  lesser &&
                  change.mutate(lesser, {
                    // What they may do is another thing now.
                    onSuccess: () => queries.invalidateQueries({ queryKey: visitorQuery.queryKey }),
                    onSettled: () => setLesser(null),
                  })
                }
              >
                Be {lesser}
              </Button>
            </DialogEnd>
          </Stack>
        </Modal>
        <Modal opened={asking} onClose={close} title={`Remove ${person.name}`}>
          <Stack>
            <Text>
              {isSelf
                ? 'You lose this account at once, and only another admin can let you in again.'
                : 'They lose this account at once. Keys that they made go on.'}
            </Text>
            <DialogEnd no="Keep" onNo={close}>
              <Button
                color="red"
                loading={remove.isPending}
                onClick={() => remove.mutate(undefined, { onSettled: close })}
              >
                Remove
              </Button>
            </DialogEnd>
          </Stack>
        </Modal>
      </Table.Td>
    </Table.Tr>
  );
}
