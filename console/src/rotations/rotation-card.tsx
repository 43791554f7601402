import { Button, Card, Group, Modal, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { ApiKey } from '../api-keys/keys.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import type { Standing } from '../session/session.js';
import { onlyByItsButtons } from '../parts/dialog-end.js';
import { OpenRotationForm } from './open-rotation-form.js';
import { RotationPanel } from './rotation-panel.js';
import { rotationQuery } from './rotation.js';

/** How the secret of a key is replaced without anybody noticing: to begin with it, and while it goes on. */
export function RotationCard({ apiKey: key, standing }: { apiKey: ApiKey; standing: Standing }) {
  const [opening, { open, close }] = useDisclosure();
  const mayWrite = standing.may('latchkey.keys.write');
  const current = key.secrets.find(({ state }) => state === 'current');
  return (
    <Card withBorder>
      <Group justify="space-between" align="flex-start">
        <Stack gap={2}>
          <Title order={2} fz="h4">
            Rotation
          </Title>
          {key.openRotation === null && (
            <Text c="dimmed">
              {current ? (
                <>
                  The secret <b>{current.start}…</b> was made <Time at={current.createdAt} />. A
                  rotation makes a new one, and lets both work until everybody has moved.
                </>
              ) : (
                'There is no secret to replace.'
              )}
            </Text>
          )}
        </Stack>
        {key.openRotation === null && mayWrite && key.state === 'active' && (
          <Button variant="light" onClick={open}>
            Rotate…
          </Button>
        )}
      </Group>
      {key.openRotation && (
        <OpenRotation
          apiKey={key}
          rotationId={key.openRotation.id}
          mayWrite={mayWrite}
          mayReadLog={standing.may('latchkey.request_log.read')}
        />
      )}
      <Modal
        opened={opening}
        onClose={close}
        title={`A new secret for ${key.name}`}
        size="lg"
        {...onlyByItsButtons}
      >
        <OpenRotationForm apiKey={key} onDone={close} />
      </Modal>
    </Card>
  );
}

function OpenRotation({
  apiKey: { accountId, id: keyId, contactEmail, name },
  rotationId,
  mayWrite,
  mayReadLog,
}: {
  apiKey: ApiKey;
  rotationId: string;
  mayWrite: boolean;
  mayReadLog: boolean;
}) {
  const rotation = useQuery(rotationQuery(accountId, keyId, rotationId));
  if (rotation.error)
    return <ProblemAlert error={rotation.error} title="The rotation cannot be shown" />;
  if (rotation.data === undefined)
    return <Skeleton height={200} aria-label="Loading the rotation" />;
  return (
    <RotationPanel
      rotation={rotation.data}
      accountId={accountId}
      keyName={name}
      contactEmail={contactEmail}
      mayWrite={mayWrite}
      mayReadLog={mayReadLog}
    />
  );
}
