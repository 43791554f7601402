import { Button, Menu, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api } from '../api/client.js';
import { DialogEnd, onlyByItsButtons } from '../parts/dialog-end.js';
import { RowButton } from '../parts/row-button.js';
import { ProblemAlert } from '../parts/states.js';
import { LinkOnce } from './link-once.js';
import type { Member } from './members.js';

/** What an admin does for a member who cannot get in, or should be in nowhere for now. */
export function MemberHelp({ member: { id: memberId, accountId, person } }: { member: Member }) {
  const [asking, setAsking] = useState<'link' | 'end' | null>(null);
  const params = { path: { accountId, memberId } };
  const link = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/v1/accounts/{accountId}/members/{memberId}/recovery-link', { params, body: {} }),
      ),
  });
  const end = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/v1/accounts/{accountId}/members/{memberId}/end-sessions', { params, body: {} }),
      ),
    onSuccess: () => {
      setAsking(null);
      notifications.show({ color: 'green', message: `${person.name} is signed out everywhere.` });
    },
  });
  const leave = () => {
    setAsking(null);
    link.reset();
    end.reset();
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <RowButton aria-label={`More for ${person.name}`}>More</RowButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setAsking('link')}>Link for a new password…</Menu.Item>
          <Menu.Item onClick={() => setAsking('end')}>Sign out everywhere…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={asking === 'link'}
        onClose={leave}
        title={`A new password for ${person.name}`}
        size="lg"
        {...onlyByItsButtons}
      >
        {link.data ? (
          <LinkOnce
            link={link.data.link}
            expiresAt={link.data.expiresAt}
            says={`Hand it to ${person.email}. Whoever has it sets their password, once.`}
            onDone={leave}
          />
        ) : (
          <Stack>
            {link.error && <ProblemAlert error={link.error} title="No link was made" />}
            <Text>
              You get a link that sets their password. Make it only if you know that it is{' '}
              {person.name} who asks: by voice, or face to face.
            </Text>
            <DialogEnd onNo={leave}>
              <Button loading={link.isPending} onClick={() => link.mutate()}>
                Make the link
              </Button>
            </DialogEnd>
          </Stack>
        )}
      </Modal>
      <Modal opened={asking === 'end'} onClose={leave} title={`Sign ${person.name} out`}>
        <Stack>
          {end.error && <ProblemAlert error={end.error} title="Nobody was signed out" />}
          <Text>All of their sessions end, on every device. They can sign in again.</Text>
          <DialogEnd no="Keep" onNo={leave}>
            <Button color="red" loading={end.isPending} onClick={() => end.mutate()}>
              Sign out everywhere
            </Button>
          </DialogEnd>
        </Stack>
      </Modal>
    </>
  );
}
