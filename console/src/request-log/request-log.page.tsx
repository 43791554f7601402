import {
  Anchor,
  Badge,
  Button,
  Card,
  CloseButton,
  Code,
  Drawer,
  Group,
  Select,
  Skeleton,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { LogSearch } from './log-search.js';
import { BarChart } from '../parts/bar-chart.js';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { useStanding } from '../session/session.js';
import { CallDetail } from './call-detail.js';
import { callCountsQuery, callsQuery, type Call, type CallFilter } from './calls.js';
import { PageAnchor } from '../parts/links.js';

/** Who called what, with which key, from where, when, and what became of it. */
export function RequestLogPage() {
  const { accountId } = useStanding();
  const { call: openId, ...filter } = useSearch({
    from: '/inside/accounts/$accountId/request-log',
  });
  const navigate = useNavigate({ from: '/accounts/$accountId/request-log' });
  const calls = useInfiniteQuery({
    ...callsQuery(accountId, filter),
    placeholderData: keepPreviousData,
  });
  const all = calls.data?.pages.flatMap(({ results }) => results) ?? [];
  const last = calls.data?.pages.at(-1);
  const change = (part: Partial<LogSearch>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const opened = all.find(({ id }) => id === openId);
  return (
    <>
      <PageHead
        title="Request log"
        actions={
          <>
            <Button
              variant="default"
              loading={calls.isRefetching}
              onClick={() => void calls.refetch()}
            >
              Look again
            </Button>
            <ExportButtons accountId={accountId} filter={filter} />
          </>
        }
      >
        Every call that bore a secret of this account, with where it came from.
      </PageHead>
      <Stack>
        <FilterBar filter={filter} onChange={change} />
        <Counts accountId={accountId} filter={filter} />
        {calls.error && <ProblemAlert error={calls.error} />}
        {calls.isPending && <Skeleton height={300} aria-label="Loading the calls" />}
        {calls.data && all.length === 0 && !calls.hasNextPage && (
          <Nothing title="No call is like that">
            {Object.keys(filter).length > 0
              ? 'Take a filter away to see more.'
              : 'Calls appear here as they come.'}
          </Nothing>
        )}
        {all.length > 0 && (
          <CallsTable calls={all} onOpen={(call) => change({ call })} onFilter={change} />
        )}
        {calls.hasNextPage && (
          <Group justify="center">
            {last?.searchedTo && (
              <Text fz="sm" c="dimmed">
                Looked back to <Time at={last.searchedTo} exact />
              </Text>
            )}
            <Button
              variant="default"
              loading={calls.isFetchingNextPage}
              onClick={() => void calls.fetchNextPage()}
            >
              {last?.searchedTo ? 'Look further back' : 'Show older calls'}
            </Button>
          </Group>
        )}
      </Stack>
      <Drawer
        opened={opened !== undefined}
        onClose={() => change({ call: undefined })}
        position="right"
        size="lg"
        title="One call"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {opened && <CallDetail call={opened} />}
      </Drawer>
    </>
  );
}

const labels: Readonly<Record<keyof CallFilter, string>> = {
  keyId: 'Key',
  secretId: 'Secret',
  ip: 'From',
  method: 'Method',
  path: 'Path',
  status: 'Status',
  decision: 'Decision',
  reason: 'Reason',
  door: 'Door',
  from: 'Since',
  to: 'Until',
  q: 'Holds',
};
const typed = ['ip', 'path', 'status', 'method', 'reason', 'q', 'keyId', 'secretId'] as const;

/** Each filter is a chip and a part of the address; what is typed becomes one. */
function FilterBar({
  filter,
  onChange,
}: {
  filter: CallFilter;
  onChange: (part: Partial<LogSearch>) => void;
}) {
  const [name, setName] = useState<(typeof typed)[number]>('ip');
  const [value, setValue] = useState('');
  const set = Object.entries(filter) as [keyof CallFilter, string][];
  return (
    <Stack gap="xs">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (value.trim() !== '') onChange({ [name]: value.trim() });
          setValue('');
        }}
      >
        <Group gap="xs" align="flex-end">
          <Select
            label="Calls whose"
            data={typed.map((one) => ({ value: one, label: labels[one] }))}
            value={name}
            allowDeselect={false}
            onChange={(chosen) => setName((chosen ?? 'ip') as typeof name)}
            w={130}
          />
          <TextInput
            label="is"
            placeholder={name === 'ip' ? '203.0.113.7 or 203.0.113.0/24' : ''}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            flex="1 1 200px"
            maw={340}
          />
          <Button type="submit" variant="default">
            Add
          </Button>
          <Select
            label="Decision"
            placeholder="Any"
            clearable
            data={['allowed', 'denied']}
            value={filter.decision ?? null}
            onChange={(chosen) =>
              onChange({ decision: (chosen as CallFilter['decision']) ?? undefined })
            }
            w={130}
          />
          <Select
            label="Since"
            placeholder="Ever"
            clearable
            data={[
              { value: '1', label: 'an hour ago' },
              { value: '24', label: 'a day ago' },
              { value: '168', label: 'a week ago' },
              { value: '720', label: '30 days ago' },
            ]}
            value={null}
            onChange={(hours) =>
              hours !== null &&
              onChange({ from: new Date(Date.now() - Number(hours) * 3_600_000).toISOString() })
            }
            w={150}
          />
        </Group>
      </form>
      {set.length > 0 && (
        <Group gap="xs">
          {set.map(([field, chosen]) => (
            <Badge
              key={field}
              variant="light"
              size="lg"
              tt="none"
              rightSection={
                <CloseButton
                  size="xs"
                  aria-label={`Take away: ${labels[field]} ${chosen}`}
                  onClick={() => onChange({ [field]: undefined })}
                />
              }
            >
              {labels[field]} {chosen}
            </Badge>
          ))}
        </Group>
      )}
    </Stack>
  );
}

