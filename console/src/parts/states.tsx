import { Alert, Button, Center, Code, Loader, Stack, Text, Title } from '@mantine/core';
import type { ErrorComponentProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Problem } from '../api/client.js';

export function Waiting() {
  return (
    <Center mih={240}>
      <Loader aria-label="Loading" />
    </Center>
  );
}

/** Where there is nothing to show yet: what it is that is missing, and how it comes about. */
export function Nothing({
  title,
  isPage = false,
  children,
}: {
  title: string;
  /** Whether that is all that the page says. */
  isPage?: boolean;
  children?: ReactNode;
}) {
  return (
    <Center mih={240} p="md">
      <Stack align="center" gap="xs" maw={480}>
        <Title order={isPage ? 1 : 2} fz="h4" ta="center">
          {title}
        </Title>
        {children && (
          <Text c="dimmed" ta="center" component="div">
            {children}
          </Text>
        )}
      </Stack>
    </Center>
  );
}

/** What went wrong, in the server's words, with what support would ask for. */
export function ProblemAlert({ error, title }: { error: Error; title?: string }) {
  const correlationId = error instanceof Problem ? error.correlationId : null;
  return (
    <Alert color="red" role="alert" {...(title !== undefined && { title })}>
      <Text fz="sm">{error.message}</Text>
      {correlationId !== null && (
        <Text fz="xs" c="dimmed" mt={4}>
          On the log as <Code>{correlationId}</Code>
        </Text>
      )}
    </Alert>
  );
}

export function Failure({ error: thrown, reset }: ErrorComponentProps) {
  const error = thrown instanceof Error ? thrown : new Error('Something went wrong here.');
  const isForbidden = error instanceof Problem && error.status === 403;
  return (
    <Center mih={240} p="md">
      <Stack maw={520} w="100%">
        <ProblemAlert
          error={error}
          title={isForbidden ? 'You may not see this' : 'This could not be shown'}
        />
        {!isForbidden && (
          <Button variant="default" onClick={reset}>
            Try again
          </Button>
        )}
      </Stack>
    </Center>
  );
}
