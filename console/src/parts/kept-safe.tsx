import { Button, Checkbox, Group } from '@mantine/core';
import { useState } from 'react';

/** The only way out of a dialog that shows something once. @param what was shown, in the accusative: `it` or `them` */
export function KeptSafe({ what, onDone }: { what: 'it' | 'them'; onDone: () => void }) {
  const [isKept, setIsKept] = useState(false);
  return (
    <>
      <Checkbox
        label={`I have put ${what} somewhere safe`}
        checked={isKept}
        onChange={(event) => setIsKept(event.currentTarget.checked)}
      />
      <Group justify="flex-end">
        <Button disabled={!isKept} onClick={onDone}>
          Done
        </Button>
      </Group>
    </>
  );
}
