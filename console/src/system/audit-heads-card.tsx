import { Button, Card, Code, Group, Skeleton, Table, Text, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { accountsQuery } from '../accounts/accounts.js';
import { ProblemAlert } from '../parts/states.js';
import { TimeOr } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { auditHeadsQuery } from './system.js';

/** The last event of every account's audit trail. Written down elsewhere, it shows later that nothing before it was changed. */
export function AuditHeadsCard() {
  const heads = useInfiniteQuery(auditHeadsQuery);
  const accounts = useQuery(accountsQuery);
  const names = new Map((accounts.data ?? []).map(({ id, name }) => [id, name]));
  const all = heads.data?.pages.flatMap(({ results }) => results) ?? [];
  return (
    <Card withBorder>
      <Title order={2} fz="h4">
        Heads of the audit trails
      </Title>
      <Text fz="sm" c="dimmed" mb="sm">
        Each stands for all events up to it. Write them down somewhere else, and nobody can change
        what was, here, without it showing.
      </Text>
      {heads.error && <ProblemAlert error={heads.error} />}
      {heads.isPending && <Skeleton height={100} aria-label="Loading the heads" />}
      {all.length > 0 && (
        <WideTable minWidth={720} label="Heads of the audit trails">
          <Table aria-label="Heads of the audit trails" verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Account</Table.Th>
                <Table.Th ta="right">Events</Table.Th>
                <Table.Th>Last</Table.Th>
                <Table.Th>Digest</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {all.map(({ accountId, seq, digest, at }) => (
                <Table.Tr key={accountId}>
                  <Table.Td>{names.get(accountId) ?? accountId}</Table.Td>
                  <Table.Td ta="right">{seq.toLocaleString()}</Table.Td>
                  <Table.Td>
                    <TimeOr at={at} never="never" />
                  </Table.Td>
                  <Table.Td maw={420}>
                    <Code>{digest}</Code>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </WideTable>
      )}
      {heads.hasNextPage && (
        <Group justify="center" mt="sm">
          <Button
            variant="default"
            loading={heads.isFetchingNextPage}
            onClick={() => void heads.fetchNextPage()}
          >
            Show more
          </Button>
        </Group>
      )}
    </Card>
  );
}
