import { Button, Code, Group, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Allowlist } from './allowlist-fields.js';
import { checkAddress, type ListOwner } from './allowlists.js';
import { entryThatHolds, isAddress } from './holds-address.js';

/**
 * An address is tried against the list that is in force, or against one that is not saved yet.
 *
 * @param typed the list as it is typed, where that is another than the one in force
 */
export function AddressTry({ owner, typed }: { owner: ListOwner; typed: Allowlist | null }) {
  const [ip, setIp] = useState('');
  const check = useMutation({
    mutationFn: async (tried: string) => {
      if (!isAddress(tried)) throw new Error('This is no address.');
      if (typed === null) return { tried, isTyped: false, ...(await checkAddress(owner, tried)) };
      const matched = entryThatHolds(typed.entries, tried)?.cidr ?? null;
      return { tried, isTyped: true, allowed: matched !== null, matched };
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        check.mutate(ip.trim());
      }}
    >
      <Group align="flex-end">
        <TextInput
          label="Try an address"
          placeholder="203.0.113.7"
          value={ip}
          onChange={(event) => setIp(event.currentTarget.value)}
          error={check.error?.message}
        />
        <Button
          type="submit"
          variant="default"
          disabled={ip.trim() === ''}
          loading={check.isPending}
        >
          Try
        </Button>
        {check.data && (
          <Text fz="sm" role="status">
            {check.data.isTyped && 'As it is typed, before it is saved: '}
            {check.data.tried} {check.data.allowed ? 'is let through' : 'is refused'}
            {check.data.matched !== null && (
              <>
                {' '}
                by <Code>{check.data.matched}</Code>
              </>
            )}
            .
          </Text>
        )}
      </Group>
    </form>
  );
}
