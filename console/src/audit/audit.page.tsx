import { Alert, Button, Code, Drawer, Group, Skeleton, Stack, Table, Text } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FilterBar } from '../parts/filter-bar.js';
import { PageAnchor } from '../parts/links.js';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { TextButton } from '../parts/text-button.js';
import { inUtc, Time } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { useStanding } from '../session/session.js';
import type { AuditSearch } from './audit-search.js';
import { ChainCard } from './chain-card.js';
import { ChangeTable } from './change-table.js';
import { eventsQuery, type AuditEvent, type EventFilter } from './events.js';
import { nameThen, useTargetNames } from './target-names.js';

const labels: Readonly<Record<keyof EventFilter, string>> = {
  action: 'Action',
  actorId: 'By',
  targetId: 'Of',
  from: 'Since',
  to: 'Until',
};

/** Who changed what, when, and how it was before. */
export function AuditPage() {
  const standing = useStanding();
  const { accountId } = standing;
  const { event: openId, ...filter } = useSearch({ from: '/inside/accounts/$accountId/audit' });
  const navigate = useNavigate({ from: '/accounts/$accountId/audit' });
  const events = useInfiniteQuery({
    ...eventsQuery(accountId, filter),
    // Until other events are there those stay that were; those of another account never do.
    placeholderData: (before, query) =>
      query?.queryKey[1] === accountId ? keepPreviousData(before) : undefined,
  });
  const all = events.data?.pages.flatMap(({ results }) => results) ?? [];
  const names = useTargetNames(standing, all);
  const opened = all.find(({ id }) => id === openId);
  const change = (part: AuditSearch) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <>
      <PageHead title="Audit trail">
        Every change to this account: who made it, from where, and how it was before.
      </PageHead>
      <Stack>
        <ChainCard accountId={accountId} />
        <FilterBar
          of="Events whose"
          filter={filter}
          labels={labels}
          typed={['action', 'actorId', 'targetId']}
          nameOf={(field, id) => (field === 'action' ? null : (names.get(id) ?? null))}
          placeholders={{ action: 'key.created', actorId: 'mem_…', targetId: 'key_…' }}
          onChange={change}
        />
        {events.error && <ProblemAlert error={events.error} />}
        {events.isPending && <Skeleton height={300} aria-label="Loading the events" />}
        {events.data && all.length === 0 && (
          <Nothing title="No event is like that">
            {Object.keys(filter).length > 0
              ? 'Take a filter away to see more.'
              : 'Changes of this account are on record here.'}
          </Nothing>
        )}
        {openId !== undefined && opened === undefined && events.data && (
          <Alert
            color="yellow"
            title="The event of this link is not among those below"
            withCloseButton
            closeButtonLabel="Let it go"
            onClose={() => change({ event: undefined })}
          >
            <Code>{openId}</Code> is older than those that are loaded, or the filters leave it out:
            look further back, or take a filter away.
          </Alert>
        )}
        {all.length > 0 && <EventsTable events={all} names={names} onChange={change} />}
        {events.hasNextPage && (
          <Group justify="center">
            <Button
              variant="default"
              loading={events.isFetchingNextPage}
              onClick={() => void events.fetchNextPage()}
            >
              Show older events
            </Button>
          </Group>
        )}
      </Stack>
      <Drawer
        opened={opened !== undefined}
        onClose={() => change({ event: undefined })}
        position="right"
        size="lg"
        title="One change"
      >
        {opened && <EventDetail event={opened} names={names} accountId={accountId} />}
      </Drawer>
    </>
  );
}

function EventsTable({
  events,
  names,
  onChange,
}: {
  events: readonly AuditEvent[];
  /** By the ids of targets. */
  names: ReadonlyMap<string, string>;
  onChange: (part: AuditSearch) => void;
}) {
  return (
    <WideTable minWidth={760} label="Audit events">
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>When</Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th>Of</Table.Th>
            <Table.Th>By</Table.Th>
            <Table.Th>From</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => (
            <Table.Tr key={event.id}>
              <Table.Td className="nowrap">
                <TextButton title={inUtc(event.at)} onClick={() => onChange({ event: event.id })}>
                  {new Date(event.at).toLocaleString()}
                </TextButton>
              </Table.Td>
              <Table.Td>
                <TextButton onClick={() => onChange({ action: event.action })}>
                  {event.action}
                </TextButton>
              </Table.Td>
              <Table.Td maw={260}>
                <TextButton onClick={() => onChange({ targetId: event.target.id })}>
                  {nameOf(event, names)}
                </TextButton>
              </Table.Td>
              <Table.Td maw={220}>
                {event.actor.id === null ? (
                  event.actor.name
                ) : (
                  <TextButton onClick={() => onChange({ actorId: event.actor.id ?? undefined })}>
                    {event.actor.name}
                  </TextButton>
                )}
              </Table.Td>
              <Table.Td>{event.callerIp}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

/** What it was called then, or what it is called elsewhere, or else which it was. */
function nameOf(event: AuditEvent, names: ReadonlyMap<string, string>): string {
  const { type, id } = event.target;
  return `${type} ${nameThen(event) ?? names.get(id) ?? id}`;
}

function EventDetail({
  event,
  names,
  accountId,
}: {
  event: AuditEvent;
  /** By the ids of targets. */
  names: ReadonlyMap<string, string>;
  accountId: string;
}) {
  const { action, actor, target, callerIp, at, seq, id } = event;
  return (
    <Stack>
      <Text>
        <Text span inherit fw={600}>
          {actor.name}
        </Text>{' '}
        ({actor.kind}){callerIp !== null && `, from ${callerIp}`}, <Time at={at} exact />:{' '}
        <Code>{action}</Code>
      </Text>
      <Text>
        Of {target.type}{' '}
        {target.type === 'key' ? (
          <PageAnchor
            to="/accounts/$accountId/keys/$keyId"
            params={{ accountId, keyId: target.id }}
          >
            {nameThen(event) ?? names.get(target.id) ?? target.id}
          </PageAnchor>
        ) : (
          <>
            {nameThen(event) ?? names.get(target.id)} <Code>{target.id}</Code>
          </>
        )}
      </Text>
      <ChangeTable event={event} />
      <Text fz="xs" c="dimmed">
        Event {seq.toLocaleString()} of the account, <Code>{id}</Code>
      </Text>
    </Stack>
  );
}
