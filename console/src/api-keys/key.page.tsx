import {
  Button,
  Card,
  Code,
  Group,
  Modal,
  SimpleGrid,
  Skeleton,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Tagged } from '../api/client.js';
import { Fact } from '../parts/fact.js';
import { useFreshDialog } from '../parts/fresh-dialog.js';
import { PageHead } from '../parts/page-head.js';
import { ProblemAlert } from '../parts/states.js';
import { Time, TimeOr } from '../parts/time.js';
import { RotationCard } from '../rotations/rotation-card.js';
import { useStanding, type Standing } from '../session/session.js';
import { AllowlistCard } from './allowlist-card.js';
import { EnvironmentBadge, StateBadge } from './badges.js';
import { KeyActions } from './key-actions.js';
import { LimitsCard } from '../rate-limits/limits-card.js';
import { EditKeyForm } from './edit-key-form.js';
import { EditLimitsForm } from './edit-limits-form.js';
import { canBeChanged, keyQuery, usageQuery, type ApiKey } from './keys.js';
import { ScopesCard } from './scopes-card.js';
import { UsageChart } from './usage-chart.js';
import { PageAnchor } from '../parts/links.js';
import { WideTable } from '../parts/wide-table.js';

/** One key: what it is, what it may and does, who calls with it, and what can be done about it. */
export function KeyPage() {
  const standing = useStanding();
  const { keyId } = useParams({ from: '/inside/accounts/$accountId/keys/$keyId' });
  const key = useQuery(keyQuery(standing.accountId, keyId));
  if (key.error) return <ProblemAlert error={key.error} title="This key cannot be shown" />;
  if (key.data === undefined) return <Skeleton height={320} aria-label="Loading the key" />;
  return <Facts apiKey={key.data} standing={standing} />;
}

function Facts({ apiKey: key, standing }: { apiKey: Tagged<ApiKey>; standing: Standing }) {
  const edit = useFreshDialog();
  const mayWrite = standing.may('latchkey.keys.write');
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
            </Fact>
            <Fact label="Expires">
              <TimeOr at={key.expiresAt} never="never" />
            </Fact>
            <Fact label="Whom to ask">{key.contactEmail ?? <Dimmed>nobody named</Dimmed>}</Fact>
            <Fact label="Who receives the data">{key.recipient ?? <Dimmed>not said</Dimmed>}</Fact>
            <Fact label="What for">{key.purpose ?? <Dimmed>not said</Dimmed>}</Fact>
          </SimpleGrid>
        </Card>
        <RotationCard apiKey={key} standing={standing} />
        <Usage apiKey={key} mayWrite={mayChange} />
        <KeyLimits apiKey={key} mayWrite={mayChange} />
        <AllowlistCard apiKey={key} standing={standing} />
        <Secrets apiKey={key} />
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
  const usage = useQuery(usageQuery(key.accountId, key.id));
  if (usage.error)
    return <ProblemAlert error={usage.error} title="What it is used for cannot be shown" />;
  if (usage.data === undefined) return <Skeleton height={160} aria-label="Loading the usage" />;
  const { hours, scopes, callers, countedSince, from, to } = usage.data;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
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
          <Text c="dimmed">Nobody, since {countedSince.slice(0, 10)}.</Text>
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
                    {caller.calls.toLocaleString()} calls
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

function Secrets({ apiKey: { secrets } }: { apiKey: ApiKey }) {
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
                <Table.Td>{secret.state}</Table.Td>
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
