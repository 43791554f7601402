import {
  Alert,
  Button,
  Card,
  Code,
  Group,
  SegmentedControl,
  Skeleton,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Schemas } from '@latchkey/sdk';
import { counted } from '../parts/counted.js';
import { FewAtFirst } from '../parts/few-at-first.js';
import { ProblemAlert } from '../parts/states.js';
import { Time, TimeOr } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { gapsQuery, junkQuery } from './system.js';
import { spans, type Span } from './system-search.js';

/** Whether every call has its row, and what came in that was not worth one. */
export function LogCard({ span, onSpan }: { span: Span; onSpan: (span: Span) => void }) {
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} fz="h4">
          Request log
        </Title>
        <SegmentedControl
          aria-label="How far back"
          size="xs"
          data={spans.map((value) => ({ value, label: `The last ${value}` }))}
          value={span}
          onChange={(chosen) => onSpan(chosen as Span)}
        />
      </Group>
      <Stack gap="lg">
        <Gaps span={span} />
        <Junk span={span} />
      </Stack>
    </Card>
  );
}

function Gaps({ span }: { span: Span }) {
  const gaps = useQuery(gapsQuery(span));
  if (gaps.error) return <ProblemAlert error={gaps.error} title="The log was not looked through" />;
  if (gaps.data === undefined) return <Skeleton height={60} aria-label="Looking for gaps" />;
  const { rows, missingCalls, gaps: found, hasMore, unclearEnds } = gaps.data;
  if (found.length === 0 && unclearEnds.length === 0)
    return (
      <Alert color="green" title="Nothing is missing">
        Looked at: {counted(rows, 'row')}, whose numbers follow on one another.
      </Alert>
    );
  return (
    <Stack gap="sm">
      {found.length > 0 && (
        <>
          <Alert color="red" title={`Without a row: ${counted(missingCalls, 'call')}`}>
            Looked at: {counted(rows, 'row')}.{' '}
            {hasMore && 'There are more gaps than are told here: look at a shorter time.'}
          </Alert>
          <FewAtFirst all={found} what="gaps">
            {(shown) => <GapsTable gaps={shown} />}
          </FewAtFirst>
        </>
      )}
      {unclearEnds.map(({ nodeId, startedAt, lastCallAt, mayStillRun }) => (
        <Alert key={`${nodeId} ${startedAt}`} color="yellow" title="A run ended without a word">
          Of node <Code>{nodeId}</Code>, which began <Time at={startedAt} /> and whose last call on
          the log is <TimeOr at={lastCallAt} never="none" />. What it had not written is lost, and
          nobody knows how much that was. {mayStillRun && 'It may still run, without a connection.'}
        </Alert>
      ))}
    </Stack>
  );
}

function GapsTable({ gaps }: { gaps: readonly Schemas['CallGapResponse'][] }) {
  return (
    <WideTable minWidth={560} label="Gaps">
      <Table aria-label="Gaps" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Node</Table.Th>
            <Table.Th>Missing</Table.Th>
            <Table.Th>After</Table.Th>
            <Table.Th>Before</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {gaps.map(({ nodeId, firstSeq, lastSeq, after, before }) => (
            <Table.Tr key={`${nodeId} ${firstSeq}`}>
              <Table.Td>
                <Code>{nodeId}</Code>
              </Table.Td>
              <Table.Td>
                {(lastSeq - firstSeq + 1).toLocaleString()}, from number {firstSeq}
              </Table.Td>
              <Table.Td>
                <TimeOr at={after} never="the beginning" />
              </Table.Td>
              <Table.Td>
                <TimeOr at={before} never="now" />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

function Junk({ span }: { span: Span }) {
  const junk = useInfiniteQuery(junkQuery(span));
  const counts = junk.data?.pages.flatMap(({ results }) => results) ?? [];
  return (
    <section>
      <Title order={3} fz="md">
        Calls that were only counted
      </Title>
      <Text fz="sm" c="dimmed" mb="xs">
        Calls without a genuine secret, when there are so many that each having a row would drown
        the others.
      </Text>
      {junk.error && <ProblemAlert error={junk.error} />}
      {junk.isPending && <Skeleton height={60} aria-label="Loading the counts" />}
      {junk.data && counts.length === 0 && <Text>None: every call has a row of its own.</Text>}
      {counts.length > 0 && <JunkTable counts={counts} />}
      {junk.hasNextPage && (
        <Group justify="center" mt="sm">
          <Button
            variant="default"
            loading={junk.isFetchingNextPage}
            onClick={() => void junk.fetchNextPage()}
          >
            Show more
          </Button>
        </Group>
      )}
    </section>
  );
}

function JunkTable({ counts }: { counts: readonly Schemas['JunkCountResponse'][] }) {
  return (
    <WideTable minWidth={560} label="Counted calls">
      <Table aria-label="Counted calls" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Minute</Table.Th>
            <Table.Th>From</Table.Th>
            <Table.Th>Why refused</Table.Th>
            <Table.Th ta="right">Calls</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {counts.map(({ minute, block, reason, calls }) => (
            <Table.Tr key={`${minute} ${block} ${reason}`}>
              <Table.Td>
                <Time at={minute} exact />
              </Table.Td>
              <Table.Td>{block === '*' ? 'everywhere else' : block}</Table.Td>
              <Table.Td>{reason ?? 'let through, by a public route'}</Table.Td>
              <Table.Td ta="right">{calls.toLocaleString()}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}
