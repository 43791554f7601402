import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** One thing that is so, under the name it has. */
export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <Text fz="xs" c="dimmed">
        {label}
      </Text>
      <Text component="div">{children}</Text>
    </div>
  );
}
