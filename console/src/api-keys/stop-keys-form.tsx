import { Badge, Button, Group, Progress, ScrollArea, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { counted } from '../parts/counted.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { PageAnchor } from '../parts/links.js';
import { Time } from '../parts/time.js';
import { lastDaysCallers, usageQuery, type ApiKey } from './keys.js';
import { useKeysOneByOne, type Outcome } from './keys-one-by-one.js';

/** What is done to many keys at once: both can be taken back. */
export type Stop = 'suspend' | 'resume';

const words = {
  suspend: {
    says: 'Whoever calls with one of these is refused from the next call on. A suspended key can be resumed, and is then as it was.',
    done: 'suspended',
    action: 'Suspend',
  },
  resume: {
    says: 'Their secrets work again, as they did before.',
    done: 'resumed',
    action: 'Resume',
  },
} as const;

/**
 * Suspends or resumes keys one after the other, and tells for each what became of it.
 *
 * @param onDone told for which it was done
 */
export function StopKeysForm({
  accountId,
  stop,
  keys,
  onDone,
}: {
  accountId: string;
  stop: Stop;
  keys: readonly ApiKey[];
  onDone: (ids: readonly string[]) => void;
}) {
  const { outcomes, isRunning, run, halt } = useKeysOneByOne(accountId, stop);
  const [hasBegun, setHasBegun] = useState(false);
  const done = keys.filter(({ id }) => outcomes.get(id)?.state === 'done');
  const rest = keys.filter(({ id }) => outcomes.get(id)?.state !== 'done');
  const { says, done: past, action } = words[stop];
  const leave = () => onDone(done.map(({ id }) => id));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setHasBegun(true);
        void run(rest.map(({ id }) => id));
      }}
    >
      <Stack>
        {!hasBegun && <Text>{says}</Text>}
        {hasBegun && (
          <div>
            <Text role="status" mb={4}>
              {told(done.length, keys.length, past, isRunning)}
            </Text>
            <Progress
              value={(100 * done.length) / keys.length}
              color={!isRunning && rest.length > 0 ? 'red' : 'latch'}
              aria-label={`How many are ${past}`}
            />
          </div>
        )}
        <ScrollArea.Autosize mah={380} type="auto" viewportProps={scrolled}>
          <Table aria-label="The keys, and who called with them">
            <Table.Tbody>
              {keys.map((key) => (
                <Table.Tr key={key.id}>
                  <Table.Td className="breakable">
                    <PageAnchor
                      to="/accounts/$accountId/keys/$keyId"
                      params={{ accountId, keyId: key.id }}
                      target="_blank"
                    >
                      {key.name}
                    </PageAnchor>
                    <LastDay apiKey={key} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <OutcomeOf outcome={outcomes.get(key.id)} past={past} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea.Autosize>
        {isRunning ? (
          <Group justify="flex-end">
            <Button variant="default" onClick={halt}>
              Stop here
            </Button>
          </Group>
        ) : rest.length === 0 ? (
          <Group justify="flex-end">
            <Button onClick={leave}>Done</Button>
          </Group>
        ) : (
          <DialogEnd no={hasBegun ? 'Leave it so' : 'Not now'} onNo={leave}>
            <Button type="submit" {...(stop === 'suspend' && { color: 'red' })}>
              {hasBegun ? 'Try' : action} {counted(rest.length, 'key')} {hasBegun && 'again'}
            </Button>
          </DialogEnd>
        )}
      </Stack>
    </form>
  );
}

const scrolled = { tabIndex: 0, role: 'region', 'aria-label': 'The keys' } as const;

function told(done: number, all: number, past: string, isRunning: boolean): string {
  if (isRunning) return `${done} of ${all} are ${past}…`;
  if (done === all) return all === 1 ? `It is ${past}.` : `All ${all} are ${past}.`;
  return `${done} of ${all} are ${past}; the others are as they were.`;
}

function OutcomeOf({ outcome, past }: { outcome: Outcome | undefined; past: string }) {
  switch (outcome?.state) {
    case undefined:
      return null;
    case 'running':
      return <Text c="dimmed">…</Text>;
    case 'done':
      return (
        <Badge variant="light" color="green" tt="none">
          {past}
        </Badge>
      );
    case 'failed':
      return (
        <Text fz="sm" c="error" className="breakable">
          {outcome.why}
        </Text>
      );
  }
}

const callersShown = 3;

/** Who called with a key in the last 24 hours: asked as the dialog opens, because that is who is refused. */
function LastDay({ apiKey: { accountId, id } }: { apiKey: ApiKey }) {
  const usage = useQuery({ ...usageQuery(accountId, id), refetchOnMount: 'always', staleTime: 0 });
  if (usage.error)
    return (
      <Text fz="sm" c="error">
        Who called cannot be shown: {usage.error.message}
      </Text>
    );
  if (usage.data === undefined)
    return (
      <Text fz="sm" c="dimmed">
        Looking who called…
      </Text>
    );
  const callers = lastDaysCallers(usage.data);
  if (callers.length === 0)
    return (
      <Text fz="sm" c="dimmed">
        Nobody called with it in the last 24 hours.
      </Text>
    );
  return (
    <Text fz="sm" component="div">
      {callers.slice(0, callersShown).map(({ ip, lastSeenAt }, place) => (
        <span key={ip}>
          {place > 0 && '; '}
          {ip ?? 'unknown'}, <Time at={lastSeenAt} />
        </span>
      ))}
      {callers.length > callersShown && `; and ${callers.length - callersShown} more`}
    </Text>
  );
}
