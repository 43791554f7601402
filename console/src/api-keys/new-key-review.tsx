import { Alert, Badge, Group, Stack, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { allowlistOf } from '../ip-allowlists/allowlist-fields.js';
import { counted } from '../parts/counted.js';
import { TextButton } from '../parts/text-button.js';
import { Time } from '../parts/time.js';
import { limitsOf } from '../rate-limits/limits.js';
import { isForManaging, type Scope } from './keys.js';
import type { NewKey, Step } from './new-key.js';
import { ScopesInWords } from './scopes-in-words.js';

const namesShown = 40;

/** A key that is about to be made, in words: each of them can still be changed. */
export function NewKeyReview({
  draft,
  expiresAt,
  catalogue,
  go,
}: {
  draft: NewKey;
  /** As it will be sent. */
  expiresAt: string | null;
  catalogue: readonly Scope[];
  go: (step: Step) => void;
}) {
  const chosen = catalogue.filter(({ name }) => draft.scopes.includes(name));
  const sensitive = chosen.filter((scope) => scope.sensitive);
  const categories = [...new Set(chosen.flatMap(({ dataCategories }) => dataCategories))].sort();
  const facts: readonly (readonly [string, Step, ReactNode])[] = [
    [
      'Key',
      'who',
      <>
        <Text fz="sm" fw={600} className="breakable">
          {draft.name}
        </Text>
        <Text fz="sm" c="dimmed">
          for {draft.environment}
        </Text>
      </>,
    ],
    [
      'For whom',
      'who',
      draft.recipient.trim() === '' && draft.contactEmail.trim() === '' ? (
        <Text fz="sm" c="dimmed">
          for yourselves
        </Text>
      ) : (
        <Text fz="sm" className="breakable">
          {[draft.recipient, draft.contactEmail].filter((text) => text.trim() !== '').join(', ')}
        </Text>
      ),
    ],
    ...(draft.purpose.trim() === ''
      ? []
      : [
          [
            'What for',
            'who',
            <Text fz="sm" className="breakable">
              {draft.purpose}
            </Text>,
          ] as const,
        ]),
    [
      'Scopes',
      'what',
      <Stack gap={6}>
        <ScopesInWords scopes={draft.scopes} shown={12} />
        {draft.scopes.length > 0 && (
          <Text fz="xs" c="dimmed" className="breakable">
            {draft.scopes.slice(0, namesShown).join(', ')}
            {draft.scopes.length > namesShown && ` and ${draft.scopes.length - namesShown} more`}
          </Text>
        )}
        {(sensitive.length > 0 || categories.length > 0) && (
          <Group gap={6}>
            {sensitive.length > 0 && (
              <Badge color="red" variant="light" tt="none">
                {counted(sensitive.length, 'is sensitive', 'are sensitive')}
              </Badge>
            )}
            {categories.map((category) => (
              <Badge key={category} color="gray" variant="light" tt="none">
                {category}
              </Badge>
            ))}
          </Group>
        )}
      </Stack>,
    ],
    ['From where', 'limits', <Text fz="sm">{placesOf(draft)}</Text>],
    ['How often', 'limits', <Text fz="sm">{paceOf(draft)}</Text>],
    [
      'Until',
      'limits',
      expiresAt === null ? <Text fz="sm">it is revoked</Text> : <Time at={expiresAt} exact />,
    ],
  ];
  return (
    <Stack>
      <Table aria-label="The key that is about to be made" className="stacks">
        <Table.Tbody>
          {facts.map(([label, step, value]) => (
            <Table.Tr key={label}>
              <Table.Th scope="row" w={120}>
                {label}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
              <Table.Td ta={{ base: 'left', xs: 'right' }} w={90}>
                <TextButton onClick={() => go(step)} label={`Change: ${label}`}>
                  Change
                </TextButton>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {advice(draft, { chosen, sensitive }).map((says) => (
        <Alert key={says} color="yellow">
          {says}
        </Alert>
      ))}
    </Stack>
  );
}

function placesOf({ allowlist }: NewKey): string {
  const count = counted(allowlistOf(allowlist).entries.length, 'address or network', 'addresses and networks'); // prettier-ignore
  switch (allowlist.mode) {
    case 'off':
      return 'from everywhere that the account allows';
    case 'report':
      return `${count}; calls from elsewhere pass and are reported`;
    case 'enforce':
      return `${count}; calls from elsewhere are refused`;
  }
}

function paceOf({ limits }: NewKey): string {
  const { rolling, daily } = limitsOf(limits);
  const said = [
    rolling &&
      `${counted(rolling.requests, 'call')} in ${counted(rolling.windowSeconds, 'second')}`,
    daily && `${counted(daily.requests, 'call')} a day`,
  ].filter((text) => text !== null);
  return said.length === 0 ? 'no limit of its own' : `at most ${said.join(' and ')}`;
}

/** What somebody who cares for the account would ask once more. */
function advice(
  { scopes, allowlist }: NewKey,
  { chosen, sensitive }: { chosen: readonly Scope[]; sensitive: readonly Scope[] },
): readonly string[] {
  const said: string[] = [];
  if (scopes.length === 0)
    said.push('Without a scope, the key opens only routes that any key may call.');
  if (chosen.some(isForManaging))
    said.push('This key can use the management API: give it to programs that manage keys only.');
  if (allowlist.mode === 'enforce' && allowlistOf(allowlist).entries.length === 0)
    said.push('Its list is empty and enforced: no call will be let through.');
  if (sensitive.length > 0 && allowlist.mode === 'off')
    said.push(
      'It opens sensitive data, and can be used from everywhere. If you know where it will be used, say so: a list may report before it refuses.',
    );
  return said;
}
