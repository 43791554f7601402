import { Badge, Text, Tooltip } from '@mantine/core';
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

/** What the key's list does to calls: in words, because a number says nothing of the mode. */
export function AllowlistBadge({ ipAllowlist: { mode, entries } }: Pick<ApiKey, 'ipAllowlist'>) {
  if (mode === 'off')
    return (
      <Text span fz="sm" c="dimmed" className="nowrap">
        any address
      </Text>
    );
  const networks = `${entries.length} ${entries.length === 1 ? 'address' : 'addresses'}`;
  return (
    <Tooltip
      label={
        entries.length === 0
          ? 'Nobody is admitted'
          : entries
              .map(({ cidr }) => cidr)
              .slice(0, 20)
              .join(', ')
      }
      multiline
      maw={360}
    >
      <span>
        <Badge
          variant="light"
          color={mode === 'enforce' ? 'green' : 'yellow'}
          tt="none"
          miw="max-content"
        >
          {networks}
        </Badge>
        {mode === 'report' && (
          <Text fz="xs" c="dimmed" className="nowrap">
            reporting only
          </Text>
        )}
      </span>
    </Tooltip>
  );
}
