import { Group, SegmentedControl, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { accountQuery } from '../accounts/accounts.js';
import { answered, api } from '../api/client.js';
import { everyPage } from '../api/pages.js';
import { AllowlistBadge, EnvironmentBadge, StateBadge } from '../api-keys/badges.js';
import type { ApiKey } from '../api-keys/keys.js';
import { bindingsQuery } from '../bindings/bindings.js';
import { FewAtFirst } from '../parts/few-at-first.js';
import { PageAnchor } from '../parts/links.js';
import { ProblemAlert } from '../parts/states.js';
import { WideTable } from '../parts/wide-table.js';
import type { Route, Service } from '../services/services.js';
import { judgeKey, type KeyVerdict } from './judge-key.js';

/** Every key of an account that has not been revoked for good. */
function keysQuery(accountId: string) {
  return queryOptions({
    queryKey: ['keys', accountId, 'all'],
    queryFn: () =>
      everyPage((query) =>
        answered(
          api.GET('/v1/accounts/{accountId}/keys', { params: { path: { accountId }, query } }),
        ),
      ),
    select: (keys) => keys.filter(({ state }) => state !== 'revoked'),
  });
}

/** Which keys of an account may make the call, and what the others lack. */
export function KeysVerdicts({
  accountId,
  service,
  route,
}: {
  accountId: string;
  service: Service;
  route: Route;
}) {
  const account = useQuery(accountQuery(accountId));
  const keys = useQuery(keysQuery(accountId));
  const bindings = useQuery(bindingsQuery(accountId, service.name));
  const error = account.error ?? keys.error ?? bindings.error;
  if (error) return <ProblemAlert error={error} />;
  if (account.data === undefined || keys.data === undefined || bindings.data === undefined)
    return <Skeleton height={160} aria-label="Loading the keys of the account" />;
  const { data: holder } = account;
  const { data: bound } = bindings;
  const judged = keys.data.map((key) => ({
    key,
    verdict: judgeKey(key, holder, service, bound, route),
  }));
  return <Verdicts judged={judged} name={holder.name} />;
}

interface Judged {
  readonly key: ApiKey;
  readonly verdict: KeyVerdict;
}

function Verdicts({ judged, name }: { judged: readonly Judged[]; name: string }) {
  const [shows, setShows] = useState<'may' | 'may_not'>('may');
  const may = judged.filter(({ verdict }) => verdict.may);
  const mayNot = judged.filter(({ verdict }) => !verdict.may);
  const shown = shows === 'may' ? may : mayNot;
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Title order={2} fz="h4">
          Keys of {name}
        </Title>
        <SegmentedControl
          aria-label="Which keys are shown"
          data={[
            { value: 'may', label: `May call: ${may.length.toLocaleString()}` },
            { value: 'may_not', label: `May not: ${mayNot.length.toLocaleString()}` },
          ]}
          value={shows}
          onChange={(chosen) => setShows(chosen as typeof shows)}
        />
      </Group>
      {shown.length === 0 ? (
        <Text c="dimmed">{shows === 'may' ? 'None of them may.' : 'Every one of them may.'}</Text>
      ) : (
        <FewAtFirst key={shows} all={shown} what="keys">
          {(few) => <VerdictsTable judged={few} />}
        </FewAtFirst>
      )}
      <Text fz="sm" c="dimmed">
        Judged by the key’s state and scopes, its account’s, and the binding to the service. Not
        judged: where the call comes from, limits, how old a secret may be, and whether a proxy in
        between changes the path. Revoked keys are left out.
      </Text>
    </Stack>
  );
}

function VerdictsTable({ judged }: { judged: readonly Judged[] }) {
  return (
    <WideTable minWidth={680} label="Keys">
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Key</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Why</Table.Th>
            <Table.Th>From</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {judged.map(({ key, verdict }) => (
            <Table.Tr key={key.id}>
              <Table.Td maw={280}>
                <PageAnchor
                  to="/accounts/$accountId/keys/$keyId"
                  params={{ accountId: key.accountId, keyId: key.id }}
                  fw={600}
                  lineClamp={2}
                >
                  {key.name}
                </PageAnchor>
              </Table.Td>
              <Table.Td>
                <Group gap={6}>
                  <StateBadge state={key.state} />
                  <EnvironmentBadge environment={key.environment} />
                </Group>
              </Table.Td>
              <Table.Td>
                <Text fz="sm">{inWords(verdict)}</Text>
              </Table.Td>
              <Table.Td>
                <AllowlistBadge ipAllowlist={key.ipAllowlist} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

function inWords(verdict: KeyVerdict): string {
  if (!verdict.may) return verdict.why;
  return verdict.by.length === 0 ? 'It needs no scope.' : `By ${verdict.by.join(' and ')}.`;
}
