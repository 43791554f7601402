import { Button, Checkbox, Group, Modal, Select, Skeleton, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { environments, keyStates, type KeysSearch } from './keys-search.js';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { FirstSteps } from '../accounts/first-steps.js';
import { useStanding, type Standing } from '../session/session.js';
import { canBeChanged, keysPageQuery, mayChangeKey, scopesQuery, type ApiKey } from './keys.js';
import { KeysTable, type Choice } from './keys-table.js';
import { StopKeysForm, type Stop } from './stop-keys-form.js';
import { counted } from '../parts/counted.js';
import { SearchField } from '../parts/search-field.js';
import { onlyByItsButtons } from '../parts/dialog-end.js';
import { PageButton } from '../parts/links.js';

/** All keys of an account, answering at a glance which is whose, what it may, and whether it is used. */
export function KeysPage() {
  const standing = useStanding();
  const search = useSearch({ from: '/inside/accounts/$accountId/keys' });
  const keys = useInfiniteQuery({
    ...keysPageQuery(standing.accountId, search),
    // Until other keys are there those stay that were; those of another account never do.
    placeholderData: (before, query) =>
      query?.queryKey[1] === standing.accountId ? keepPreviousData(before) : undefined,
  });
  const all = keys.data?.pages.flatMap(({ results }) => results) ?? [];
  const isFiltered = Object.keys(search).length > 0;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const isOffered = (key: ApiKey) => canBeChanged(key) && mayChangeKey(standing, key);
  const [stopping, setStopping] = useState<{ stop: Stop; keys: readonly ApiKey[] } | null>(null);
  const choose = useCallback<Choice['choose']>((ids, isChosen) => {
    setChosen((before) => {
      const next = new Set(before);
      for (const id of ids)
        if (isChosen) next.add(id);
        else next.delete(id);
      return next;
    });
  }, []);
  return (
    <>
      <PageHead title="Keys" actions={<NewKeyButton standing={standing} />}>
        One key for each integration: what it may do, from where, and who is behind it.
      </PageHead>
      <Stack>
        {standing.isOperatorAtHome && !isFiltered && keys.data && all.length <= 1 && <FirstSteps />}
        <Filters search={search} />
        {keys.error && <ProblemAlert error={keys.error} />}
        {keys.isPending && <Skeleton height={220} aria-label="Loading the keys" />}
        {keys.data && all.length === 0 && <NoKeys isFiltered={isFiltered} standing={standing} />}
        {all.length > 0 && (
          <>
            <Chosen
              keys={all.filter((key) => chosen.has(key.id) && isOffered(key))}
              onStop={(stop, of) => setStopping({ stop, keys: of })}
              onNone={() => setChosen(new Set())}
            />
            <KeysTable
              keys={all}
              choice={standing.may('latchkey.keys.write') ? { chosen, choose, isOffered } : null}
            />
          </>
        )}
        {keys.hasNextPage && (
          <Group justify="center">
            <Button
              variant="default"
              loading={keys.isFetchingNextPage}
              onClick={() => void keys.fetchNextPage()}
            >
              Show more
            </Button>
          </Group>
        )}
      </Stack>
      <StopDialog
        stopping={stopping}
        accountId={standing.accountId}
        onDone={(stopped) => {
          choose(stopped, false);
          setStopping(null);
        }}
      />
    </>
  );
}

/** What can be done to the keys that are chosen; nothing where none is. */
function Chosen({
  keys,
  onStop,
  onNone,
}: {
  keys: readonly ApiKey[];
  onStop: (stop: Stop, keys: readonly ApiKey[]) => void;
  onNone: () => void;
}) {
  const suspended = keys.filter(({ state }) => state === 'suspended');
  const others = keys.filter(({ state }) => state !== 'suspended');
  return (
    <Group gap="sm" mih={keys.length > 0 ? 36 : 0}>
      <Text fz="sm" role="status">
        {keys.length > 0 && `${counted(keys.length, 'key is', 'keys are')} chosen.`}
      </Text>
      {others.length > 0 && (
        <Button size="xs" color="red" variant="light" onClick={() => onStop('suspend', others)}>
          Suspend {counted(others.length, 'key')}…
        </Button>
      )}
      {suspended.length > 0 && (
        <Button size="xs" variant="default" onClick={() => onStop('resume', suspended)}>
          Resume {counted(suspended.length, 'key')}…
        </Button>
      )}
      {keys.length > 0 && (
        <Button size="xs" variant="default" onClick={onNone}>
          Choose none
        </Button>
      )}
    </Group>
  );
}

function StopDialog({
  stopping,
  accountId,
  onDone,
}: {
  stopping: { stop: Stop; keys: readonly ApiKey[] } | null;
  accountId: string;
  onDone: (stopped: readonly string[]) => void;
}) {
  return (
    <Modal
      opened={stopping !== null}
      onClose={() => {}}
      {...onlyByItsButtons}
      title={
        stopping &&
        `${stopping.stop === 'suspend' ? 'Suspend' : 'Resume'} ${counted(stopping.keys.length, 'key')}`
      }
      size="lg"
    >
      {stopping && <StopKeysForm accountId={accountId} {...stopping} onDone={onDone} />}
    </Modal>
  );
}

function NewKeyButton({ standing: { accountId, may } }: { standing: Standing }) {
  if (!may('latchkey.keys.write')) return null;
  return (
    <PageButton
      to="/accounts/$accountId/keys/new"
      params={{ accountId }}
      leftSection={<IconPlus size={16} aria-hidden />}
    >
      New key
    </PageButton>
  );
}

function NoKeys({ isFiltered, standing }: { isFiltered: boolean; standing: Standing }) {
  if (isFiltered)
    return <Nothing title="No key is like that">Take a filter away to see more.</Nothing>;
  return (
    <Nothing title="There is no key yet">
      <Stack align="center">
        A key is for one integration. It is made in a minute, and its secret is shown once.
        <NewKeyButton standing={standing} />
      </Stack>
    </Nothing>
  );
}

function Filters({ search }: { search: KeysSearch }) {
  const navigate = useNavigate({ from: '/accounts/$accountId/keys' });
  const scopes = useQuery(scopesQuery);
  const change = (part: Partial<KeysSearch>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <Group gap="sm" align="flex-end">
      <SearchField
        sought={search.q}
        placeholder="Name, purpose, recipient"
        onSeek={(q) => change({ q })}
      />
      <Select
        label="State"
        placeholder="Any"
        clearable
        data={[...keyStates]}
        value={search.state ?? null}
        onChange={(state) => change({ state: (state as KeysSearch['state']) ?? undefined })}
        w={140}
      />
      <Select
        label="Environment"
        placeholder="Any"
        clearable
        data={[...environments]}
        value={search.environment ?? null}
        onChange={(chosen) =>
          change({ environment: (chosen as KeysSearch['environment']) ?? undefined })
        }
        w={160}
      />
      <Select
        label="With the scope"
        placeholder="Any"
        clearable
        searchable
        data={(scopes.data ?? []).map(({ name }) => name)}
        value={search.scope ?? null}
        onChange={(scope) => change({ scope: scope ?? undefined })}
        limit={100}
        w={200}
      />
      <Checkbox
        label="Rotating"
        checked={search.rotation !== undefined}
        onChange={(event) =>
          change({ rotation: event.currentTarget.checked ? 'underway' : undefined })
        }
        pb={8}
      />
    </Group>
  );
}
