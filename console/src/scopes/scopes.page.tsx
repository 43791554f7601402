import { Badge, Button, Code, Group, Modal, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { scopesQuery, type Scope } from '../api-keys/keys.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { FewAtFirst } from '../parts/few-at-first.js';
import { PageHead } from '../parts/page-head.js';
import { RowButton } from '../parts/row-button.js';
import { isFoundIn, SearchField } from '../parts/search-field.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { WideTable } from '../parts/wide-table.js';
import { ForOperator } from '../session/for-operator.js';
import { ScopeForm } from './scope-form.js';
import { useScopeRemoval } from './scopes.js';

/** Latchkey's own are what they are. */
const isOwn = ({ name }: Scope) => name.startsWith('latchkey.');

/** Everything that a key can be allowed to do. */
export function ScopesPage() {
  const { q } = useSearch({ from: '/inside/installation/scopes' });
  const navigate = useNavigate({ from: '/installation/scopes' });
  const [adding, { open, close }] = useDisclosure();
  const scopes = useQuery(scopesQuery);
  const all = (scopes.data ?? []).filter((scope) => !isOwn(scope));
  const found = all.filter(({ name, description, dataCategories }) =>
    isFoundIn(q, name, description, ...dataCategories),
  );
  const known = [...new Set(all.flatMap(({ dataCategories }) => dataCategories))].sort();
  return (
    <>
      <PageHead
        title="Scopes"
        actions={
          <ForOperator>
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
              New scope
            </Button>
          </ForOperator>
        }
      >
        What a key can be allowed to do. An OpenAPI import adds those that its document names.
      </PageHead>
      <Stack>
        {/* In a row: in a column it would grow downwards. */}
        <Group>
          <SearchField
            sought={q}
            placeholder="Name, description or kind of data"
            onSeek={(next) => void navigate({ search: { q: next }, replace: true })}
          />
        </Group>
        {scopes.error && <ProblemAlert error={scopes.error} />}
        {scopes.isPending && <Skeleton height={220} aria-label="Loading the scopes" />}
        {scopes.data && all.length === 0 && <Nothing title="The catalogue is empty" />}
        {all.length > 0 && found.length === 0 && <Nothing title="No scope is like that" />}
        {found.length > 0 && (
          <FewAtFirst key={q} all={found} what="scopes">
            {(shown) => <ScopesTable scopes={shown} known={known} />}
          </FewAtFirst>
        )}
      </Stack>
      <Modal opened={adding} onClose={close} title="New scope" size="lg">
        <ScopeForm taken={all.map(({ name }) => name)} known={known} onDone={close} />
      </Modal>
    </>
  );
}

function ScopesTable({ scopes, known }: { scopes: readonly Scope[]; known: readonly string[] }) {
  return (
    <WideTable minWidth={760} label="Scopes">
      <Table verticalSpacing="xs" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Scope</Table.Th>
            <Table.Th>Lets</Table.Th>
            <Table.Th>Personal data</Table.Th>
            <Table.Td />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {scopes.map((scope) => (
            <ScopeRow key={scope.name} scope={scope} known={known} />
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

function ScopeRow({ scope, known }: { scope: Scope; known: readonly string[] }) {
  const { name, description, sensitive, dataCategories } = scope;
  const [editing, edit] = useDisclosure();
  const [asking, ask] = useDisclosure();
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap={6}>
          <Code>{name}</Code>
          {sensitive && (
            <Badge size="sm" color="red" variant="light" tt="none">
              sensitive
            </Badge>
          )}
        </Group>
      </Table.Td>
      <Table.Td maw={360}>
        <Text fz="sm" lineClamp={3}>
          {description}
        </Text>
      </Table.Td>
      <Table.Td>
        <Text fz="sm">{dataCategories.join(', ')}</Text>
      </Table.Td>
      <Table.Td>
        <ForOperator>
          <Group gap={4} justify="flex-end" wrap="nowrap">
            <RowButton onClick={edit.open} aria-label={`Edit ${name}`}>
              Edit…
            </RowButton>
            <RowButton color="red" onClick={ask.open} aria-label={`Delete ${name}`}>
              Delete…
            </RowButton>
          </Group>
        </ForOperator>
        <Modal opened={editing} onClose={edit.close} title={`Edit ${name}`} size="lg">
          <ScopeForm scope={scope} taken={[]} known={known} onDone={edit.close} />
        </Modal>
        <Modal opened={asking} onClose={ask.close} title={`Delete ${name}`}>
          <Removal name={name} onCancel={ask.close} />
        </Modal>
      </Table.Td>
    </Table.Tr>
  );
}

function Removal({ name, onCancel }: { name: string; onCancel: () => void }) {
  const removal = useScopeRemoval(name);
  return (
    <Stack>
      <Text>
        A scope goes only when no key holds it and no route asks for it: what would break is told,
        and nothing is changed.
      </Text>
      {removal.error && <ProblemAlert error={removal.error} title="It was not deleted" />}
      <DialogEnd no="Keep" onNo={onCancel}>
        <Button color="red" loading={removal.isPending} onClick={() => removal.mutate()}>
          Delete
        </Button>
      </DialogEnd>
    </Stack>
  );
}
