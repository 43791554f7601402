import {
  Badge,
  Button,
  Checkbox,
  Group,
  ScrollArea,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { Scope } from './keys.js';

/** What a scope is about, and what it lets do to it: `crm.contacts.read` is `read` of `crm.contacts`, and so is `crm.contacts:read`. */
interface Subject {
  readonly name: string;
  readonly scopes: readonly Scope[];
}

function subjectsOf(scopes: readonly Scope[]): readonly Subject[] {
  const subjects = new Map<string, Scope[]>();
  for (const scope of scopes) {
    const end = Math.max(scope.name.lastIndexOf('.'), scope.name.lastIndexOf(':'));
    const name = end === -1 ? scope.name : scope.name.slice(0, end);
    subjects.set(name, [...(subjects.get(name) ?? []), scope]);
  }
  return [...subjects]
    .map(([name, of]) => ({ name, scopes: of }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

/**
 * Which scopes a key gets, or can be given, by what they are about.
 *
 * @param offered those that whoever chooses may give
 * @param whenNone what it means to choose none
 */
export function ScopePicker({
  offered,
  chosen,
  onChange,
  error,
  description = 'Give what is needed now: more can be added without a new secret.',
  whenNone = 'Without a scope, the key opens only routes that any key may call.',
}: {
  offered: readonly Scope[];
  chosen: readonly string[];
  onChange: (scopes: string[]) => void;
  error?: string | undefined;
  description?: string;
  whenNone?: string;
}) {
  const [sought, setSought] = useState('');
  const subjects = useMemo(() => subjectsOf(offered), [offered]);
  const needle = sought.trim().toLowerCase();
  const shown = subjects
    .map(({ name, scopes }) => ({
      name,
      scopes: scopes.filter((scope) =>
        `${scope.name} ${scope.description} ${scope.dataCategories.join(' ')}`
          .toLowerCase()
          .includes(needle),
      ),
    }))
    .filter(({ scopes }) => scopes.length > 0);
  const held = new Set(chosen);
  const set = (names: readonly string[], isHeld: boolean) => {
    const next = new Set(chosen);
    for (const name of names)
      if (isHeld) next.add(name);
      else next.delete(name);
    onChange([...next].sort());
  };
  const readable = offered.filter(({ name }) => /[.:]read$/.test(name)).map(({ name }) => name);
  return (
    <Stack gap="xs">
      <Group justify="space-between" align="flex-end">
        <TextInput
          label="Scopes"
          description={description}
          placeholder="Look for a scope or a kind of data"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={sought}
          onChange={(event) => setSought(event.currentTarget.value)}
          flex="1 1 260px"
          error={error}
        />
        <Group gap="xs">
          <Button
            variant="default"
            size="xs"
            onClick={() => set(readable, true)}
            disabled={readable.length === 0}
          >
            Read everything
          </Button>
          <Button
            variant="default"
            size="xs"
            onClick={() => onChange([])}
            disabled={chosen.length === 0}
          >
            None
          </Button>
        </Group>
      </Group>
      <ScrollArea.Autosize mah={360} type="auto">
        <Table verticalSpacing={6} layout="fixed" aria-label="Scopes">
          <Table.Tbody>
            {shown.map(({ name, scopes }) => (
              <Table.Tr key={name}>
                <Table.Th scope="row" w="34%" fw={600} className="breakable">
                  {name}
                </Table.Th>
                <Table.Td>
                  <Group gap="md">
                    {scopes.map((scope) => (
                      <ScopeBox
                        key={scope.name}
                        scope={scope}
                        subject={name}
                        isHeld={held.has(scope.name)}
                        onChange={(isHeld) => set([scope.name], isHeld)}
                      />
                    ))}
                  </Group>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {shown.length === 0 && (
          <Text c="dimmed" p="md">
            {offered.length === 0
              ? 'There are no scopes that you may give.'
              : 'No scope is like that.'}
          </Text>
        )}
      </ScrollArea.Autosize>
      <Text fz="sm" aria-live="polite">
        {chosen.length === 0
          ? whenNone
          : `${chosen.length} chosen: ${chosen.slice(0, 6).join(', ')}${chosen.length > 6 ? ', …' : ''}`}
      </Text>
    </Stack>
  );
}

function ScopeBox({
  scope,
  subject,
  isHeld,
  onChange,
}: {
  scope: Scope;
  subject: string;
  isHeld: boolean;
  onChange: (isHeld: boolean) => void;
}) {
  const verb = scope.name === subject ? scope.name : scope.name.slice(subject.length + 1);
  return (
    <Checkbox
      checked={isHeld}
      onChange={(event) => onChange(event.currentTarget.checked)}
      aria-label={scope.name}
      label={
        <Group gap={6}>
          {verb}
          {scope.sensitive && (
            <Badge size="xs" color="red" variant="light" tt="none">
              sensitive
            </Badge>
          )}
          {scope.dataCategories.map((category) => (
            <Badge key={category} size="xs" color="gray" variant="light" tt="none">
              {category}
            </Badge>
          ))}
          {scope.description !== '' && (
            <Text span fz="xs" c="dimmed" w="100%">
              {scope.description}
            </Text>
          )}
        </Group>
      }
    />
  );
}
