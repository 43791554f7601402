import {
  Badge,
  Button,
  Card,
  Group,
  Modal,
  Stack,
  Table,
  Text,
  Title,
  Tooltip,
} from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '@latchkey/sdk';
import type { Tagged } from '../api/client.js';
import { counted } from '../parts/counted.js';
import { useFreshDialog } from '../parts/fresh-dialog.js';
import { SaveProblem } from '../parts/save-problem.js';
import { TextButton } from '../parts/text-button.js';
import { Time } from '../parts/time.js';
import { EditScopesForm } from './edit-scopes-form.js';
import { keyQuery, scopesQuery, useKeyEdit, type ApiKey, type Scope } from './keys.js';

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
  const take = (names: readonly string[]) =>
    give(
      scopes.filter((scope) => !names.includes(scope)),
      names,
    );
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
          <Table aria-label="Scopes and their use">
            <Table.Tbody>
              {scopes.map((name) => (
                <Table.Tr key={name}>
                  <Table.Td className="breakable" miw={110}>
                    <ScopeName name={name} scope={described.get(name)} />
                  </Table.Td>
                  <Table.Td ta="right">
                    {unused.includes(name) ? (
                      <Group gap="xs" justify="flex-end" wrap="nowrap">
                        <Text inherit c="dimmed" className="nowrap">
                          {key.createdAt < countedSince
                            ? `not since ${countedSince.slice(0, 10)}`
                            : 'never used'}
                        </Text>
                        {mayWrite && (
                          <Button
                            variant="default"
                            size="compact-sm"
                            flex="none"
                            aria-label={`Remove ${name}`}
                            disabled={edit.isPending}
                            onClick={() => take([name])}
                          >
                            Remove
                          </Button>
                        )}
                      </Group>
                    ) : (
                      <Use use={used.get(name)} />
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
        {mayWrite && unused.length > 1 && (
          <Group>
            <Button
              variant="default"
              size="xs"
              loading={edit.isPending}
              onClick={() => take(unused)}
            >
              Remove all {unused.length} that were not used
            </Button>
          </Group>
        )}
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

function ScopeName({ name, scope }: { name: string; scope: Scope | undefined }) {
  return (
    <>
      <Tooltip label={scope?.description || name}>
        <Text span inherit tabIndex={0}>
          {name}
        </Text>
      </Tooltip>{' '}
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
