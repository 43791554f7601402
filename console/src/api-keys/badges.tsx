import { Badge, Text } from '@mantine/core';
import { isAddress } from '../ip-allowlists/holds-address.js';
import { counted } from '../parts/counted.js';
import { Hint } from '../parts/hint.js';
import type { ApiKey } from './keys.js';

const stateColors: Readonly<Record<ApiKey['state'], string>> = {
  active: 'green',
  suspended: 'yellow',
  revoked: 'red',
  expired: 'gray',
};

export function StateBadge({ state }: { state: ApiKey['state'] }) {
  return (
    <Badge variant="light" color={stateColors[state]} tt="none">
      {state}
    </Badge>
  );
}

const environmentColors: Readonly<Record<ApiKey['environment'], string>> = {
  production: 'latch',
  staging: 'grape',
  qa: 'indigo',
  development: 'gray',
};

export function EnvironmentBadge({ environment }: Pick<ApiKey, 'environment'>) {
  return (
    <Badge variant="outline" color={environmentColors[environment]} tt="none">
      {environment}
    </Badge>
  );
}

/** Two secrets of the key are valid. */
export function RotatingBadge() {
  return (
    <Badge variant="light" color="violet" tt="none">
      rotating
    </Badge>
  );
}

/** What the key's list does to calls: in words, because a number says nothing of the mode. */
export function AllowlistBadge({ ipAllowlist: { mode, entries } }: Pick<ApiKey, 'ipAllowlist'>) {
  if (mode === 'off')
    return (
      <Text span fz="sm" c="dimmed" className="nowrap">
        any address
      </Text>
    );
  const networks = entries.some(({ cidr }) => !isAddress(cidr))
    ? counted(entries.length, 'network')
    : counted(entries.length, 'address', 'addresses');
  return (
    <Hint
      label={
        entries.length === 0
          ? 'Nobody is admitted'
          : entries
              .map(({ cidr }) => cidr)
              .slice(0, 20)
              .join(', ')
      }
    >
      <Badge
        variant="light"
        color={mode === 'enforce' ? 'green' : 'yellow'}
        tt="none"
        miw="max-content"
      >
        {networks}
      </Badge>
      {mode === 'report' && (
        <Text span display="block" fz="xs" c="dimmed" className="nowrap">
          reporting only
        </Text>
      )}
    </Hint>
  );
}
