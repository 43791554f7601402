import { Alert, Button, Code, CopyButton, Group, Stack } from '@mantine/core';
import type { Schemas } from '@latchkey/sdk';
import { Time } from '../parts/time.js';

/** The link of an invitation that somebody hands over, for the one time that it is there. */
export function LinkOnce({
  invitation: { email, expiresAt, link },
  onDone,
}: {
  invitation: Schemas['IssuedInvitationResponse'];
  onDone: () => void;
}) {
  return (
    <Stack>
      <Alert color="yellow" title="This is the only time that the link is shown">
        Hand it to {email}. It opens the account to whoever has it, until{' '}
        <Time at={expiresAt} exact />.
      </Alert>
      <Code block>{link ?? 'It was shown before.'}</Code>
      <Group justify="space-between">
        <CopyButton value={link ?? ''}>
          {({ copied, copy }) => (
            <Button onClick={copy}>{copied ? 'Copied' : 'Copy the link'}</Button>
          )}
        </CopyButton>
        <Button variant="default" onClick={onDone}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
