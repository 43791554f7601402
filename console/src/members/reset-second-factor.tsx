import { Button, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Schemas } from '@latchkey/sdk';
import { answered, api } from '../api/client.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { RowButton } from '../parts/row-button.js';
import { ProblemAlert } from '../parts/states.js';

/** For a member who has lost their authenticator app, and the codes that stand in for it, or the device that held their passkey. */
export function ResetSecondFactor({
  member: { id: memberId, accountId, person },
}: {
  member: Schemas['MemberResponse'];
}) {
  const queries = useQueryClient();
  const [asking, { open, close }] = useDisclosure();
  const reset = useMutation({
    mutationFn: () =>
      answered(
        api.DELETE('/v1/accounts/{accountId}/members/{memberId}/second-factor', {
          params: { path: { accountId, memberId } },
        }),
      ),
    onSuccess: async () => {
      close();
      await queries.invalidateQueries({ queryKey: ['members', accountId] });
    },
  });
  return (
    <>
      <RowButton onClick={open}>Reset second factor…</RowButton>
      <Modal opened={asking} onClose={close} title={`Reset the second factor of ${person.name}`}>
        <Stack>
          {reset.error && <ProblemAlert error={reset.error} title="Nothing was changed" />}
          <Text>
            Their password alone opens the account then, their passkeys are gone, and they are
            signed out everywhere. Do it only if you know that it is {person.name} who asks: by
            voice, or face to face.
          </Text>
          <DialogEnd no="Keep" onNo={close}>
            <Button color="red" loading={reset.isPending} onClick={() => reset.mutate()}>
              Reset
            </Button>
          </DialogEnd>
        </Stack>
      </Modal>
    </>
  );
}
