import { Badge, Button, Card, Group, Modal, Stack, Table, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '@latchkey/sdk';
import type { Tagged } from '../api/client.js';
import { counted } from '../parts/counted.js';
import { FewAtFirst } from '../parts/few-at-first.js';
import { Hint } from '../parts/hint.js';
import { useFreshDialog } from '../parts/fresh-dialog.js';
import { SaveProblem } from '../parts/save-problem.js';
import { ProblemAlert } from '../parts/states.js';
import { TextButton } from '../parts/text-button.js';
import { asDay, Time } from '../parts/time.js';
import { EditScopesForm } from './edit-scopes-form.js';
import { keyQuery, scopesQuery, usageQuery, useKeyEdit, type ApiKey, type Scope } from './keys.js';

type ScopeUse = Schemas['ScopeUsageResponse'];

/** What a key may do beside what it does, so that what it does not need is taken away. */
export function ScopesCard({
  apiKey: key,
  uses,
  countedSince,
  mayWrite,
}: {
  apiKey: Tagged<ApiKey>;
  uses: readonly ScopeUse[];
  /** ISO 8601: what was before is not known. */
  countedSince: string;
  mayWrite: boolean;
}) {
  const { accountId, id: keyId, scopes } = key;
  const catalogue = useQuery(scopesQuery);
  const queries = useQueryClient();
  const { opened, round, open, close } = useFreshDialog();
  const [taken, setTaken] = useState<readonly string[]>([]);
  const edit = useKeyEdit(accountId, keyId);
  const give = (next: readonly string[], nextTaken: readonly string[]) =>
    edit.mutate(
      { seen: key, part: ({ scopes: had }) => had, body: { scopes: [...next] } },
      { onSuccess: () => setTaken(nextTaken) },
    );
  // What was used since the page looked is kept: nobody saw that it would be missed.
  const look = useMutation({
    mutationFn: async (names: readonly string[]) => {
      const query = { ...usageQuery(accountId, keyId), staleTime: 0 };
      const now = new Set((await queries.fetchQuery(query)).scopes.map(({ scope }) => scope));
      return names.filter((name) => !now.has(name));
    },
    onSuccess: (names) => {
      if (names.length > 0) give(without(scopes, names), names);
    },
  });
  const take = look.mutate;
  const used = new Map(uses.map((use) => [use.scope, use]));
  // Beyond a thousand scopes it is not told which were used.
  const isAllKnown = !used.has('*');
  const unused = isAllKnown ? scopes.filter((scope) => !used.has(scope)) : [];
  const described = new Map((catalogue.data ?? []).map((scope) => [scope.name, scope]));
  return (
    <Card withBorder>
      <Group justify="space-between" mb="xs">
        <Title order={2} fz="h4">
          What it may do
        </Title>
        {mayWrite && (
          <Button variant="default" size="xs" aria-label="Change the scopes…" onClick={open}>
            Change…
          </Button>
        )}
      </Group>
      <Stack gap="sm">
        {scopes.length === 0 ? (
          <Text c="dimmed">No scopes: routes that any key may call.</Text>
        ) : (
          <FewAtFirst all={scopes} what="scopes" step={20}>
            {(shown) => (
              <Table aria-label="Scopes and their use">
                <Table.Tbody>
                  {shown.map((name) => (
                    <Table.Tr key={name}>
                      <Table.Td className="breakable">
                        <ScopeName name={name} scope={described.get(name)} />
                        <Text fz="sm" c="dimmed">
                          {unused.includes(name) ? (
                            key.createdAt < countedSince ? (
                              `not used since ${asDay(countedSince)}`
                            ) : (
                              'never used'
                            )
                          ) : (
                            <Use use={used.get(name)} />
                          )}
                        </Text>
                      </Table.Td>
                      <Table.Td ta="right">
                        {mayWrite && unused.includes(name) && (
                          <Button
                            variant="default"
                            size="compact-sm"
                            aria-label={`Remove ${name}`}
                            disabled={look.isPending || edit.isPending}
                            onClick={() => take([name])}
                          >
                            Remove
                          </Button>
                        )}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )}
          </FewAtFirst>
        )}
        {mayWrite && unused.length > 1 && (
          <Group>
            <Button
              variant="default"
              size="xs"
              loading={look.isPending || edit.isPending}
              onClick={() => take(unused)}
            >
              Remove all {unused.length} that were not used
            </Button>
          </Group>
        )}
        {look.error && <ProblemAlert error={look.error} title="The key was not changed" />}
        {edit.error && (
          <SaveProblem
            error={edit.error}
            title="The key was not changed"
            onLookAgain={() => {
              edit.reset();
              void queries.invalidateQueries({ queryKey: keyQuery(accountId, keyId).queryKey });
            }}
          />
        )}
        <Text fz="sm" role="status">
          {taken.length > 0 && (
            <>
              {taken.length > 3 ? counted(taken.length, 'scope') : taken.join(', ')}{' '}
              {taken.length === 1 ? 'was' : 'were'} taken away.{' '}
              <TextButton onClick={() => give([...new Set([...scopes, ...taken])].sort(), [])}>
                Put back
              </TextButton>
            </>
          )}
        </Text>
      </Stack>
      <Modal opened={opened} onClose={close} title={`Scopes of ${key.name}`} size="xl">
        <EditScopesForm
          key={round}
          apiKey={key}
          used={used}
          onDone={() => {
            setTaken([]);
            close();
          }}
        />
      </Modal>
    </Card>
  );
}

function without(scopes: readonly string[], names: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !names.includes(scope));
}

function ScopeName({ name, scope }: { name: string; scope: Scope | undefined }) {
  return (
    <>
      <Hint label={scope?.description || name}>{name}</Hint>{' '}
      {scope?.sensitive && (
        <Badge size="xs" color="red" variant="light" tt="none">
          sensitive
        </Badge>
      )}
    </>
  );
}

function Use({ use }: { use: ScopeUse | undefined }) {
  if (use === undefined) return null;
  return (
    <>
      {counted(use.calls, 'call')}, <Time at={use.lastUsedAt} />
    </>
  );
}
