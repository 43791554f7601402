import { Button, CloseButton, Group, Popover, Stack, Text, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useState } from 'react';
import { useVisitor } from '../session/session.js';
import { filterOf, type CallFilter, type LogOwner } from './calls.js';
import { readLogSearch } from './log-search.js';

interface SavedView {
  readonly name: string;
  readonly filter: CallFilter;
}

/** What was kept is read like an address: somebody else may have written it. */
function readViews(text: string | undefined): readonly SavedView[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(kept)) return [];
    return kept.flatMap((one: Partial<SavedView> | null) => {
      if (typeof one?.name !== 'string') return [];
      return [{ name: one.name, filter: filterOf(readLogSearch({ ...one.filter })) }];
    });
  } catch {
    return [];
  }
}

/** Filters under a name, kept in this browser for whoever is signed in. */
export function SavedViews({
  owner,
  filter,
  onChoose,
}: {
  owner: LogOwner;
  filter: CallFilter;
  onChoose: (filter: CallFilter) => void;
}) {
  const visitor = useVisitor();
  const [views, setViews] = useLocalStorage<readonly SavedView[]>({
    key: `latchkey.views.${visitor.person.id}.${owner ?? 'all'}`,
    defaultValue: [],
    deserialize: readViews,
    getInitialValueInEffect: false,
  });
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState('');
  return (
    <Popover opened={opened} onChange={setOpened} width={300} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" onClick={() => setOpened(!opened)}>
          Views
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Saved views">
        <Stack gap="xs">
          {views.length === 0 && (
            <Text fz="sm" c="dimmed">
              Set filters, and keep them here under a name. They stay in this browser.
            </Text>
          )}
          {views.map((view) => (
            <Group key={view.name} wrap="nowrap" gap="xs">
              <Button
                variant="subtle"
                size="compact-sm"
                flex={1}
                justify="flex-start"
                onClick={() => {
                  onChoose(view.filter);
                  setOpened(false);
                }}
              >
                {view.name}
              </Button>
              <CloseButton
                aria-label={`Forget ${view.name}`}
                onClick={() => setViews(views.filter((one) => one !== view))}
              />
            </Group>
          ))}
          <form
            onSubmit={(event) => {
              event.preventDefault();
              const kept = name.trim();
              if (kept === '') return;
              setViews([...views.filter((one) => one.name !== kept), { name: kept, filter }]);
              setName('');
            }}
          >
            <Group wrap="nowrap" gap="xs" align="flex-end">
              <TextInput
                label="Keep these filters as"
                maxLength={80}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                flex={1}
              />
              <Button type="submit" variant="default" disabled={name.trim() === ''}>
                Keep
              </Button>
            </Group>
          </form>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
