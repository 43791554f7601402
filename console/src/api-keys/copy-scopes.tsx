import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { counted } from '../parts/counted.js';
import { KeySelect } from './key-select.js';
import type { ApiKey, Scope } from './keys.js';

/**
 * Chooses what another key has, in place of what is chosen.
 *
 * @param offered what can be chosen: a key may have more, such as by an admin
 */
export function CopyScopes({
  accountId,
  offered,
  onCopy,
}: {
  accountId: string;
  offered: readonly Scope[];
  onCopy: (scopes: string[]) => void;
}) {
  const [source, setSource] = useState<ApiKey>();
  const names = new Set(offered.map(({ name }) => name));
  const [copied, left] = [
    source?.scopes.filter((scope) => names.has(scope)) ?? [],
    source?.scopes.filter((scope) => !names.has(scope)) ?? [],
  ];
  return (
    <Stack gap={4}>
      <KeySelect
        accountId={accountId}
        label="Copy scopes from a key"
        description="They take the place of those that are chosen, and can be changed before anything is saved."
        placeholder="Look for a key"
        value={source?.id}
        onChange={(_, key) => {
          setSource(key);
          if (key) onCopy(key.scopes.filter((scope) => names.has(scope)));
        }}
      />
      <Text fz="sm" role="status">
        {source && `Chosen: ${counted(copied.length, 'scope')} of ${source.name}. `}
        {left.length > 0 && `It has more, which is not copied: ${left.join(', ')}.`}
      </Text>
    </Stack>
  );
}