/** Fewer would make bars as wide as the page. */
const intervalsMin = 48;

function Counts({ accountId, filter }: { accountId: string; filter: CallFilter }) {
  const counts = useQuery({
    ...callCountsQuery(accountId, filter),
    placeholderData: keepPreviousData,
  });
  if (counts.data === undefined || counts.data.times.length === 0) return null;
  const { times, calls, deniedCalls, estimated, intervalSeconds } = counts.data;
  const intervalMs = intervalSeconds * 1000;
  const bars = times.map((time) => ({ ...time, from: Date.parse(time.from) }));
  const to = (bars.at(-1)?.from ?? 0) + intervalMs;
  return (
    <Card withBorder>
      <BarChart
        bars={bars}
        from={Math.min(bars[0]?.from ?? to, to - intervalsMin * intervalMs)}
        to={to}
        intervalMs={intervalMs}
        height={80}
        says={`${estimated ? 'About ' : ''}${calls.toLocaleString()} calls, ${deniedCalls.toLocaleString()} of them denied`}
      />
    </Card>
  );
}

function CallsTable({
  calls,
  onOpen,
  onFilter,
}: {
  calls: readonly Call[];
  onOpen: (id: string) => void;
  onFilter: (part: Partial<LogSearch>) => void;
}) {
  return (
    <Table.ScrollContainer minWidth={900}>
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>When</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th>Call</Table.Th>
            <Table.Th>Key</Table.Th>
            <Table.Th>From</Table.Th>
            <Table.Th ta="right">Took</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {calls.map((call) => (
            <Table.Tr key={call.id}>
              <Table.Td>
                <Anchor component="button" type="button" onClick={() => onOpen(call.id)}>
                  {new Date(call.at).toLocaleString()}
                </Anchor>
              </Table.Td>
              <Table.Td>
                <StatusBadge call={call} />
              </Table.Td>
              <Table.Td maw={360}>
                <Code>{call.method}</Code>{' '}
                <Text span inherit>
                  {call.path}
                </Text>
                {call.reason && (
                  <Text fz="xs" c={call.decision === 'denied' ? 'red' : 'dimmed'}>
                    {call.reason}
                  </Text>
                )}
              </Table.Td>
              <Table.Td maw={200}>
                {call.keyId ? (
                  <PageAnchor
                    to="/accounts/$accountId/keys/$keyId"
                    params={{ accountId: call.accountId ?? '', keyId: call.keyId }}
                    lineClamp={1}
                  >
                    {call.keyName ?? call.keyId}
                  </PageAnchor>
                ) : (
                  <Text c="dimmed">{call.credential === 'session' ? 'a member' : 'none'}</Text>
                )}
              </Table.Td>
              <Table.Td>
                {call.callerIp && (
                  <Anchor
                    component="button"
                    type="button"
                    onClick={() => onFilter({ ip: call.callerIp ?? undefined })}
                  >
                    {call.callerIp}
                  </Anchor>
                )}
              </Table.Td>
              <Table.Td ta="right">
                {call.durationMs === null ? '' : `${call.durationMs} ms`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function StatusBadge({ call: { status, decision } }: { call: Call }) {
  const color =
    decision === 'denied' ? 'red' : status === null ? 'yellow' : status < 400 ? 'green' : 'orange';
  return (
    <Badge variant="light" color={color} tt="none">
      {status ?? 'unknown'}
    </Badge>
  );
}

function ExportButtons({ accountId, filter }: { accountId: string; filter: CallFilter }) {
  const query = (format: string) =>
    new URLSearchParams({ ...(filter as Record<string, string>), format }).toString();
  return (
    <>
      {(['csv', 'ndjson'] as const).map((format) => (
        <Button
          key={format}
          component="a"
          variant="default"
          href={`/v1/accounts/${encodeURIComponent(accountId)}/request-log/export?${query(format)}`}
          download
        >
          {format === 'csv' ? 'CSV' : 'NDJSON'}
        </Button>
      ))}
    </>
  );
}
