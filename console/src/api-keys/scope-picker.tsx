import {
  Badge,
  Button,
  Checkbox,
  Group,
  ScrollArea,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { isForManaging, type Scope } from './keys.js';
import { columnOf, columns, isLatchkeys, subjectsOf, verbOf } from './scope-words.js';

/**
 * Which scopes a key gets, or can be given, by what they are about.
 *
 * @param offered those that whoever chooses may give
 * @param whenNone what it means to choose none
 */
export function ScopePicker({
  offered,
  isLoading = false,
  chosen,
  onChange,
  error,
  description = 'Give what is needed now: more can be added without a new secret.',
  whenNone = 'Without a scope, the key opens only routes that any key may call.',
}: {
  offered: readonly Scope[];
  /** Whether they are still on their way. */
  isLoading?: boolean;
  chosen: readonly string[];
  onChange: (scopes: string[]) => void;
  error?: string | undefined;
  description?: string;
  whenNone?: string;
}) {
  const [sought, setSought] = useState('');
  const [isManaging, setIsManaging] = useState(false);
  const [had] = useState(chosen);
  const subjects = useMemo(
    () =>
      subjectsOf(
        offered.filter(
          (scope) =>
            isManaging || !isForManaging(scope) || [...had, ...chosen].includes(scope.name),
        ),
      ),
    [offered, isManaging, had, chosen],
  );
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
  const found = new Set(shown.flatMap((subject) => subject.scopes.map((scope) => columnOf(scope, subject)))); // prettier-ignore
  const used = columns.filter((column) => found.has(column));
  const held = new Set(chosen);
  const set = (names: readonly string[], isHeld: boolean) => {
    const next = new Set(chosen);
    for (const name of names)
      if (isHeld) next.add(name);
      else next.delete(name);
    onChange([...next].sort());
  };
  const readable = subjectsOf(offered.filter((scope) => !isForManaging(scope))).flatMap((subject) =>
    subject.scopes.filter((scope) => columnOf(scope, subject) === 'Read').map(({ name }) => name),
  );
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
          // Looking for a scope is not yet making the key.
          onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
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
            Choose none
          </Button>
        </Group>
      </Group>
      <ScrollArea.Autosize mah={480} type="auto">
        <Table verticalSpacing={6} layout="fixed" aria-label="Scopes" className="stacks">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="28%">About</Table.Th>
              {used.map((column) => (
                <Table.Th key={column}>{column}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((subject) => (
              <Table.Tr key={subject.name}>
                <Table.Th scope="row" fw={600} className="breakable">
                  {subject.name}
                  {isLatchkeys(subject) && (
                    <Text fz="xs" c="dimmed">
                      Latchkey itself
                    </Text>
                  )}
                </Table.Th>
                {used.map((column) => (
                  <Table.Td key={column}>
                    <Stack gap={6}>
                      {subject.scopes
                        .filter((scope) => columnOf(scope, subject) === column)
                        .map((scope) => (
                          <ScopeBox
                            key={scope.name}
                            scope={scope}
                            subject={subject.name}
                            isHeld={held.has(scope.name)}
                            onChange={(isHeld) => set([scope.name], isHeld)}
                          />
                        ))}
                    </Stack>
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {shown.length === 0 && (
          <Text c="dimmed" p="md">
            {isLoading
              ? 'Loading the scopes…'
              : offered.length === 0
                ? 'There are no scopes that you may give.'
                : 'No scope is like that.'}
          </Text>
        )}
      </ScrollArea.Autosize>
      {offered.some(isForManaging) && (
        <Switch
          label="Show the scopes of the management API"
          description="For a program that manages keys, not for one that calls an API"
          checked={isManaging}
          onChange={(event) => setIsManaging(event.currentTarget.checked)}
        />
      )}
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
  return (
    <Checkbox
      checked={isHeld}
      onChange={(event) => onChange(event.currentTarget.checked)}
      aria-label={scope.name}
      label={
        <Group gap={6}>
          {verbOf(scope, subject) || scope.name}
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
