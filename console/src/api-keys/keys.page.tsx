import {
  Badge,
  Button,
  Code,
  Group,
  Select,
  Skeleton,
  Stack,
  Table,
  Text,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { environments, keyStates, type KeysSearch } from './keys-search.js';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { Time, TimeOr } from '../parts/time.js';
import { useStanding, type Standing } from '../session/session.js';
import { AllowlistBadge, EnvironmentBadge, StateBadge } from './badges.js';
import { currentSecretOf, keysQuery, type ApiKey } from './keys.js';
import { PageAnchor, PageButton } from '../parts/links.js';
import { WideTable } from '../parts/wide-table.js';

/** All keys of an account, answering at a glance which is whose, what it may, and whether it is used. */
export function KeysPage() {
  const standing = useStanding();
  const search = useSearch({ from: '/inside/accounts/$accountId/keys' });
  const keys = useInfiniteQuery({
    ...keysQuery(standing.accountId, search),
    placeholderData: keepPreviousData,
  });
  const all = keys.data?.pages.flatMap(({ results }) => results) ?? [];
  const isFiltered = Object.keys(search).length > 0;
  return (
    <>
      <PageHead title="Keys" actions={<NewKeyButton standing={standing} />}>
        One key for each integration: what it may do, from where, and who is behind it.
      </PageHead>
      <Stack>
        <Filters search={search} />
        {keys.error && <ProblemAlert error={keys.error} />}
        {keys.isPending && <Skeleton height={220} aria-label="Loading the keys" />}
        {keys.data && all.length === 0 && <NoKeys isFiltered={isFiltered} standing={standing} />}
        {all.length > 0 && <KeysTable keys={all} />}
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
    </>
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
  const change = (part: Partial<KeysSearch>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const look = useDebouncedCallback((q: string) => change({ q: q === '' ? undefined : q }), 250);
  return (
    <Group gap="sm" align="flex-end">
      <TextInput
        label="Look for"
        placeholder="Name, purpose, recipient"
        leftSection={<IconSearch size={16} aria-hidden />}
        defaultValue={search.q ?? ''}
        onChange={(event) => look(event.currentTarget.value)}
        flex="1 1 220px"
        maw={360}
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
    </Group>
  );
}

function KeysTable({ keys }: { keys: readonly ApiKey[] }) {
  return (
    <WideTable minWidth={1120} label="Keys">
      <Table verticalSpacing="sm" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Key</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Secret</Table.Th>
            <Table.Th>May</Table.Th>
            <Table.Th>From</Table.Th>
            <Table.Th className="nowrap">Last used</Table.Th>
            <Table.Th>Expires</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <KeyRow key={key.id} apiKey={key} />
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

function KeyRow({ apiKey: key }: { apiKey: ApiKey }) {
  const secret = currentSecretOf(key);
  return (
    <Table.Tr>
      <Table.Td maw={300}>
        <PageAnchor
          to="/accounts/$accountId/keys/$keyId"
          params={{ accountId: key.accountId, keyId: key.id }}
          fw={600}
          lineClamp={2}
        >
          {key.name}
        </PageAnchor>
        {(key.recipient ?? key.purpose) && (
          <Text fz="sm" c="dimmed" lineClamp={1}>
            {key.recipient ?? key.purpose}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap={6}>
          <StateBadge state={key.state} />
          <EnvironmentBadge environment={key.environment} />
          {key.openRotation && (
            <Badge variant="light" color="orange" tt="none">
              rotating
            </Badge>
          )}
        </Group>
      </Table.Td>
      <Table.Td>
        {secret && (
          <>
            <Code>{secret.start}…</Code>
            <Text fz="xs" c="dimmed">
              made <Time at={secret.createdAt} />
            </Text>
          </>
        )}
      </Table.Td>
      <Table.Td maw={220}>
        <ScopesInWords scopes={key.scopes} />
      </Table.Td>
      <Table.Td>
        <AllowlistBadge ipAllowlist={key.ipAllowlist} />
      </Table.Td>
      <Table.Td>
        <TimeOr at={key.lastUsedAt} never="never" />
        {key.lastUsedIp && (
          <Text fz="xs" c="dimmed">
            {key.lastUsedIp}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <TimeOr at={key.expiresAt} never="never" />
      </Table.Td>
    </Table.Tr>
  );
}

const scopesShown = 2;

function ScopesInWords({ scopes }: { scopes: readonly string[] }) {
  if (scopes.length === 0)
    return (
      <Text fz="sm" c="dimmed">
        no scopes
      </Text>
    );
  const rest = scopes.slice(scopesShown);
  return (
    <Text fz="sm" component="div">
      {scopes.slice(0, scopesShown).join(', ')}
      {rest.length > 0 && (
        <Tooltip label={rest.slice(0, 40).join(', ')} multiline maw={400}>
          <Text span inherit c="dimmed" tabIndex={0}>
            {' '}
            and {rest.length} more
          </Text>
        </Tooltip>
      )}
    </Text>
  );
}
