import { Button, Card, Code, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api, Problem } from '../api/client.js';
import { AllowlistFields, allowlistOf, draftOf } from '../ip-allowlists/allowlist-fields.js';
import { ProblemAlert } from '../parts/states.js';
import { useVisitor, type Standing } from '../session/session.js';
import { keyQuery, type ApiKey } from './keys.js';

/** From where the key may be used: its list, changed here, and an address tried against it. */
export function AllowlistCard({ apiKey: key, standing }: { apiKey: ApiKey; standing: Standing }) {
  const { accountId, id: keyId } = key;
  const { callerIp } = useVisitor();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(key.ipAllowlist));
  const save = useMutation({
    mutationFn: () =>
      answered(
        api.PUT('/v1/accounts/{accountId}/keys/{keyId}/ip-allowlist', {
          params: { path: { accountId, keyId } },
          body: allowlistOf(draft),
        }),
      ),
    onSuccess: async (saved) => {
      setDraft(draftOf(saved));
      notifications.show({ message: 'The list is in force.', color: 'green' });
      await queries.invalidateQueries({ queryKey: keyQuery(accountId, keyId).queryKey });
    },
  });
  const isChanged = JSON.stringify(draft) !== JSON.stringify(draftOf(key.ipAllowlist));
  const errors =
    save.error instanceof Problem ? save.error.details.map(({ message }) => message) : [];
  const mayWrite = standing.may('latchkey.keys.write') && key.state !== 'revoked';
  return (
    <Card withBorder>
      <Title order={2} fz="h4" mb="xs">
        From where
      </Title>
      <Stack>
        {mayWrite ? (
          <>
            <AllowlistFields draft={draft} onChange={setDraft} ownIp={callerIp} errors={errors} />
            {save.error && <ProblemAlert error={save.error} title="The list was not changed" />}
            <Group>
              <Button disabled={!isChanged} loading={save.isPending} onClick={() => save.mutate()}>
                Save
              </Button>
              {isChanged && (
                <Button variant="default" onClick={() => setDraft(draftOf(key.ipAllowlist))}>
                  Undo
                </Button>
              )}
            </Group>
          </>
        ) : (
          <Text>
            {key.ipAllowlist.mode === 'off'
              ? 'From every address.'
              : key.ipAllowlist.entries.map(({ cidr }) => cidr).join(', ')}
          </Text>
        )}
        {key.ipAllowlist.mode !== 'off' && <AddressTry accountId={accountId} keyId={keyId} />}
      </Stack>
    </Card>
  );
}

function AddressTry({ accountId, keyId }: { accountId: string; keyId: string }) {
  const [ip, setIp] = useState('');
  const check = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/v1/accounts/{accountId}/keys/{keyId}/ip-allowlist/check', {
          params: { path: { accountId, keyId } },
          body: { ip: ip.trim() },
        }),
      ),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        check.mutate();
      }}
    >
      <Group align="flex-end">
        <TextInput
          label="Try an address"
          placeholder="203.0.113.7"
          value={ip}
          onChange={(event) => setIp(event.currentTarget.value)}
          error={check.error?.message}
        />
        <Button
          type="submit"
          variant="default"
          disabled={ip.trim() === ''}
          loading={check.isPending}
        >
          Try
        </Button>
        {check.data && (
          <Text fz="sm" role="status">
            {check.data.allowed ? 'It is let through' : 'It is refused'}
            {check.data.matched !== null && (
              <>
                {' '}
                by <Code>{check.data.matched}</Code>
              </>
            )}
            .
          </Text>
        )}
      </Group>
    </form>
  );
}
