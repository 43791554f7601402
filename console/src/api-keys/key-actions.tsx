import { Button, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DialogEnd } from '../parts/dialog-end.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import {
  actOnKey,
  lastDaysCallers,
  showKey,
  usageQuery,
  type ApiKey,
  type KeyAction,
} from './keys.js';

/** What stops a key, for a while or for good. */
export function KeyActions({ apiKey: key }: { apiKey: ApiKey }) {
  const [revoking, revoke] = useDisclosure();
  const change = useKeyChange(key);
  if (key.state === 'revoked') return null;
  return (
    <>
      {change.error && <ProblemAlert error={change.error} />}
      {key.state === 'suspended' ? (
        <Button
          variant="default"
          loading={change.isPending}
          onClick={() => change.mutate('resume')}
        >
          Resume
        </Button>
      ) : (
        <Button
          variant="default"
          loading={change.isPending}
          onClick={() => change.mutate('suspend')}
        >
          Suspend
        </Button>
      )}
      <Button color="red" variant="light" onClick={revoke.open}>
        Revoke…
      </Button>
      <Modal opened={revoking} onClose={revoke.close} title={`Revoke ${key.name}`} size="lg">
        <RevokeForm apiKey={key} onDone={revoke.close} />
      </Modal>
    </>
  );
}

function useKeyChange({ accountId, id: keyId }: ApiKey) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: KeyAction) => actOnKey(accountId, keyId, action),
    onSuccess: (changed) => showKey(queries, changed),
  });
}

/** Final, so it shows what would break, and asks for the name. */
function RevokeForm({ apiKey: key, onDone }: { apiKey: ApiKey; onDone: () => void }) {
  const [typed, setTyped] = useState('');
  const change = useKeyChange(key);
  // What would break is what calls now, not what called when the page was opened.
  const usage = useQuery({
    ...usageQuery(key.accountId, key.id),
    refetchOnMount: 'always',
    staleTime: 0,
  });
  const recent = usage.data === undefined ? [] : lastDaysCallers(usage.data);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate('revoke', { onSuccess: onDone });
      }}
    >
      <Stack>
        <Text>
          Every secret of this key stops working at once, and none of it can be brought back. To
          stop it for a while, suspend it.
        </Text>
        {usage.error && (
          <ProblemAlert error={usage.error} title="Who called with it cannot be shown" />
        )}
        {usage.isPending && <Text c="dimmed">Looking who called…</Text>}
        {recent.length > 0 ? (
          <div>
            <Text fw={600}>Who called with it in the last 24 hours</Text>
            {recent.slice(0, 10).map(({ ip, lastSeenAt }) => (
              <Text key={ip} fz="sm">
                {ip ?? 'unknown'}, <Time at={lastSeenAt} />
              </Text>
            ))}
            {recent.length > 10 && <Text fz="sm">And {recent.length - 10} more.</Text>}
          </div>
        ) : (
          usage.data && <Text c="dimmed">Nobody called with it in the last 24 hours.</Text>
        )}
        <TextInput
          label={`To be sure, type its name: ${key.name}`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        {change.error && <ProblemAlert error={change.error} />}
        <DialogEnd no="Keep it" onNo={onDone}>
          <Button
            type="submit"
            color="red"
            disabled={typed.trim() !== key.name.trim()}
            loading={change.isPending}
          >
            Revoke for good
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
