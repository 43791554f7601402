import {
  Button,
  Card,
  Code,
  Group,
  Modal,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Schemas } from '@latchkey/sdk';
import type { Tagged } from '../api/client.js';
import { lookEveryMs } from '../api/queries.js';
import { counted } from '../parts/counted.js';
import { Fact } from '../parts/fact.js';
import { Loaded } from '../parts/loaded.js';
import { useFreshDialog } from '../parts/fresh-dialog.js';
import { PageHead } from '../parts/page-head.js';
import { asDay, Time, TimeOr } from '../parts/time.js';
import { useMemberNames } from '../members/members.js';
import { RotationCard } from '../rotations/rotation-card.js';
import { useStanding, type Standing } from '../session/session.js';
import { AllowlistCard } from './allowlist-card.js';
import { EnvironmentBadge, RotatingBadge, StateBadge } from './badges.js';
import { KeyActions } from './key-actions.js';
import { LimitsCard } from '../rate-limits/limits-card.js';
import { HistoryCard } from './history-card.js';
import { CallWithKey } from './key-secret-once.js';
import { EditKeyForm } from './edit-key-form.js';
import { EditLimitsForm } from './edit-limits-form.js';
import { canBeChanged, keyQuery, mayChangeKey, usageQuery, type ApiKey } from './keys.js';
import { ScopesCard } from './scopes-card.js';
import { UsageChart } from './usage-chart.js';
import { PageAnchor } from '../parts/links.js';
import { WideTable } from '../parts/wide-table.js';

/** One key: what it is, what it may and does, who calls with it, and what can be done about it. */
export function KeyPage() {
  const standing = useStanding();
  const { keyId } = useParams({ from: '/inside/accounts/$accountId/keys/$keyId' });
  const key = useQuery({ ...keyQuery(standing.accountId, keyId), refetchInterval: lookEveryMs });
  return (
    <Loaded query={key} what="the key" heading="Key" height={320}>
      {(apiKey) => <Facts apiKey={apiKey} standing={standing} />}
    </Loaded>
  );
}

function Facts({ apiKey: key, standing }: { apiKey: Tagged<ApiKey>; standing: Standing }) {
  const edit = useFreshDialog();
  const members = useMemberNames(standing);
  const mayWrite = mayChangeKey(standing, key);
  const mayChange = mayWrite && canBeChanged(key);
  return (
    <>
      <PageHead
        title={key.name}
        actions={
          mayWrite && (
            <>
              {mayChange && (
                <Button variant="default" onClick={edit.open}>
                  Edit…
                </Button>
              )}
              <KeyActions apiKey={key} />
            </>
          )
        }
      >
        <Group gap="xs" mt={4}>
          <StateBadge state={key.state} />
          <EnvironmentBadge environment={key.environment} />
          {key.openRotation && <RotatingBadge />}
          <Code>{key.id}</Code>
        </Group>
      </PageHead>
      <Stack gap="lg">
        <Card withBorder>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="lg">
            <Fact label="Last used">
              <TimeOr at={key.lastUsedAt} never="never" />
              {key.lastUsedIp && (
                <Text fz="sm" c="dimmed">
                  from {key.lastUsedIp}
                </Text>
              )}
            </Fact>
            <Fact label="Made">
              <Time at={key.createdAt} />
              {key.createdBy !== null && members.has(key.createdBy) && (
                <Text fz="sm" c="dimmed">
                  by {members.get(key.createdBy)}
                </Text>
              )}
            </Fact>
            <Fact label="Expires">
              <TimeOr at={key.expiresAt} never="never" />
            </Fact>
            <Fact label="Whom to ask">{key.contactEmail ?? <Dimmed>nobody named</Dimmed>}</Fact>
            <Fact label="Who receives the data">{key.recipient ?? <Dimmed>not said</Dimmed>}</Fact>
            <Fact label="What for">{key.purpose ?? <Dimmed>not said</Dimmed>}</Fact>
            {key.description !== null && <Fact label="Description">{key.description}</Fact>}
            {key.grantableScopes.length > 0 && (
              <Fact label="May hand out">{key.grantableScopes.join(', ')}</Fact>
            )}
          </SimpleGrid>
        </Card>
        {key.state !== 'revoked' && <RotationCard apiKey={key} standing={standing} />}
        <Usage apiKey={key} mayWrite={mayChange} />
        <KeyLimits apiKey={key} mayWrite={mayChange} />
        <AllowlistCard apiKey={key} standing={standing} />
        <Secrets apiKey={key} />
        {key.state === 'active' && <CallWithKey apiKey={key} />}
        {standing.may('latchkey.audit.read') && <HistoryCard apiKey={key} />}
      </Stack>
      <Modal opened={edit.opened} onClose={edit.close} title={`Edit ${key.name}`} size="lg">
        <EditKeyForm key={edit.round} apiKey={key} onDone={edit.close} />
      </Modal>
    </>
  );
}

