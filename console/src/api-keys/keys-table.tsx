import { Checkbox, Code, Group, Table, Text } from '@mantine/core';
import { memo } from 'react';
import { PageAnchor } from '../parts/links.js';
import { Time } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { DayOfHours } from './day-of-hours.js';
import { AllowlistBadge, EnvironmentBadge, RotatingBadge, StateBadge } from './badges.js';
import { currentSecretOf, type ListedKey } from './keys.js';
import { ScopesInWords } from './scopes-in-words.js';

/** Which rows are chosen, by the ids of their keys. */
export interface Choice {
  /** Whether a key can be chosen. */
  readonly isOffered: (key: ListedKey) => boolean;
  readonly chosen: ReadonlySet<string>;
  readonly choose: (ids: readonly string[], isChosen: boolean) => void;
}

/** Keys at a glance. @param choice where some of them can be chosen, to do something to all of those */
export function KeysTable({ keys, choice }: { keys: readonly ListedKey[]; choice: Choice | null }) {
  const ids = keys.filter((key) => choice?.isOffered(key)).map(({ id }) => id);
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
            <Table.Th>Scopes</Table.Th>
            <Table.Th>From</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => (
            <KeyRow
              key={key.id}
              apiKey={key}
              isChosen={choice?.chosen.has(key.id) ?? false}
              isOffered={choice?.isOffered(key) ?? false}
              choose={choice?.choose ?? null}
            />
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

/** Drawn anew only when it is another: choosing one of a hundred, or taking a filter away, would draw all. */
const KeyRow = memo(function KeyRow({
  apiKey: key,
  isChosen,
  isOffered,
  choose,
}: {
  apiKey: ListedKey;
  isChosen: boolean;
  isOffered: boolean;
  choose: Choice['choose'] | null;
}) {
  const secret = currentSecretOf(key);
  return (
    <Table.Tr>
      {choose && (
        <Table.Td>
          {isOffered && (
            <Checkbox
              aria-label={`Choose ${key.name}`}
              checked={isChosen}
              onChange={(event) => choose([key.id], event.currentTarget.checked)}
            />
          )}
        </Table.Td>
      )}
      <Table.Td maw={290}>
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
        <Text fz="xs" c="dimmed" component="div">
          {secret && <Code>{secret.start}…</Code>}{' '}
          <span className="nowrap">
            made <Time at={key.createdAt} />
          </span>
          {secret && secret.createdAt !== key.createdAt && (
            <span className="nowrap">
              , secret <Time at={secret.createdAt} />
            </span>
          )}
        </Text>
      </Table.Td>
      <Table.Td>
        <Group gap={6}>
          <StateBadge state={key.state} />
          <EnvironmentBadge environment={key.environment} />
          {key.openRotation && <RotatingBadge />}
        </Group>
        {key.expiresAt !== null && (
          <Text fz="xs" c="dimmed">
            {key.state === 'expired' ? 'expired' : 'expires'} <Time at={key.expiresAt} />
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <LastUsed apiKey={key} />
      </Table.Td>
      <Table.Td maw={240}>
        <ScopesInWords scopes={key.scopes} />
      </Table.Td>
      <Table.Td>
        <AllowlistBadge ipAllowlist={key.ipAllowlist} />
      </Table.Td>
    </Table.Tr>
  );
});

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
