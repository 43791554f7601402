import {
  Alert,
  Badge,
  Button,
  Card,
  Code,
  Drawer,
  Group,
  Select,
  Skeleton,
  Stack,
  Table,
  Text,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { LogSearch } from './log-search.js';
import { BarChart } from '../parts/bar-chart.js';
import { counted } from '../parts/counted.js';
import { FilterBar } from '../parts/filter-bar.js';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { TextButton } from '../parts/text-button.js';
import { inUtc, Time } from '../parts/time.js';
import { useMemberNames } from '../members/members.js';
import { useStanding } from '../session/session.js';
import { CallDetail } from './call-detail.js';
import { callCountsQuery, callsQuery, type Call, type CallFilter } from './calls.js';
import { ExportDialog } from './export-dialog.js';
import { useLiveCalls, type LiveCalls } from './live-calls.js';
import { SavedViews } from './saved-views.js';
import { PageAnchor } from '../parts/links.js';
import { WideTable } from '../parts/wide-table.js';

/** Who called what, with which key, from where, when, and what became of it. */
export function RequestLogPage() {
  const standing = useStanding();
  const { accountId } = standing;
  const members = useMemberNames(standing);
  const {
    call: openId,
    live: isLive = false,
    ...filter
  } = useSearch({
    from: '/inside/accounts/$accountId/request-log',
  });
  const navigate = useNavigate({ from: '/accounts/$accountId/request-log' });
  const calls = useInfiniteQuery({
    ...callsQuery(accountId, filter),
    placeholderData: keepPreviousData,
  });
  const [isPaused, setIsPaused] = useState(false);
  const [exporting, { open: openExport, close: closeExport }] = useDisclosure();
  const live = useLiveCalls(accountId, filter, {
    ...{ isOn: isLive, isPaused },
    onOpen: () => void calls.refetch(),
  });
  const found = calls.data?.pages.flatMap(({ results }) => results) ?? [];
  const isFound = new Set(found.map(({ id }) => id));
  const all = [...live.shown.filter(({ id }) => !isFound.has(id)), ...found];
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
            {isLive ? (
              <Button variant="default" onClick={() => setIsPaused(!isPaused)}>
                {isPaused ? `Go on (${live.waiting.toLocaleString()} new)` : 'Pause'}
              </Button>
            ) : (
              <Button
                variant="default"
                loading={calls.isRefetching}
                onClick={() => void calls.refetch()}
              >
                Look again
              </Button>
            )}
            <Button
              variant={isLive ? 'light' : 'default'}
              aria-pressed={isLive}
              onClick={() => {
                setIsPaused(false);
                change({ live: isLive ? undefined : true });
              }}
            >
              Live
            </Button>
            <SavedViews
              accountId={accountId}
              filter={filter}
              onChoose={(chosen) => void navigate({ search: chosen })}
            />
            <Button variant="default" onClick={openExport}>
              Export…
            </Button>
          </>
        }
      >
        Every call that bore a secret of this account, with where it came from.
      </PageHead>
      <Stack>
        <FilterBar
          of="Calls whose"
          filter={filter}
          labels={labels}
          typed={typed}
          placeholders={{ ip: '203.0.113.7 or 203.0.113.0/24' }}
          onChange={(part) => change(part as Partial<LogSearch>)}
        >
          <Select
            label="Decision"
            placeholder="Any"
            clearable
            data={['allowed', 'denied']}
            value={filter.decision ?? null}
            onChange={(chosen) =>
              change({ decision: (chosen as CallFilter['decision']) ?? undefined })
            }
            w={130}
          />
          <Select
            label="Door"
            placeholder="Any"
            clearable
            data={doors}
            value={filter.door ?? null}
            onChange={(chosen) => change({ door: chosen ?? undefined })}
            w={170}
          />
        </FilterBar>
        <Counts
          accountId={accountId}
          filter={filter}
          onPick={(from, to) =>
            void navigate({
              search: (before) => ({
                ...before,
                from: new Date(from).toISOString(),
                to: new Date(to).toISOString(),
              }),
            })
          }
        />
        {isLive && <LiveState live={live} isPaused={isPaused} />}
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
          <CallsTable
            calls={all}
            members={members}
            onOpen={(call) => change({ call })}
            onFilter={change}
          />
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
      >
        {opened && (
          <CallDetail call={opened} member={memberOf(opened, members)} standing={standing} />
        )}
      </Drawer>
      <ExportDialog
        accountId={accountId}
        filter={filter}
        opened={exporting}
        onClose={closeExport}
      />
    </>
  );
}

