import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { answered, api } from '../api/client.js';
import { counted } from '../parts/counted.js';
import { localMoment } from '../parts/day.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { rotationQuery, type Rotation, type Side } from './rotation.js';

/** What each ending would break is said by the server, which knows it at the moment of the click. */
export function Endings({ rotation, accountId }: { rotation: Rotation; accountId: string }) {
  const [dialog, setDialog] = useState<'finish' | 'cancel' | 'extend' | null>(null);
  const close = () => setDialog(null);
  return (
    <>
      <Group>
        {/* What is offered first breaks nothing. */}
        <Button
          variant={rotation.verdict === 'safe_to_finish' ? 'filled' : 'default'}
          onClick={() => setDialog('finish')}
        >
          Finish…
        </Button>
        <Button variant="default" onClick={() => setDialog('extend')}>
          Move the end…
        </Button>
        <Button variant="default" onClick={() => setDialog('cancel')}>
          Cancel the rotation…
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
          <CallersOf side={retiring} />
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
          ? `The new secret is in use: ${counted(replacing.calls, 'call')} from ${counted(replacing.callers.length, 'caller')}. They are refused from now on.`
          : 'Nobody has used the new secret. The old one goes on as before.'}
      </Text>
      <CallersOf side={replacing} />
    </Ask>
  );
}

const callersNamed = 8;

/** Whom it would meet. */
function CallersOf({ side: { callers } }: { side: Side }) {
  return (
    <div>
      {callers.slice(0, callersNamed).map(({ ip, userAgent, lastSeenAt }) => (
        <Text key={`${ip} ${userAgent}`} fz="sm" className="breakable">
          {ip ?? 'unknown'}, {userAgent ?? 'no user agent'}, last seen <Time at={lastSeenAt} />
        </Text>
      ))}
      {callers.length > callersNamed && (
        <Text fz="sm">And {callers.length - callersNamed} more.</Text>
      )}
    </div>
  );
}

function ExtendForm(props: EndingProps) {
  const ending = useEnding(props);
  // To the minute, as the field has it.
  const endsNow = localMoment(Date.parse(props.rotation.graceEndsAt));
  const [end, setEnd] = useState(endsNow);
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
      {end !== '' && end < endsNow && (
        <>
          <Text>That is sooner than it was to be. Whoever has not moved by then is refused:</Text>
          <CallersOf side={props.rotation.retiring} />
        </>
      )}
    </Ask>
  );
}
