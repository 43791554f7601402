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
  type Callers,
  type ListOwner,
  type SavedList,
} from './allowlists.js';
import { holdsAddress } from './holds-address.js';

const savedInWords = {
  off: 'Saved. The list is off.',
  report: 'Saved. Nobody is refused: the list only reports.',
  enforce: 'Saved. Calls from elsewhere are refused.',
};

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
      notifications.show({ message: savedInWords[draft.mode], color: 'green' });
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
  const callers = useQuery({
    ...callersQuery(owner),
    enabled: mayReadLog && draft.mode !== 'off',
  });
  const strays = callers.data?.known.filter(({ ip }) => !holdsAddress(entries, ip)) ?? [];
  // Whom it would refuse may not be known, and then that is said before it is enforced.
  const isUnknown =
    mayReadLog && draft.mode === 'enforce' && (!callers.data || callers.data.otherCalls > 0);
  const refuses = draft.mode === 'enforce' && strays.length > 0;
  return (
    <Stack>
      {mayWrite ? (
        <>
          {toAdd !== undefined && isChanged && entries.some(({ cidr }) => cidr === toAdd) && (
            <Alert color="yellow" title="Not saved yet" role="status">
              {toAdd} was added below. It counts once you save.
            </Alert>
          )}
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
              // Whom it would refuse is being looked up.
              loading={save.isPending || (draft.mode === 'enforce' && callers.isLoading)}
              onClick={() => (locksOut || refuses || isUnknown ? setIsAsking(true) : save.mutate())}
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
      {callers.error && <ProblemAlert error={callers.error} title="Who called cannot be shown" />}
      {draft.mode !== 'off' && callers.data && (
        <Strays
          owner={owner}
          callers={callers.data}
          strays={strays}
          isEnforced={list.mode === 'enforce'}
          onAdd={mayWrite ? (ips) => change(withAddresses(draft, ips)) : null}
        />
      )}
      {draft.mode !== 'off' && (
        <AddressTry owner={owner} typed={isChanged ? allowlistOf(draft) : null} />
      )}
      <Modal
        opened={isAsking}
        onClose={() => setIsAsking(false)}
        title={
          locksOut
            ? 'Lock yourself out?'
            : refuses
              ? `Refuse ${told(strays)}?`
              : 'Enforce it without knowing whom it refuses?'
        }
      >
        <Stack>
          {locksOut && (
            <Text>
              As soon as this is saved, nothing is answered any more that comes from {callerIp}:
              this page neither. Only the operator can open it again.
            </Text>
          )}
          {refuses && (
            <Text className="breakable">
              In the last 7 days {told(strays)} {strays.length === 1 ? 'was' : 'were'} let through
              from addresses that are not on the list: {someOf(strays)}. As soon as this is saved,
              such calls are refused.
            </Text>
          )}
          {isUnknown && (
            <Text>
              {callers.data
                ? `Beside those, ${counted(callers.data.otherCalls, 'call')} came from more addresses than are told here: whether they are on the list is not known. Let it report for a week first.`
                : 'Who called in the last 7 days could not be looked up, or not yet: this may refuse somebody who calls.'}
            </Text>
          )}
          <DialogEnd no="Do not save" onNo={() => setIsAsking(false)}>
            <Button color="red" loading={save.isPending} onClick={() => save.mutate()}>
              {locksOut
                ? 'Save, and lock me out'
                : refuses
                  ? 'Save, and refuse them'
                  : 'Save all the same'}
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
  callers,
  strays,
  isEnforced,
  onAdd,
}: {
  owner: ListOwner;
  callers: Callers;
  /** Those of them that the list does not hold. */
  strays: readonly Caller[];
  isEnforced: boolean;
  onAdd: ((ips: readonly string[]) => void) | null;
}) {
  if (callers.known.length === 0)
    return <Text c="dimmed">Nobody was let through in the last 7 days.</Text>;
  const more =
    callers.otherCalls > 0 &&
    ` ${counted(callers.otherCalls, 'call')} came from more addresses than are told here.`;
  if (strays.length === 0)
    return (
      <Text c="dimmed">
        {more
          ? 'The most frequent callers of the last 7 days are'
          : 'Whoever was let through in the last 7 days is'}{' '}
        on this list ({told(callers.known)}).{more}
      </Text>
    );
  return (
    <Card withBorder bg="transparent">
      <Stack gap="xs">
        <Text fw={600}>
          In the last 7 days this list would have refused {told(strays)} that{' '}
          {strays.length === 1 ? 'was' : 'were'} let through
          {isEnforced && ', most likely before it was enforced'}.{more}
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

const namedMax = 5;

function someOf(callers: readonly Caller[]): string {
  const named = callers.slice(0, namedMax).map(({ ip }) => ip);
  const more = callers.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function told(callers: readonly Caller[]): string {
  return counted(callers.length, 'caller', 'callers');
}
