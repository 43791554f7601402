import { Badge, Checkbox, Code, Group, Table, Text, Tooltip } from '@mantine/core';
import { PageAnchor } from '../parts/links.js';
import { Time } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { DayOfHours } from './day-of-hours.js';
import { AllowlistBadge, EnvironmentBadge, StateBadge } from './badges.js';
import { canBeChanged, currentSecretOf, type ListedKey } from './keys.js';

/** Which rows are chosen, by the ids of their keys. */
export interface Choice {
  readonly chosen: ReadonlySet<string>;
  readonly choose: (ids: readonly string[], isChosen: boolean) => void;
}

/** Keys at a glance. @param choice where some of them can be chosen, to do something to all of those */
export function KeysTable({ keys, choice }: { keys: readonly ListedKey[]; choice: Choice | null }) {
  const ids = keys.filter(canBeChanged).map(({ id }) => id);
  const count = ids.filter((id) => choice?.chosen.has(id)).length;
  return (
    <WideTable minWidth={930} label="Keys">
      <Table verticalSpacing="sm" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {choice && (
              <Table.Th w={40}>
                <Checkbox
                  aria-label="Choose all that are shown"
                  checked={ids.length > 0 && count === ids.length}
                  indeterminate={count > 0 && count < ids.length}
                  disabled={ids.length === 0}
                  onChange={(event) => choice.choose(ids, event.currentTarget.checked)}
                />
              </Table.Th>
            )}
            <Table.Th>Key</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th className="nowrap">Last used</Table.Th>
            <Table.Th>Secret</Table.Th>
            <Table.Th>May</Table.Th>
            <Table.Th>From</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <KeyRow key={key.id} apiKey={key} choice={choice} />
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

function KeyRow({ apiKey: key, choice }: { apiKey: ListedKey; choice: Choice | null }) {
  const secret = currentSecretOf(key);
  return (
    <Table.Tr>
      {choice && (
        <Table.Td>
          {canBeChanged(key) && (
            <Checkbox
              aria-label={`Choose ${key.name}`}
              checked={choice.chosen.has(key.id)}
              onChange={(event) => choice.choose([key.id], event.currentTarget.checked)}
            />
          )}
        </Table.Td>
      )}
      <Table.Td maw={230}>
        <PageAnchor
          to="/accounts/$accountId/keys/$keyId"
          params={{ accountId: key.accountId, keyId: key.id }}
          fw={600}
          lineClamp={2}
        >
          {key.name}
        </PageAnchor>
        {(key.recipient ?? key.purpose) && (
          <Text fz="sm" c="dimmed" lineClamp={1}>
            {key.recipient ?? key.purpose}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap={6}>
          <StateBadge state={key.state} />
          <EnvironmentBadge environment={key.environment} />
          {key.openRotation && (
            <Badge variant="light" color="orange" tt="none">
              rotating
            </Badge>
          )}
        </Group>
        {key.expiresAt !== null && (
          <Text fz="xs" c="dimmed">
            expires <Time at={key.expiresAt} />
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <LastUsed apiKey={key} />
      </Table.Td>
      <Table.Td>
        {secret && (
          <>
            <Code>{secret.start}…</Code>
            <Text fz="xs" c="dimmed">
              made <Time at={secret.createdAt} />
            </Text>
          </>
        )}
      </Table.Td>
      <Table.Td maw={190}>
        <ScopesInWords scopes={key.scopes} />
      </Table.Td>
      <Table.Td>
        <AllowlistBadge ipAllowlist={key.ipAllowlist} />
      </Table.Td>
    </Table.Tr>
  );
}

/** When and from where it was used last, and its last 24 hours. */
function LastUsed({ apiKey: { hours, lastUsedAt, lastUsedIp } }: { apiKey: ListedKey }) {
  if (lastUsedAt === null)
    return (
      <Text fz="sm" c="dimmed">
        never
      </Text>
    );
  return (
    <>
      <DayOfHours hours={hours} />
      <Text fz="xs" c="dimmed">
        <Time at={lastUsedAt} />
        {lastUsedIp && ` from ${lastUsedIp}`}
      </Text>
    </>
  );
}

const scopesShown = 2;

function ScopesInWords({ scopes }: { scopes: readonly string[] }) {
  if (scopes.length === 0)
    return (
      <Text fz="sm" c="dimmed">
        no scopes
      </Text>
    );
  const rest = scopes.slice(scopesShown);
  return (
    <Text fz="sm" component="div">
      {scopes.slice(0, scopesShown).join(', ')}
      {rest.length > 0 && (
        <Tooltip label={rest.slice(0, 40).join(', ')} multiline maw={400}>
          <Text span inherit c="dimmed" tabIndex={0}>
            {' '}
            and {rest.length} more
          </Text>
        </Tooltip>
      )}
    </Text>
  );
}
