import { Button, Card, Group, List, Skeleton, Stack, Text, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api, Problem } from '../api/client.js';
import { ProblemAlert } from '../parts/states.js';
import { emailsQuery } from './notices.js';

/** Who gets every notice by e-mail. */
export function EmailsCard({ accountId, mayWrite }: { accountId: string; mayWrite: boolean }) {
  const emails = useQuery(emailsQuery(accountId));
  if (emails.error) return <ProblemAlert error={emails.error} />;
  if (emails.data === undefined)
    return <Skeleton height={160} aria-label="Loading the addresses" />;
  if (mayWrite) return <EmailsForm accountId={accountId} saved={emails.data.emails} />;
  if (emails.data.emails.length === 0)
    return <Text c="dimmed">Nobody gets the notices by e-mail.</Text>;
  return (
    <List>
      {emails.data.emails.map((email) => (
        <List.Item key={email}>{email}</List.Item>
      ))}
    </List>
  );
}

function EmailsForm({ accountId, saved }: { accountId: string; saved: readonly string[] }) {
  const [text, setText] = useState(saved.join('\n'));
  const queries = useQueryClient();
  const emails = text
    .split(/[\n,;]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const save = useMutation({
    mutationFn: () =>
      answered(
        api.PUT('/v1/accounts/{accountId}/notice-emails', {
          params: { path: { accountId } },
          body: { emails },
        }),
      ),
    onSuccess: async (now) => {
      setText(now.emails.join('\n'));
      notifications.show({ message: 'They are told from now on.', color: 'green' });
      await queries.invalidateQueries({ queryKey: ['notice-emails', accountId] });
    },
  });
  const errors =
    save.error instanceof Problem ? save.error.details.map(({ message }) => message) : [];
  const isChanged = emails.join('\n') !== saved.join('\n');
  return (
    <Card withBorder maw={640}>
      <Stack>
        <Textarea
          label="Who gets every notice by e-mail"
          description="One address a line. Whoever is named at a key as whom to ask is told of that key as well."
          autosize
          minRows={3}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={errors.length > 0 ? errors.slice(0, 5).join(' ') : undefined}
        />
        {save.error && errors.length === 0 && (
          <ProblemAlert error={save.error} title="Nothing was changed" />
        )}
        <Group>
          <Button disabled={!isChanged} loading={save.isPending} onClick={() => save.mutate()}>
            Save
          </Button>
          {isChanged && (
            <Button variant="default" onClick={() => setText(saved.join('\n'))}>
              Undo
            </Button>
          )}
        </Group>
      </Stack>
    </Card>
  );
}
