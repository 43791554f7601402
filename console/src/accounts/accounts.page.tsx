import { Button, Group, Modal, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FewAtFirst } from '../parts/few-at-first.js';
import { PageAnchor } from '../parts/links.js';
import { PageHead } from '../parts/page-head.js';
import { isFoundIn, SearchField } from '../parts/search-field.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { ForOperator } from '../session/for-operator.js';
import { AccountBadges } from './account-badges.js';
import { AccountForm } from './account-form.js';
import { accountsQuery, useAccountCreation, type Account } from './accounts.js';

/** Every account of the installation, for whoever runs it. */
export function AccountsPage() {
  const { q } = useSearch({ from: '/inside/installation/accounts' });
  const navigate = useNavigate({ from: '/installation/accounts' });
  const [making, { open, close }] = useDisclosure();
  const creation = useAccountCreation();
  const accounts = useQuery(accountsQuery);
  const found = (accounts.data ?? []).filter(({ name, id }) => isFoundIn(q, name, id));
  return (
    <>
      <PageHead
        title="Accounts"
        actions={
          <ForOperator>
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
              New account
            </Button>
          </ForOperator>
        }
      >
        An account for each customer: its keys, its people and its records are its own.
      </PageHead>
      <Stack>
        {/* In a row: in a column it would grow downwards. */}
        <Group>
          <SearchField
            sought={q}
            placeholder="Name or id"
            onSeek={(next) => void navigate({ search: { q: next }, replace: true })}
          />
        </Group>
        {accounts.error && <ProblemAlert error={accounts.error} />}
        {accounts.isPending && <Skeleton height={220} aria-label="Loading the accounts" />}
        {accounts.data && found.length === 0 && <Nothing title="No account is called that" />}
        {found.length > 0 && (
          <FewAtFirst all={found} what="accounts">
            {(shown) => <AccountsTable accounts={shown} />}
          </FewAtFirst>
        )}
      </Stack>
      <Modal opened={making} onClose={close} title="New account" size="lg">
        <AccountForm
          saving={creation}
          onCancel={close}
          onSaved={({ id }) =>
            void navigate({
              to: '/installation/accounts/$accountId',
              params: { accountId: id },
            })
          }
        />
      </Modal>
    </>
  );
}

function AccountsTable({ accounts }: { accounts: readonly Account[] }) {
  return (
    <WideTable minWidth={820} label="Accounts">
      <Table verticalSpacing="sm" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Account</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Scopes</Table.Th>
            <Table.Th className="nowrap">In the address</Table.Th>
            <Table.Th>Since</Table.Th>
            <Table.Th>
              <Text span fz={0}>
                Its keys
              </Text>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {accounts.map((account) => (
            <AccountRow key={account.id} account={account} />
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

function AccountRow({ account }: { account: Account }) {
  const { id: accountId, name, entitledScopes, allowHapikey, createdAt } = account;
  return (
    <Table.Tr>
      <Table.Td maw={320}>
        <PageAnchor
          to="/installation/accounts/$accountId"
          params={{ accountId }}
          fw={600}
          lineClamp={2}
        >
          {name}
        </PageAnchor>
        <Text fz="xs" c="dimmed" ff="monospace">
          {accountId}
        </Text>
      </Table.Td>
      <Table.Td>
        <AccountBadges account={account} />
      </Table.Td>
      <Table.Td>
        {entitledScopes === null ? 'all' : entitledScopes.length.toLocaleString()}
      </Table.Td>
      <Table.Td>{allowHapikey ? 'allowed' : 'refused'}</Table.Td>
      <Table.Td>
        <Time at={createdAt} />
      </Table.Td>
      <Table.Td ta="right">
        <PageAnchor to="/accounts/$accountId/keys" params={{ accountId }} fz="sm">
          Keys
        </PageAnchor>
      </Table.Td>
    </Table.Tr>
  );
}
