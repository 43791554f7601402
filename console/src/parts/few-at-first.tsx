import { Button, Group, Stack } from '@mantine/core';
import { useState, type ReactNode } from 'react';

/** The first of many, and more of them when asked for: a page of thousands of rows is slow and nobody reads it. */
export function FewAtFirst<T>({
  all,
  what,
  step = 100,
  children,
}: {
  all: readonly T[];
  /** What they are, such as "routes". */
  what: string;
  /** How many at once. */
  step?: number;
  children: (shown: readonly T[]) => ReactNode;
}) {
  const [count, setCount] = useState(step);
  const rest = all.length - count;
  return (
    <Stack gap="sm">
      {children(all.slice(0, count))}
      {rest > 0 && (
        <Group justify="center">
          <Button variant="default" onClick={() => setCount(count + step)}>
            Show more: {rest.toLocaleString()} {what} are left
          </Button>
        </Group>
      )}
    </Stack>
  );
}
