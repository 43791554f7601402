import { Stack, Table, Text } from '@mantine/core';
import { Time } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import type { AuditEvent } from './events.js';
import { changesBetween, fieldInWords, listChange, told, type FieldChange } from './changes.js';

/** What an event changed, field by field: as it was, and as it is. */
export function ChangeTable({ event: { before, after } }: { event: AuditEvent }) {
  const changes = changesBetween(before, after);
  if (changes.length === 0)
    return <Text c="dimmed">Nothing that is kept was changed by it: it is on record.</Text>;
  const [hasBefore, hasAfter] = [before !== null, after !== null];
  return (
    <WideTable minWidth={420} label="What was changed">
      <Table
        aria-label="What was changed"
        verticalSpacing="xs"
        style={{ overflowWrap: 'anywhere' }}
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="30%">Field</Table.Th>
            {hasBefore && <Table.Th>{hasAfter ? 'Before' : 'As it was'}</Table.Th>}
            {hasAfter && <Table.Th>{hasBefore ? 'After' : 'As it was made'}</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {changes.map((change) => (
            <Table.Tr key={change.field}>
              <Table.Th scope="row" fw={500} title={change.field}>
                {fieldInWords(change.field)}
              </Table.Th>
              <Values change={change} hasBefore={hasBefore} hasAfter={hasAfter} />
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

function Values({
  change,
  hasBefore,
  hasAfter,
}: {
  change: FieldChange;
  hasBefore: boolean;
  hasAfter: boolean;
}) {
  const lists = listChange(change);
  if (lists !== null)
    return (
      <Table.Td colSpan={2}>
        <Stack gap={2}>
          {lists.lost.map((one) => (
            <Text key={one} inherit component="del">
              − {one}
            </Text>
          ))}
          {lists.got.map((one) => (
            <Text key={one} inherit component="ins" td="none" fw={600}>
              + {one}
            </Text>
          ))}
          {lists.kept > 0 && (
            <Text fz="sm" c="dimmed">
              and {lists.kept} as before
            </Text>
          )}
        </Stack>
      </Table.Td>
    );
  return (
    <>
      {hasBefore && (
        <Table.Td>
          <Text inherit component={hasAfter ? 'del' : 'span'}>
            <Value value={change.before} />
          </Text>
        </Table.Td>
      )}
      {hasAfter && (
        <Table.Td>
          <Text inherit component="span" fw={hasBefore ? 600 : 400}>
            <Value value={change.after} />
          </Text>
        </Table.Td>
      )}
    </>
  );
}

function Value({ value }: { value: unknown }) {
  return isMoment(value) ? <Time at={value} exact /> : told(value);
}

/** Moments stand in events as the API tells them. */
function isMoment(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}
