import { Button, Card, Group, List, Stack, Text, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '@latchkey/sdk';
import { changeAsSeen } from '../api/change-as-seen.js';
import { api, Problem, taggedAnswer, type Tagged } from '../api/client.js';
import { SaveProblem } from '../parts/save-problem.js';
import { Loaded } from '../parts/loaded.js';
import { emailsQuery } from './notices.js';

/** Who gets every notice by e-mail. */
export function EmailsCard({ accountId, mayWrite }: { accountId: string; mayWrite: boolean }) {
  const emails = useQuery(emailsQuery(accountId));
  return (
    <Loaded query={emails} what="the addresses" height={160}>
      {(saved) =>
        mayWrite ? (
          <EmailsForm accountId={accountId} saved={saved} />
        ) : (
          <EmailsList emails={saved.emails} />
        )
      }
    </Loaded>
  );
}

function EmailsList({ emails }: { emails: readonly string[] }) {
  if (emails.length === 0) return <Text c="dimmed">Nobody gets the notices by e-mail.</Text>;
  return (
    <List>
      {emails.map((email) => (
        <List.Item key={email}>{email}</List.Item>
      ))}
    </List>
  );
}

type SavedEmails = Tagged<Schemas['NoticeEmails']>;

function EmailsForm({ accountId, saved }: { accountId: string; saved: SavedEmails }) {
  // What was typed, and over which addresses: those may be others by the time it is saved.
  const [typed, setTyped] = useState<{ text: string; seen: SavedEmails } | null>(null);
  const { text, seen } = typed ?? { text: saved.emails.join('\n'), seen: saved };
  const queries = useQueryClient();
  const emails = text
    .split(/[\n,;]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const save = useMutation({
    mutationFn: () =>
      changeAsSeen({
        seen,
        part: (now) => now.emails,
        read: () => queries.fetchQuery({ ...emailsQuery(accountId), staleTime: 0 }),
        change: (headers) =>
          taggedAnswer(
            api.PUT('/v1/accounts/{accountId}/notice-emails', {
              params: { path: { accountId } },
              body: { emails },
              headers,
            }),
          ),
      }),
    onSuccess: (now) => {
      queries.setQueryData(emailsQuery(accountId).queryKey, now);
      setTyped(null);
      notifications.show({ message: 'They are told from now on.', color: 'green' });
    },
  });
  const errors =
    save.error instanceof Problem ? save.error.details.map(({ message }) => message) : [];
  const isChanged = emails.join('\n') !== seen.emails.join('\n');
  return (
    <Card withBorder maw={640}>
      <Stack>
        <Textarea
          label="Who gets every notice by e-mail"
          description="One address a line. Whoever is named at a key as whom to ask is told of that key as well."
          autosize
          minRows={3}
          value={text}
          onChange={(event) => setTyped({ text: event.currentTarget.value, seen })}
          error={errors.length > 0 ? errors.slice(0, 5).join(' ') : undefined}
        />
        {save.error && errors.length === 0 && (
          <SaveProblem
            error={save.error}
            title="Nothing was changed"
            onLookAgain={() => {
              save.reset();
              setTyped(null);
              void queries.invalidateQueries({ queryKey: emailsQuery(accountId).queryKey });
            }}
          />
        )}
        <Group>
          <Button disabled={!isChanged} loading={save.isPending} onClick={() => save.mutate()}>
            Save
          </Button>
          {isChanged && (
            <Button variant="default" onClick={() => setTyped(null)}>
              Undo
            </Button>
          )}
        </Group>
      </Stack>
    </Card>
  );
}
