import { Alert, Button, Card, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { changeAsSeen } from '../api/change-as-seen.js';
import { Problem } from '../api/client.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { counted } from '../parts/counted.js';
import { PageAnchor } from '../parts/links.js';
import { SaveProblem } from '../parts/save-problem.js';
import { ProblemAlert } from '../parts/states.js';
import { useVisitor } from '../session/session.js';
import { AddressTry } from './address-try.js';
import {
  AllowlistFields,
  allowlistOf,
  draftOf,
  withAddresses,
  type AllowlistDraft,
} from './allowlist-fields.js';
import {
  callersQuery,
  putAllowlist,
  readAllowlist,
  type Caller,
  type ListOwner,
  type SavedList,
} from './allowlists.js';
import { holdsAddress } from './holds-address.js';

/** A list of addresses: what it says, who called that is not on it, and an address tried against it. */
export function AllowlistEditor({
  owner,
  list,
  mayWrite,
  mayReadLog,
  toAdd,
  onChanged,
}: {
  owner: ListOwner;
  list: SavedList;
  mayWrite: boolean;
  mayReadLog: boolean;
  /** An address that somebody came here to add. */
  toAdd?: string | undefined;
  /** Reads the list again. */
  onChanged: () => Promise<unknown>;
}) {
  const { callerIp } = useVisitor();
  // What was typed, and over which list: that may be another one by the time it is saved.
  const [typed, setTyped] = useState<{ draft: AllowlistDraft; seen: SavedList } | null>(() =>
    toAdd === undefined || !mayWrite
      ? null
      : { draft: withAddresses(draftOf(list), [toAdd]), seen: list },
  );
  const { draft, seen } = typed ?? { draft: draftOf(list), seen: list };
  const change = (next: AllowlistDraft) => setTyped({ draft: next, seen });
  const [isAsking, setIsAsking] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      changeAsSeen({
        seen,
        part: ({ mode, entries }) => [mode, entries],
        read: () => readAllowlist(owner),
        change: (headers) => putAllowlist(owner, allowlistOf(draft), headers),
      }),
    onSuccess: async () => {
      await onChanged();
      setTyped(null);
      notifications.show({ message: 'The list is in force.', color: 'green' });
    },
    onSettled: () => setIsAsking(false),
  });
  const isChanged = JSON.stringify(draft) !== JSON.stringify(draftOf(seen));
  const errors =
    save.error instanceof Problem ? save.error.details.map(({ message }) => message) : [];
  const { entries } = allowlistOf(draft);
  // People are held to the account's list; a key's is about that key's calls.
  const locksOut =
    owner.keyId === null &&
    draft.mode === 'enforce' &&
    callerIp !== null &&
    !holdsAddress(entries, callerIp);
  return (
    <Stack>
      {mayWrite ? (
        <>
          <AllowlistFields draft={draft} onChange={change} ownIp={callerIp} errors={errors} />
          {locksOut && (
            <Alert color="red" title="This locks you out">
              You are here from {callerIp}, which is not on the list.
            </Alert>
          )}
          {save.error && (
            <SaveProblem
              error={save.error}
              title="The list was not changed"
              onLookAgain={() => {
                save.reset();
                setTyped(null);
                void onChanged();
              }}
            />
          )}
          <Group>
            <Button
              disabled={!isChanged}
              loading={save.isPending}
              onClick={() => (locksOut ? setIsAsking(true) : save.mutate())}
            >
              Save
            </Button>
            {isChanged && (
              <Button variant="default" onClick={() => setTyped(null)}>
                Undo
              </Button>
            )}
          </Group>
        </>
      ) : (
        <SavedEntries list={list} />
      )}
      {draft.mode !== 'off' && mayReadLog && (
        <Strays
          owner={owner}
          entries={entries}
          isEnforced={list.mode === 'enforce'}
          onAdd={mayWrite ? (ips) => change(withAddresses(draft, ips)) : null}
        />
      )}
      {list.mode !== 'off' && <AddressTry owner={owner} />}
      <Modal opened={isAsking} onClose={() => setIsAsking(false)} title="Lock yourself out?">
        <Stack>
          <Text>
            As soon as this is saved, nothing is answered any more that comes from {callerIp}: this
            page neither. Only the operator can open it again.
          </Text>
          <DialogEnd no="Do not save" onNo={() => setIsAsking(false)}>
            <Button color="red" loading={save.isPending} onClick={() => save.mutate()}>
              Save, and lock me out
            </Button>
          </DialogEnd>
        </Stack>
      </Modal>
    </Stack>
  );
}

const modeTexts: Readonly<Record<SavedList['mode'], string>> = {
  off: 'From every address.',
  report: 'From every address; calls from elsewhere than these are noted.',
  enforce: 'From these addresses only.',
};

function SavedEntries({ list: { mode, entries } }: { list: SavedList }) {
  return (
    <>
      <Text>{modeTexts[mode]}</Text>
      {entries.length > 0 && (
        <Table aria-label="Addresses and networks">
          <Table.Tbody>
            {entries.map(({ cidr, note }) => (
              <Table.Tr key={cidr}>
                <Table.Td>{cidr}</Table.Td>
                <Table.Td c="dimmed">{note}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
}

/** As many as fit on a page; with more, the list is not ready to be enforced anyway. */
const shownMax = 20;

function Strays({
  owner,
  entries,
  isEnforced,
  onAdd,
}: {
  owner: ListOwner;
  entries: readonly { cidr: string }[];
  isEnforced: boolean;
  onAdd: ((ips: readonly string[]) => void) | null;
}) {
  const callers = useQuery(callersQuery(owner));
  if (callers.error)
    return <ProblemAlert error={callers.error} title="Who called cannot be shown" />;
  if (callers.data === undefined) return null;
  const strays = callers.data.filter(({ ip }) => !holdsAddress(entries, ip));
  if (callers.data.length === 0)
    return <Text c="dimmed">Nobody was let through in the last 7 days.</Text>;
  if (strays.length === 0)
    return (
      <Text c="dimmed">
        Whoever was let through in the last 7 days is on this list ({told(callers.data)}).
      </Text>
    );
  return (
    <Card withBorder bg="transparent">
      <Stack gap="xs">
        <Text fw={600}>
          In the last 7 days this list would have refused {told(strays)} that{' '}
          {strays.length === 1 ? 'was' : 'were'} let through
          {isEnforced && ', most likely before it was enforced'}
        </Text>
        <Table aria-label="Who would have been refused">
          <Table.Tbody>
            {strays.slice(0, shownMax).map(({ ip, calls }) => (
              <Table.Tr key={ip}>
                <Table.Td>
                  <PageAnchor
                    to="/accounts/$accountId/request-log"
                    params={{ accountId: owner.accountId }}
                    search={{ ip, ...(owner.keyId !== null && { keyId: owner.keyId }) }}
                  >
                    {ip}
                  </PageAnchor>
                </Table.Td>
                <Table.Td>{counted(calls, 'call', 'calls')}</Table.Td>
                <Table.Td ta="right">
                  {onAdd && (
                    <Button
                      variant="default"
                      size="compact-sm"
                      aria-label={`Add ${ip}`}
                      onClick={() => onAdd([ip])}
                    >
                      Add
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {strays.length > shownMax && <Text fz="sm">And {strays.length - shownMax} more.</Text>}
        {onAdd && strays.length > 1 && (
          <Group>
            <Button variant="default" size="xs" onClick={() => onAdd(strays.map(({ ip }) => ip))}>
              Add all {strays.length}
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  );
}

function told(callers: readonly Caller[]): string {
  return counted(callers.length, 'caller', 'callers');
}
