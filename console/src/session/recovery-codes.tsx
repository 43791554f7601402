import { Alert, Button, Code, CopyButton, Group, Stack } from '@mantine/core';
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react';
import { download } from '../parts/download.js';
import { KeptSafe } from '../parts/kept-safe.js';
import { useVisitor } from './session.js';

/** Recovery codes, for the one time that they are there. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const { person } = useVisitor();
  const text = codes.join('\n');
  return (
    <Stack>
      <Alert color="yellow" title="This is the only time that the recovery codes are shown">
        Each stands in once for your authenticator app. Keep them where you find them without your
        phone.
      </Alert>
      <Code block fz="sm" aria-label="Recovery codes">
        {text}
      </Code>
      <Group>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              size="xs"
              leftSection={
                copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />
              }
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy them'}
            </Button>
          )}
        </CopyButton>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconDownload size={14} aria-hidden />}
          onClick={() =>
            download(
              'latchkey-recovery-codes.txt',
              `Recovery codes of ${person.email} at ${window.location.host}\n\n${text}\n`,
            )
          }
        >
          Download them
        </Button>
      </Group>
      <KeptSafe what="them" onDone={onDone} />
    </Stack>
  );
}
