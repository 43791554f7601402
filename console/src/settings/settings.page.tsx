import {
  Badge,
  Button,
  Card,
  Code,
  Group,
  Skeleton,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { accountQuery } from '../accounts/accounts.js';
import { PageHead } from '../parts/page-head.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { LimitsCard } from '../rate-limits/limits-card.js';
import { useStanding } from '../session/session.js';
import { partNames, parts, policyQuery, valueInWords, type Policy } from './policy.js';
import { PolicyForm } from './policy-form.js';

/** What the account is, and which rules its keys have. */
export function SettingsPage() {
  const { accountId, may, isOperator } = useStanding();
  const policy = useQuery(policyQuery(accountId));
  const [changing, { open, close }] = useDisclosure();
  const mayWrite = isOperator && may('latchkey.accounts.write');
  return (
    <>
      <PageHead title="Settings">
        What this account is, and the rules for its keys. The operator of the installation changes
        them.
      </PageHead>
      <Stack>
        <AccountFacts accountId={accountId} />
        <LimitsCard of={{ accountId }} />
        <Card withBorder>
          <Group justify="space-between" mb="xs">
            <Title order={2} fz="h4">
              Policy
            </Title>
            {mayWrite && policy.data && !changing && (
              <Button variant="default" onClick={open}>
                Change…
              </Button>
            )}
          </Group>
          {policy.error && <ProblemAlert error={policy.error} />}
          {policy.isPending && <Skeleton height={300} aria-label="Loading the policy" />}
          {policy.data &&
            (changing ? (
              <PolicyForm accountId={accountId} policy={policy.data} onDone={close} />
            ) : (
              <PolicyTable policy={policy.data} />
            ))}
        </Card>
      </Stack>
    </>
  );
}

function AccountFacts({ accountId }: { accountId: string }) {
  const account = useQuery(accountQuery(accountId));
  if (account.error) return <ProblemAlert error={account.error} />;
  if (account.data === undefined) return <Skeleton height={140} aria-label="Loading the account" />;
  const { id, name, kind, state, isOperator, allowHapikey, entitledScopes } = account.data;
  const { timeZone, createdAt } = account.data;
  const facts = [
    ['Name', name],
    ['Id', <Code key="id">{id}</Code>],
    ['Kind', isOperator ? `${kind}, the operator of this installation` : kind],
    ['State', state],
    ['Secret in the address (hapikey)', allowHapikey ? 'allowed' : 'not allowed'],
    [
      'Scopes its keys can have',
      entitledScopes === null ? 'all of the catalogue' : entitledScopes.join(', ') || 'none',
    ],
    ['Time zone of its days', timeZone],
    ['Since', <Time key="since" at={createdAt} exact />],
  ] as const;
  return (
    <Card withBorder>
      <Title order={2} fz="h4" mb="xs">
        Account
      </Title>
      <Table aria-label="What the account is" style={{ overflowWrap: 'anywhere' }}>
        <Table.Tbody>
          {facts.map(([label, value]) => (
            <Table.Tr key={label}>
              <Table.Th scope="row" w="40%" fw={500}>
                {label}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

const sources: Readonly<Record<Policy['source'][keyof Policy['source']], string>> = {
  account: 'own',
  installation: 'as in the whole installation',
  fixed: 'cannot be changed',
};

function PolicyTable({ policy }: { policy: Policy }) {
  return (
    <Table aria-label="The policy in force" verticalSpacing="sm">
      <Table.Tbody>
        {partNames.map((part) => (
          <Table.Tr key={part}>
            <Table.Th scope="row" w="55%" fw={500}>
              {parts[part].label}
              <Text fz="sm" c="dimmed" fw={400}>
                {parts[part].says}
              </Text>
            </Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              <Text fw={600}>{valueInWords(part, policy.inForce[part])}</Text>
              {policy.source[part] === 'account' ? (
                <Badge variant="light" size="sm" tt="none">
                  {sources.account}
                </Badge>
              ) : (
                <Text fz="sm" c="dimmed">
                  {sources[policy.source[part]]}
                </Text>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
