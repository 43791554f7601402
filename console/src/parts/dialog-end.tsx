import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';

/** Of a dialog that only its own buttons end: what it shows once, or has under way, is not to go away by a slip. */
export const onlyByItsButtons = {
  ...{ withCloseButton: false, closeOnEscape: false, closeOnClickOutside: false },
};

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
