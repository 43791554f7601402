import {
  ActionIcon,
  Alert,
  Anchor,
  Button,
  Card,
  CopyButton,
  Group,
  Modal,
  Progress,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { answered, api } from '../api/client.js';
import { localMoment } from '../parts/day.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { Brownouts } from './brownout-planner.js';
import { lengthInWords, rotationQuery, type Rotation, type Side } from './rotation.js';
import { PageAnchor } from '../parts/links.js';
import { WideTable } from '../parts/wide-table.js';

/** An open rotation: who has moved and who has not, what that means, and how it can be ended. */
export function RotationPanel({
  rotation,
  accountId,
  keyName,
  contactEmail,
  mayWrite,
  mayReadLog,
}: {
  rotation: Rotation;
  accountId: string;
  keyName: string;
  contactEmail: string | null;
  mayWrite: boolean;
  mayReadLog: boolean;
}) {
  return (
    <Stack mt="md">
      <GraceLine rotation={rotation} />
      <Verdict rotation={rotation} />
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
      <Brownouts
        rotation={rotation}
        accountId={accountId}
        mayWrite={mayWrite}
        mayReadLog={mayReadLog}
      />
      {mayWrite && <Endings rotation={rotation} accountId={accountId} />}
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
          {state === 'scheduled' ? 'The old secret begins to retire' : 'Both work since'}{' '}
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
          Quiet since <Time at={quietSince} />; {lengthInWords(quietSeconds)} are asked for.
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
          {side.calls.toLocaleString()} calls
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
                    {caller.calls.toLocaleString()} calls
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

/** What each ending would break is said by the server, which knows it at the moment of the click. */
function Endings({ rotation, accountId }: { rotation: Rotation; accountId: string }) {
  const [dialog, setDialog] = useState<'finish' | 'cancel' | 'extend' | null>(null);
  const close = () => setDialog(null);
  return (
    <>
      <Group>
        <Button onClick={() => setDialog('finish')}>Finish…</Button>
        <Button variant="default" onClick={() => setDialog('extend')}>
          Move the end…
        </Button>
        <Button variant="default" color="red" onClick={() => setDialog('cancel')}>
          Cancel…
        </Button>
      </Group>
      <Modal opened={dialog === 'finish'} onClose={close} title="End the old secret now">
        <FinishForm rotation={rotation} accountId={accountId} onDone={close} />
      </Modal>
      <Modal opened={dialog === 'extend'} onClose={close} title="Move the end of the old secret">
        <ExtendForm rotation={rotation} accountId={accountId} onDone={close} />
      </Modal>
      <Modal
        opened={dialog === 'cancel'}
        onClose={close}
        title="Keep the old secret, end the new one"
      >
        <CancelForm rotation={rotation} accountId={accountId} onDone={close} />
      </Modal>
    </>
  );
}

interface EndingProps {
  readonly rotation: Rotation;
  readonly accountId: string;
  readonly onDone: () => void;
}

type Ending =
  | { readonly what: 'finish' }
  | { readonly what: 'cancel'; readonly force: boolean }
  | { readonly what: 'extend'; readonly graceEndsAt: string };

function useEnding({ rotation: { id: rotationId, keyId }, accountId, onDone }: EndingProps) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (ending: Ending) => {
      const params = { path: { accountId, keyId, rotationId } };
      const path = '/v1/accounts/{accountId}/keys/{keyId}/rotations/{rotationId}';
      switch (ending.what) {
        case 'finish':
          return answered(api.POST(`${path}/finish`, { params, body: {} }));
        case 'cancel':
          return answered(api.POST(`${path}/cancel`, { params, body: { force: ending.force } }));
        case 'extend':
          return answered(
            api.POST(`${path}/extend`, { params, body: { graceEndsAt: ending.graceEndsAt } }),
          );
      }
    },
    onSuccess: async () => {
      onDone();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['key', accountId, keyId] }),
        queries.invalidateQueries({ queryKey: ['keys', accountId] }),
        queries.invalidateQueries({
          queryKey: rotationQuery(accountId, keyId, rotationId).queryKey,
        }),
      ]);
    },
  });
}

function Ask({
  children,
  action,
  color,
  isPending,
  error,
  onSubmit,
  onDone,
}: {
  children: ReactNode;
  action: string;
  color?: string;
  isPending: boolean;
  error: Error | null;
  onSubmit: () => void;
  onDone: () => void;
}) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Stack>
        {children}
        {error && <ProblemAlert error={error} />}
        <DialogEnd no="Leave it as it is" onNo={onDone}>
          <Button type="submit" loading={isPending} {...(color !== undefined && { color })}>
            {action}
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}

function FinishForm(props: EndingProps) {
  const ending = useEnding(props);
  const { retiring, verdict } = props.rotation;
  return (
    <Ask
      action="End the old secret"
      color={verdict === 'safe_to_finish' ? 'green' : 'red'}
      isPending={ending.isPending}
      error={ending.error}
      onSubmit={() => ending.mutate({ what: 'finish' })}
      onDone={props.onDone}
    >
      {verdict === 'safe_to_finish' ? (
        <Text>Nobody has used it for long enough. Only the new secret works from now on.</Text>
      ) : (
        <>
          <Text>
            Whoever still calls with it is refused from now on, and it cannot be brought back.
          </Text>
          {retiring.callers.slice(0, 5).map(({ ip, userAgent, lastSeenAt }) => (
            <Text key={`${ip} ${userAgent}`} fz="sm">
              {ip ?? 'unknown'}, last seen <Time at={lastSeenAt} />
            </Text>
          ))}
        </>
      )}
    </Ask>
  );
}

function CancelForm(props: EndingProps) {
  const ending = useEnding(props);
  const { replacing } = props.rotation;
  const isUsed = replacing.calls > 0;
  return (
    <Ask
      action={isUsed ? 'End the new secret all the same' : 'End the new secret'}
      color="red"
      isPending={ending.isPending}
      error={ending.error}
      onSubmit={() => ending.mutate({ what: 'cancel', force: isUsed })}
      onDone={props.onDone}
    >
      <Text>
        {isUsed
          ? `The new secret is in use: ${replacing.calls.toLocaleString()} calls from ${replacing.callers.length} callers. They are refused from now on.`
          : 'Nobody has used the new secret. The old one goes on as before.'}
      </Text>
    </Ask>
  );
}

function ExtendForm(props: EndingProps) {
  const ending = useEnding(props);
  const [end, setEnd] = useState(() => localMoment(Date.parse(props.rotation.graceEndsAt)));
  return (
    <Ask
      action="Move it"
      isPending={ending.isPending}
      error={ending.error}
      onSubmit={() => ending.mutate({ what: 'extend', graceEndsAt: new Date(end).toISOString() })}
      onDone={props.onDone}
    >
      <TextInput
        label="When the old secret is to stop working"
        description="In your own time"
        type="datetime-local"
        required
        value={end}
        onChange={(event) => setEnd(event.currentTarget.value)}
      />
    </Ask>
  );
}
