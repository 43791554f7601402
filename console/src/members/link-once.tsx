import { Alert, Button, Code, CopyButton, Group, Stack } from '@mantine/core';
import { Time } from '../parts/time.js';

/** A link that somebody hands over, for the one time that it is there. */
export function LinkOnce({
  link,
  expiresAt,
  says,
  onDone,
}: {
  /** Not there where the same request was answered before: it is shown once. */
  link: string | undefined;
  expiresAt: string;
  /** To whom, and what it does. */
  says: string;
  onDone: () => void;
}) {
  return (
    <Stack>
      <Alert color="yellow" title="This is the only time that the link is shown">
        {says} It works until <Time at={expiresAt} exact />.
      </Alert>
      <Code block className="wraps">
        {link ?? 'It was shown before.'}
      </Code>
      <Group justify="space-between">
        <CopyButton value={link ?? ''}>
          {({ copied, copy }) => (
            // First of all: the hint of the time would cover what is said.
            <Button data-autofocus onClick={copy}>
              {copied ? 'Copied' : 'Copy the link'}
            </Button>
          )}
        </CopyButton>
        <Button variant="default" onClick={onDone}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