function KeyLimits({ apiKey: key, mayWrite }: { apiKey: Tagged<ApiKey>; mayWrite: boolean }) {
  const { opened, round, open, close } = useFreshDialog();
  return (
    <>
      <LimitsCard
        of={{ accountId: key.accountId, keyId: key.id }}
        action={
          mayWrite && (
            <Button variant="default" size="xs" aria-label="Change the limits…" onClick={open}>
              Change…
            </Button>
          )
        }
      />
      <Modal opened={opened} onClose={close} title={`Limits of ${key.name}`} size="lg">
        <EditLimitsForm key={round} apiKey={key} onDone={close} />
      </Modal>
    </>
  );
}

function Dimmed({ children }: { children: string }) {
  return (
    <Text span inherit c="dimmed">
      {children}
    </Text>
  );
}

function Usage({ apiKey: key, mayWrite }: { apiKey: Tagged<ApiKey>; mayWrite: boolean }) {
  const usage = useQuery({ ...usageQuery(key.accountId, key.id), refetchInterval: lookEveryMs });
  return (
    <Loaded
      query={usage}
      what="the usage"
      failure="What it is used for cannot be shown"
      height={160}
    >
      {(data) => <KnownUsage apiKey={key} usage={data} mayWrite={mayWrite} />}
    </Loaded>
  );
}

function KnownUsage({
  apiKey: key,
  usage: { hours, scopes, callers, countedSince, from, to },
  mayWrite,
}: {
  apiKey: Tagged<ApiKey>;
  usage: Schemas['KeyUsageResponse'];
  mayWrite: boolean;
}) {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: 'start' }}>
      <Card withBorder style={{ gridColumn: '1 / -1' }}>
        <Group justify="space-between" mb="sm">
          <Title order={2} fz="h4">
            Calls
          </Title>
          <PageAnchor
            to="/accounts/$accountId/request-log"
            params={{ accountId: key.accountId }}
            search={{ keyId: key.id }}
          >
            In the request log
          </PageAnchor>
        </Group>
        <UsageChart hours={hours} from={from} to={to} />
      </Card>
      <ScopesCard apiKey={key} uses={scopes} countedSince={countedSince} mayWrite={mayWrite} />
      <Card withBorder>
        <Title order={2} fz="h4" mb="xs">
          Who calls
        </Title>
        {callers.length === 0 ? (
          <Text c="dimmed">Nobody, since {asDay(countedSince)}.</Text>
        ) : (
          <Table aria-label="Callers">
            <Table.Tbody>
              {callers.slice(0, 20).map((caller) => (
                <Table.Tr key={caller.ip}>
                  <Table.Td>
                    <PageAnchor
                      to="/accounts/$accountId/request-log"
                      params={{ accountId: key.accountId }}
                      search={{ keyId: key.id, ...(caller.ip !== null && { ip: caller.ip }) }}
                    >
                      {caller.ip ?? 'unknown'}
                    </PageAnchor>
                  </Table.Td>
                  <Table.Td ta="right">
                    {counted(caller.calls, 'call')}
                    {caller.deniedCalls > 0 && `, ${caller.deniedCalls.toLocaleString()} denied`}
                  </Table.Td>
                  <Table.Td ta="right">
                    <Time at={caller.lastSeenAt} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Card>
    </SimpleGrid>
  );
}

function Secrets({ apiKey: { secrets, state } }: { apiKey: ApiKey }) {
  return (
    <Card withBorder>
      <Title order={2} fz="h4" mb="xs">
        Secrets
      </Title>
      <WideTable minWidth={520} label="Secrets">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Begins with</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Made</Table.Th>
              <Table.Th>Last used</Table.Th>
              <Table.Th>Ends</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {secrets.map((secret) => (
              <Table.Tr key={secret.id}>
                <Table.Td>
                  <Code>{secret.start}…</Code>
                </Table.Td>
                <Table.Td>
                  {state === 'revoked' && secret.state !== 'expired' ? 'revoked' : secret.state}
                </Table.Td>
                <Table.Td>
                  <Time at={secret.createdAt} />
                </Table.Td>
                <Table.Td>
                  <TimeOr at={secret.lastUsedAt} never="never" />
                </Table.Td>
                <Table.Td>
                  <TimeOr at={secret.expiresAt} never="with its key" />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
    </Card>
  );
}
