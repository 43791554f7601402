import { Button, Card, Group, Modal, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { keyQuery, mayChangeKey, type ApiKey } from '../api-keys/keys.js';
import { Loaded } from '../parts/loaded.js';
import { Time } from '../parts/time.js';
import type { Standing } from '../session/session.js';
import { onlyByItsButtons } from '../parts/dialog-end.js';
import { OpenRotationForm } from './open-rotation-form.js';
import { Reissue } from './reissue.js';
import { RotationPanel } from './rotation-panel.js';
import { rotationQuery } from './rotation.js';

/** How the secret of a key is replaced without anybody noticing: to begin with it, and while it goes on. */
export function RotationCard({ apiKey: key, standing }: { apiKey: ApiKey; standing: Standing }) {
  const [opening, { open, close }] = useDisclosure();
  const mayWrite = mayChangeKey(standing, key);
  const queries = useQueryClient();
  const params = { path: { accountId: key.accountId, keyId: key.id } };
  const look = () =>
    void queries.invalidateQueries({ queryKey: keyQuery(key.accountId, key.id).queryKey });
  const current = key.secrets.find(({ state }) => state === 'current');
  return (
    <Card withBorder id="rotation">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} fz="h4">
            Rotation
          </Title>
          {key.openRotation === null && mayWrite && key.state === 'active' && (
            <Button variant="light" size="xs" onClick={open}>
              Rotate…
            </Button>
          )}
        </Group>
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
        {mayWrite && (
          <Reissue
            apiKey={key}
            isOffered={
              key.openRotation === null && key.state === 'active' && current?.lastUsedAt === null
            }
            ask={() =>
              answered(
                api.POST('/v1/accounts/{accountId}/keys/{keyId}/reissue', { params, body: {} }),
              )
            }
            onDone={look}
          />
        )}
        {key.openRotation && (
          <OpenRotation
            apiKey={key}
            onReissued={look}
            rotationId={key.openRotation.id}
            mayWrite={mayWrite}
            mayReadLog={standing.may('latchkey.request_log.read')}
          />
        )}
      </Stack>
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
  apiKey,
  onReissued,
  rotationId,
  mayWrite,
  mayReadLog,
}: {
  apiKey: ApiKey;
  onReissued: () => void;
  rotationId: string;
  mayWrite: boolean;
  mayReadLog: boolean;
}) {
  const { accountId, id: keyId } = apiKey;
  const rotation = useQuery(rotationQuery(accountId, keyId, rotationId));
  const params = { path: { accountId, keyId, rotationId } };
  return (
    <Loaded query={rotation} what="the rotation" height={200}>
      {(open) => (
        <RotationPanel
          rotation={open}
          apiKey={apiKey}
          reissue={
            mayWrite && (
              <Reissue
                apiKey={apiKey}
                isOffered={open.verdict === 'new_not_used_yet'}
                ask={() =>
                  answered(
                    api.POST(
                      '/v1/accounts/{accountId}/keys/{keyId}/rotations/{rotationId}/reissue',
                      { params, body: {} },
                    ),
                  )
                }
                onDone={onReissued}
              />
            )
          }
          mayWrite={mayWrite}
          mayReadLog={mayReadLog}
        />
      )}
    </Loaded>
  );
}
