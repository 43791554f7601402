import { Alert, Button, Code, CopyButton, Group, Stack, Tabs } from '@mantine/core';
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { download } from './download.js';
import { KeptSafe } from './kept-safe.js';

/** A secret, for the one time that it is there: it is in no address, no history and no store of the browser. */
export function SecretOnce({
  name,
  secret,
  of = 'key',
  onDone,
  children,
}: {
  name: string;
  /** Whether calls are made with it, or what comes is checked with it. */
  of?: 'key' | 'webhook';
  /** Not there where the same request was answered before: it is shown once. */
  secret: string | undefined;
  onDone: () => void;
  /** What else is to be seen while it is shown. */
  children?: ReactNode;
}) {
  if (secret === undefined)
    return (
      <Stack>
        <Alert color="yellow" title="The secret was shown before">
          If it was lost on the way, make it anew: as long as nobody used it, that costs nothing.
        </Alert>
        <Group justify="flex-end">
          <Button onClick={onDone}>Done</Button>
        </Group>
      </Stack>
    );
  const line = `${variableOf(name)}_${suffixes[of]}=${secret}`;
  return (
    <Stack>
      <Alert color="yellow" title="This is the only time that the secret is shown">
        {of === 'key'
          ? 'Latchkey keeps nothing of it but a digest. Put it where the integration finds it, now.'
          : 'Put it where the receiver finds it, which checks the signature of every notice with it.'}
      </Alert>
      <Tabs defaultValue="secret">
        <Tabs.List>
          <Tabs.Tab value="secret">Secret</Tabs.Tab>
          <Tabs.Tab value="env">.env</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="secret" pt="sm">
          <Copyable text={secret} what="the secret" />
        </Tabs.Panel>
        <Tabs.Panel value="env" pt="sm">
          <Copyable text={line} what="the line" />
          <Button
            mt="xs"
            variant="default"
            size="xs"
            leftSection={<IconDownload size={14} aria-hidden />}
            onClick={() => download(`${line.split('=')[0]?.toLowerCase()}.env`, `${line}\n`)}
          >
            Download as .env
          </Button>
        </Tabs.Panel>
      </Tabs>
      {children}
      <KeptSafe what="it" onDone={onDone} />
    </Stack>
  );
}

/** A text that is put somewhere else as it stands. */
export function Copyable({ text, what }: { text: string; what: string }) {
  return (
    <Group align="flex-start" gap="xs">
      <Code block flex="1 1 260px" className="wraps">
        {text}
      </Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button
            variant={copied ? 'light' : 'filled'}
            leftSection={
              copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />
            }
            onClick={copy}
            aria-label={`Copy ${what}`}
          >
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}

const suffixes = { key: 'API_KEY', webhook: 'WEBHOOK_SECRET' } as const;

function variableOf(name: string): string {
  const folded = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase();
  return folded === '' || /^\d/.test(folded) ? 'LATCHKEY' : folded;
}