const doors = [
  { value: 'gateway', label: 'Gateway' },
  { value: 'forward_auth', label: 'Forward auth' },
  { value: 'verify', label: 'Verify' },
  { value: 'self', label: 'Self' },
  { value: 'management', label: 'Management API' },
];

const labels: Readonly<Record<keyof CallFilter, string>> = {
  keyId: 'Key',
  secretId: 'Secret',
  ip: 'From',
  method: 'Method',
  path: 'Path',
  status: 'Status',
  decision: 'Decision',
  reason: 'Reason',
  wouldDeny: 'Would be denied:',
  door: 'Door',
  from: 'Since',
  to: 'Until',
  q: 'Holds',
};
const typed = [
  'ip',
  'path',
  'status',
  'method',
  'reason',
  'wouldDeny',
  'q',
  'keyId',
  'secretId',
] as const;

function LiveState({ live, isPaused }: { live: LiveCalls; isPaused: boolean }) {
  if (live.state === 'ended')
    return (
      <Alert color="yellow" title="The log is not followed any more">
        The server let go of it. Too many may be following at once: switch Live off, and on again in
        a while.
      </Alert>
    );
  const says = live.state !== 'open' ? 'Connecting…' : isPaused ? 'Paused.' : 'New calls appear as they come.'; // prettier-ignore
  return (
    <Text fz="sm" c="dimmed" role="status">
      {says}
    </Text>
  );
}

/** Closer than that there is nothing to see. */
const closestMs = 1_000;
/** Fewer would make bars as wide as the page. */
const intervalsMin = 48;

function Counts({
  accountId,
  filter,
  onPick,
}: {
  accountId: string;
  filter: CallFilter;
  onPick: (from: number, to: number) => void;
}) {
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
        {...(intervalMs > closestMs && { onPick })}
        says={`${estimated ? 'About ' : ''}${counted(calls, 'call', 'calls')}, ${deniedCalls.toLocaleString()} of them denied`}
      />
    </Card>
  );
}

function CallsTable({
  calls,
  members,
  onOpen,
  onFilter,
}: {
  calls: readonly Call[];
  /** Names by ids. */
  members: ReadonlyMap<string, string>;
  onOpen: (id: string) => void;
  onFilter: (part: Partial<LogSearch>) => void;
}) {
  return (
    <WideTable minWidth={900} label="Calls">
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>When</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th>Call</Table.Th>
            <Table.Th>Who</Table.Th>
            <Table.Th>From</Table.Th>
            <Table.Th ta="right">Took</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {calls.map((call) => (
            <Table.Tr key={call.id}>
              <Table.Td>
                <TextButton title={inUtc(call.at)} onClick={() => onOpen(call.id)}>
                  {new Date(call.at).toLocaleString()}
                </TextButton>
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
                  <Text c="dimmed">{memberOf(call, members) ?? 'nobody known'}</Text>
                )}
              </Table.Td>
              <Table.Td>
                {call.callerIp && (
                  <TextButton onClick={() => onFilter({ ip: call.callerIp ?? undefined })}>
                    {call.callerIp}
                  </TextButton>
                )}
              </Table.Td>
              <Table.Td ta="right">
                {call.durationMs === null ? '' : `${call.durationMs} ms`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

/** Who was signed in, of a call of the console's. */
function memberOf(
  { credential, actor }: Call,
  members: ReadonlyMap<string, string>,
): string | null {
  return credential === 'session' ? (members.get(actor ?? '') ?? 'a member') : null;
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
