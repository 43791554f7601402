import { Badge, Card, Group, Skeleton, Table, Text, Title } from '@mantine/core';
import Bowser from 'bowser';
import { notifications } from '@mantine/notifications';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Schemas } from '@latchkey/sdk';
import { answered, api } from '../api/client.js';
import { RowButton } from '../parts/row-button.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';

type Session = Schemas['SessionResponse'];

const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: () => answered(api.GET('/v1/session/sessions')),
});

/** Where somebody is signed in, and how they sign out there from here. */
export function SessionsCard() {
  const sessions = useQuery(sessionsQuery);
  const endOthers = useEnding(() => answered(api.POST('/v1/session/sessions/end-others', { body: {} }))); // prettier-ignore
  const lasting = sessions.data?.results ?? [];
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} fz="h4">
          Where you are signed in
        </Title>
        {lasting.length > 1 && (
          <RowButton color="red" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
            Sign out everywhere else
          </RowButton>
        )}
      </Group>
      {sessions.error && <ProblemAlert error={sessions.error} />}
      {sessions.isPending && <Skeleton height={80} aria-label="Loading the sessions" />}
      {sessions.data && (
        <WideTable minWidth={560} label="Your sessions">
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>With</Table.Th>
                <Table.Th>From</Table.Th>
                <Table.Th>Last used</Table.Th>
                <Table.Th>Since</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {lasting.map((session) => (
                <SessionRow key={session.id} session={session} />
              ))}
            </Table.Tbody>
          </Table>
        </WideTable>
      )}
    </Card>
  );
}

function SessionRow({ session }: { session: Session }) {
  const { id: sessionId, ip, userAgent, lastUsedAt, startedAt, isCurrent } = session;
  const params = { path: { sessionId } };
  const end = useEnding(() => answered(api.DELETE('/v1/session/sessions/{sessionId}', { params })));
  return (
    <Table.Tr>
      <Table.Td maw={260}>
        <Text fz="sm" truncate title={userAgent ?? undefined}>
          {userAgent === null ? 'something that did not say' : browserOf(userAgent)}
        </Text>
      </Table.Td>
      <Table.Td>{ip ?? 'unknown'}</Table.Td>
      <Table.Td>{isCurrent ? 'now' : <Time at={lastUsedAt} />}</Table.Td>
      <Table.Td>
        <Time at={startedAt} />
      </Table.Td>
      <Table.Td ta="right">
        {isCurrent ? (
          <Badge variant="light" tt="none">
            this one
          </Badge>
        ) : (
          <RowButton
            color="red"
            aria-label={`Sign out the session from ${ip ?? 'an unknown address'}`}
            loading={end.isPending}
            onClick={() => end.mutate()}
          >
            Sign out
          </RowButton>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

/** A browser and where it runs, in words; what is no known browser stands as it named itself. */
function browserOf(userAgent: string): string {
  const { browser, os } = Bowser.parse(userAgent);
  if (!browser.name) return userAgent;
  return os.name ? `${browser.name} on ${os.name}` : browser.name;
}

/** Whatever comes of it, the list is read anew: a session may have ended by itself meanwhile. */
function useEnding(ask: () => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onError: (error) => {
      notifications.show({ color: 'red', title: 'Nobody was signed out', message: error.message });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}
