import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { KeySecretOnce } from '../api-keys/key-secret-once.js';
import type { ApiKey } from '../api-keys/keys.js';
import { DialogEnd, onlyByItsButtons } from '../parts/dialog-end.js';
import { useFreshDialog } from '../parts/fresh-dialog.js';
import { ProblemAlert } from '../parts/states.js';

/**
 * Another secret in place of one that got lost before anybody used it.
 *
 * @param ask has the server make it, and is refused where the one before was used meanwhile
 */
export function Reissue({
  apiKey,
  isOffered,
  ask,
  onDone,
}: {
  apiKey: ApiKey;
  /** Whether it can be done now. What is shown meanwhile stays: somebody may try the secret at once. */
  isOffered: boolean;
  ask: () => Promise<{ readonly secret?: string }>;
  onDone: () => void;
}) {
  const { opened, round, open, close } = useFreshDialog();
  return (
    <>
      {isOffered && (
        <Group>
          <Button variant="default" size="xs" onClick={open}>
            Its secret was lost: make it anew…
          </Button>
        </Group>
      )}
      <Modal
        opened={opened}
        onClose={close}
        title={`Another secret for ${apiKey.name}`}
        size="lg"
        {...onlyByItsButtons}
      >
        <ReissueForm
          key={round}
          apiKey={apiKey}
          ask={ask}
          onNo={close}
          onDone={() => {
            close();
            onDone();
          }}
        />
      </Modal>
    </>
  );
}

function ReissueForm({
  apiKey,
  ask,
  onNo,
  onDone,
}: {
  apiKey: ApiKey;
  ask: () => Promise<{ readonly secret?: string }>;
  onNo: () => void;
  onDone: () => void;
}) {
  const reissue = useMutation({ mutationFn: ask });
  if (reissue.data)
    return <KeySecretOnce apiKey={apiKey} secret={reissue.data.secret} onDone={onDone} />;
  return (
    <Stack>
      {reissue.error && <ProblemAlert error={reissue.error} title="No secret was made" />}
      <Text>
        The secret that nobody has used stops working at once, and another takes its place. Whoever
        has been given it needs the new one.
      </Text>
      <DialogEnd onNo={onNo}>
        <Button loading={reissue.isPending} onClick={() => reissue.mutate()}>
          Make it anew
        </Button>
      </DialogEnd>
    </Stack>
  );
}
