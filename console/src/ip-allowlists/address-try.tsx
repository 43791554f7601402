import { Button, Code, Group, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { checkAddress, type ListOwner } from './allowlists.js';

/** An address is tried against the list that is in force. */
export function AddressTry({ owner }: { owner: ListOwner }) {
  const [ip, setIp] = useState('');
  const check = useMutation({ mutationFn: () => checkAddress(owner, ip.trim()) });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        check.mutate();
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
            {check.data.allowed ? 'It is let through' : 'It is refused'}
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
