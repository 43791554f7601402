import { Anchor, Center, Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import mark from '../app/latchkey.svg';

/** A page for who is not signed in: one thing to do, in the middle. */
export function FrontPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Center mih="100dvh" p="md" component="main">
      <Stack w="100%" maw={420} gap="lg">
        <Group gap="sm" justify="center">
          <img src={mark} alt="" width={36} height={36} />
          <Text fz={26} fw={650}>
            Latchkey
          </Text>
        </Group>
        <Paper withBorder shadow="sm" p="xl">
          <Stack>
            <Title order={1} fz="h3">
              {title}
            </Title>
            {children}
          </Stack>
        </Paper>
        <Text fz="sm" c="dimmed" ta="center">
          Scoped, rotatable, accountable API keys. <Anchor href="/docs">API reference</Anchor>
        </Text>
      </Stack>
    </Center>
  );
}
