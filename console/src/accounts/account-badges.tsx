import { Badge, Group } from '@mantine/core';
import type { Account } from './accounts.js';

/** Whether an account's keys work, and what is special about it. */
export function AccountBadges({ account }: { account: Account }) {
  return (
    <Group gap={6}>
      <Badge variant="light" color={account.state === 'active' ? 'green' : 'yellow'} tt="none">
        {account.state}
      </Badge>
      <Badge variant="outline" color="gray" tt="none">
        {account.kind}
      </Badge>
      {account.isOperator && (
        <Badge variant="light" tt="none">
          operator
        </Badge>
      )}
    </Group>
  );
}
