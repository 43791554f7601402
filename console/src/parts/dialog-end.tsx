import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';

/** How a dialog or a form ends: the way out first, then what it is there for. @param no what the way out is called */
export function DialogEnd({
  no = 'Not now',
  onNo,
  children,
}: {
  no?: string;
  onNo: () => void;
  children: ReactNode;
}) {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onNo}>
        {no}
      </Button>
      {children}
    </Group>
  );
}
