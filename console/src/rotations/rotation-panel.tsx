import {
  ActionIcon,
  Alert,
  Anchor,
  Card,
  CopyButton,
  Group,
  Progress,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Tooltip,
} from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { ApiKey } from '../api-keys/keys.js';
import { counted } from '../parts/counted.js';
import { PageAnchor } from '../parts/links.js';
import { Time } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { Brownouts } from './brownout-planner.js';
import { Endings } from './rotation-endings.js';
import { SidesChart } from './sides-chart.js';
import { lengthInWords, type Rotation, type Side } from './rotation.js';

/** An open rotation: who has moved and who has not, what that means, and how it can be ended. */
export function RotationPanel({
  rotation,
  apiKey: { accountId, name: keyName, contactEmail },
  reissue,
  mayWrite,
  mayReadLog,
}: {
  rotation: Rotation;
  apiKey: ApiKey;
  /** How a new secret that was lost is had again, where it can be. */
  reissue: ReactNode;
  mayWrite: boolean;
  mayReadLog: boolean;
}) {
  return (
    <Stack mt="md">
      <GraceLine rotation={rotation} />
      <Verdict rotation={rotation} />
      {reissue}
      <SidesChart rotation={rotation} accountId={accountId} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <SideCard
          title="Still on the old secret"
          side={rotation.retiring}
          accountId={accountId}
          nobody="Nobody has called with it since the rotation began."
          message={(ip) => messageTo(ip, keyName, rotation)}
        />
        <SideCard
          title="On the new secret"
          side={rotation.replacing}
          accountId={accountId}
          nobody="Nobody has called with it yet."
        />
      </SimpleGrid>
      {contactEmail !== null && rotation.retiring.calls > 0 && (
        <Text fz="sm" c="dimmed">
          Whom to ask: <Anchor href={`mailto:${contactEmail}`}>{contactEmail}</Anchor>
        </Text>
      )}
      {mayWrite && <Endings rotation={rotation} accountId={accountId} />}
      <Brownouts
        rotation={rotation}
        accountId={accountId}
        mayWrite={mayWrite}
        mayReadLog={mayReadLog}
      />
    </Stack>
  );
}

function GraceLine({ rotation: { state, startedAt, graceEndsAt } }: { rotation: Rotation }) {
  const [from, to] = [Date.parse(startedAt), Date.parse(graceEndsAt)];
  const gone = Math.min(Math.max(((Date.now() - from) / (to - from)) * 100, 0), 100);
  return (
    <div>
      <Group justify="space-between">
        <Text fz="sm">
          The old secret {state === 'scheduled' ? 'begins' : 'began'} to retire{' '}
          <Time at={startedAt} />
        </Text>
        <Text fz="sm">
          The old secret ends{' '}
          <b>
            <Time at={graceEndsAt} />
          </b>
        </Text>
      </Group>
      <Progress value={gone} mt={4} aria-label="How much of the grace is over" />
    </div>
  );
}

const verdicts: Readonly<
  Record<NonNullable<Rotation['verdict']>, { color: string; title: string; says: string }>
> = {
  new_not_used_yet: {
    color: 'yellow',
    title: 'Nobody uses the new secret yet',
    says: 'Hand it out, and come back. If it was lost, make it anew: as long as nobody used it, that costs nothing.',
  },
  still_in_use: {
    color: 'orange',
    title: 'The old secret is still in use',
    says: 'Those below would be refused if it ended now.',
  },
  quiet_so_far: {
    color: 'blue',
    title: 'Quiet so far',
    says: 'Nobody has used the old secret lately, but not for long enough to be sure.',
  },
  safe_to_finish: {
    color: 'green',
    title: 'Safe to finish',
    says: 'The old secret has been quiet for long enough.',
  },
};

function Verdict({ rotation: { verdict, quietSince, quietSeconds } }: { rotation: Rotation }) {
  if (verdict === null) return null;
  const { color, title, says } = verdicts[verdict];
  return (
    <Alert color={color} title={title} role="status">
      {says}
      {quietSince !== null && verdict !== 'new_not_used_yet' && (
        <>
          {' '}
          It was used last <Time at={quietSince} />; after {lengthInWords(quietSeconds)} without use
          it is safe to end.
        </>
      )}
    </Alert>
  );
}

const callersShown = 50;

function SideCard({
  title,
  side,
  accountId,
  nobody,
  message,
}: {
  title: string;
  side: Side;
  accountId: string;
  nobody: string;
  message?: (ip: string) => string;
}) {
  return (
    <Card withBorder>
      <Group justify="space-between">
        <Text fw={600}>{title}</Text>
        <PageAnchor
          to="/accounts/$accountId/request-log"
          params={{ accountId }}
          search={{ secretId: side.secretId }}
          fz="sm"
        >
          {counted(side.calls, 'call')}
        </PageAnchor>
      </Group>
      {side.callers.length === 0 ? (
        <Text c="dimmed">{nobody}</Text>
      ) : (
        <WideTable minWidth={260} label={title}>
          <Table aria-label={title}>
            <Table.Tbody>
              {side.callers.slice(0, callersShown).map((caller) => (
                <Table.Tr key={`${caller.ip} ${caller.userAgent}`}>
                  <Table.Td>
                    {caller.ip ?? 'unknown'}
                    <Text fz="xs" c="dimmed" lineClamp={3}>
                      {caller.userAgent ?? 'no user agent'}
                    </Text>
                  </Table.Td>
                  <Table.Td ta="right">
                    {counted(caller.calls, 'call')}
                    <Text fz="xs" c="dimmed" className="nowrap">
                      <Time at={caller.lastSeenAt} />
                    </Text>
                  </Table.Td>
                  {message && (
                    <Table.Td ta="right">
                      <CopyButton value={message(caller.ip ?? 'an unknown address')}>
                        {({ copied, copy }) => (
                          <Tooltip label={copied ? 'Copied' : 'Copy a message to its owner'}>
                            <ActionIcon
                              variant="subtle"
                              aria-label={copied ? 'Copied' : 'Copy a message'}
                              onClick={copy}
                            >
                              {copied ? (
                                <IconCheck size={18} aria-hidden />
                              ) : (
                                <IconCopy size={18} aria-hidden />
                              )}
                            </ActionIcon>
                          </Tooltip>
                        )}
                      </CopyButton>
                    </Table.Td>
                  )}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </WideTable>
      )}
      {side.callers.length > callersShown && (
        <Text fz="sm" c="dimmed">
          and {side.callers.length - callersShown} more
        </Text>
      )}
    </Card>
  );
}

function messageTo(ip: string, keyName: string, { graceEndsAt }: Rotation): string {
  return `Hello, a system of yours at ${ip} still calls our API with the old secret of the key "${keyName}". It stops working at ${graceEndsAt}. Please put the new secret in its place before then.`;
}
