import { Alert, Button, Code, Drawer, Group, Select, Skeleton, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '../api/client.js';
import { FilterBar } from '../parts/filter-bar.js';
import { PageAnchor } from '../parts/links.js';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { seesInstallation, standingIn, useVisitor } from '../session/session.js';
import { CallDetail } from './call-detail.js';
import { CallHistogram } from './call-histogram.js';
import { CallsTable, memberOf } from './calls-table.js';
import { callQuery, callsQuery, filterOf, type CallFilter, type LogOwner } from './calls.js';
import { ExportDialog } from './export-dialog.js';
import { faultOfFilter, fieldOfId } from './typed-filter.js';
import { useLiveCalls, type LiveCalls } from './live-calls.js';
import type { LogSearch } from './log-search.js';
import { SavedViews } from './saved-views.js';

const nobody: ReadonlyMap<string, string> = new Map();

/** Who called what, with which key, from where, when, and what became of it. */
export function RequestLog({
  owner,
  title,
  says,
  search,
  go,
  members = nobody,
  accounts = null,
}: {
  owner: LogOwner;
  title: string;
  says: string;
  search: LogSearch;
  /** @param replace in place of where one is, or with a way back */
  go: (search: LogSearch, replace: boolean) => void;
  /** Names by ids. */
  members?: ReadonlyMap<string, string>;
  /** Names by ids, where calls are of many accounts. */
  accounts?: ReadonlyMap<string, string> | null;
}) {
  const { call: openId, live: isLive = false } = search;
  const filter = filterOf(search);
  const [isPaused, setIsPaused] = useState(false);
  const visitor = useVisitor();
  const holdsStill = isLive && isPaused;
  const calls = useInfiniteQuery({
    ...callsQuery(owner, filter),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: !holdsStill,
    refetchOnReconnect: !holdsStill,
  });
  const [exporting, { open: openExport, close: closeExport }] = useDisclosure();
  const live = useLiveCalls(owner, filter, {
    ...{ isOn: isLive, isPaused },
    // While nothing is to move, what came meanwhile is fetched as it goes on.
    onOpen: () => !isPaused && void calls.refetch(),
  });
  const found = calls.data?.pages.flatMap(({ results }) => results) ?? [];
  const isFound = new Set(found.map(({ id }) => id));
  const all = [...live.shown.filter(({ id }) => !isFound.has(id)), ...found];
  const last = calls.data?.pages.at(-1);
  // The room is entered with the console's own reads left out: that alone looks for nothing.
  const isFiltered = Object.keys(filter).some((field) => field !== 'by');
  const change = (part: Partial<LogSearch>) => go({ ...search, ...part }, true);
  const listed = all.find(({ id }) => id === openId);
  // A link leads to its call also where that is older than what is loaded, or left out by the filters.
  // What stands in an address may be anything, and other things than calls lie beside them in the API.
  const isCallId = openId !== undefined && faultOfFilter('call', openId) === null;
  const linked = useQuery({
    ...callQuery(owner, openId ?? ''),
    enabled: isCallId && listed === undefined && calls.isFetched,
  });
  const isNowhere =
    openId !== undefined &&
    (!isCallId || (linked.error instanceof Problem && linked.error.status === 404));
  const opened = openId === undefined ? undefined : (listed ?? linked.data);
  return (
    <>
      <PageHead
        title={title}
        actions={
          <>
            {isLive ? (
              <Button
                variant="default"
                onClick={() => {
                  if (isPaused) void calls.refetch();
                  setIsPaused(!isPaused);
                }}
              >
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
            <SavedViews owner={owner} filter={filter} onChoose={(chosen) => go(chosen, false)} />
            <Button variant="default" onClick={openExport}>
              Export…
            </Button>
          </>
        }
      >
        {says}
      </PageHead>
      <Stack>
        {linked.isFetching && (
          <Text fz="sm" c="dimmed" role="status">
            Looking for the call…
          </Text>
        )}
        {openId !== undefined && linked.error && !isNowhere && (
          <ProblemAlert error={linked.error} title="The call of this link could not be read" />
        )}
        {isNowhere && opened === undefined && (
          <Alert
            color="yellow"
            title="The call of this link is not on this log"
            withCloseButton
            closeButtonLabel="Let it go"
            onClose={() => change({ call: undefined })}
          >
            <Code>{openId}</Code> is no call that is kept here: it may be older than that
            {owner === null ? '.' : ', of another account, or of a key that nobody knows.'}{' '}
            {owner !== null && isCallId && seesInstallation(visitor) && (
              <PageAnchor to="/installation/request-log" search={{ call: openId }}>
                Look among all calls
              </PageAnchor>
            )}
          </Alert>
        )}
        <FilterBar
          of="Calls whose"
          filter={filter}
          labels={labels}
          typed={typed}
          placeholders={examples}
          faultOf={faultOfFilter}
          nameOf={(field, value) =>
            field === 'keyId' ? (all.find(({ keyId }) => keyId === value)?.keyName ?? null) : null
          }
          fieldOf={fieldOfId}
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
          <Select
            label="Made by"
            placeholder="Anybody"
            clearable
            data={makers}
            value={filter.by ?? null}
            onChange={(chosen) => change({ by: (chosen as CallFilter['by']) ?? undefined })}
            w={150}
          />
        </FilterBar>
        <CallHistogram
          owner={owner}
          filter={filter}
          isEnabled={calls.isFetched}
          onPick={(from, to) =>
            go(
              {
                ...search,
                from: new Date(from).toISOString(),
                to: new Date(to).toISOString(),
              },
              false,
            )
          }
        />
        {isLive && <LiveState live={live} isPaused={isPaused} />}
        {calls.error && <ProblemAlert error={calls.error} />}
        {calls.isPending && <Skeleton height={300} aria-label="Loading the calls" />}
        {calls.data && all.length === 0 && !calls.hasNextPage && (
          <Nothing title={isFiltered ? 'No call is like that' : 'There is no call yet'}>
            {isFiltered ? 'Take a filter away to see more.' : 'Calls appear here as they come.'}
          </Nothing>
        )}
        {all.length > 0 && (
          <CallsTable
            calls={all}
            members={members}
            accounts={accounts}
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
          <CallDetail
            call={opened}
            member={memberOf(opened, members)}
            standing={standingIn(visitor, opened.accountId ?? owner ?? '')}
          />
        )}
      </Drawer>
      <ExportDialog owner={owner} filter={filter} opened={exporting} onClose={closeExport} />
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

const makers = [
  { value: 'callers', label: 'Callers' },
  { value: 'people', label: 'People, here' },
];

const labels: Readonly<Record<keyof CallFilter | 'call', string>> = {
  keyId: 'Key',
  secretId: 'Secret',
  ip: 'From',
  method: 'Method',
  path: 'Path',
  status: 'Status',
  decision: 'Decision',
  reason: 'Reason',
  wouldDeny: 'Would be denied',
  door: 'Door',
  by: 'Made by',
  from: 'Since',
  to: 'Until',
  q: 'Holds',
  call: 'Correlation id',
};
/** What is typed, as an example. */
const examples = {
  ip: '203.0.113.7 or 203.0.113.0/24',
  path: '/crm/contacts',
  status: '403',
  method: 'GET',
  reason: 'SCOPE_MISSING',
  wouldDeny: 'IP_NOT_ALLOWED',
  keyId: 'key_…',
  secretId: 'sec_…',
  call: 'call_…, as an answer bore it',
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
  'call',
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
