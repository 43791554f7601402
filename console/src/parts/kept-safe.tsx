import { Button, Checkbox, Group } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { useRef, useState } from 'react';

/**
 * The only way out of a dialog that shows something once: whoever goes back, reloads or is signed out meanwhile is asked first.
 *
 * @param what was shown, in the accusative: `it` or `them`
 */
export function KeptSafe({ what, onDone }: { what: 'it' | 'them'; onDone: () => void }) {
  const [isKept, setIsKept] = useState(false);
  const isOver = useRef(false);
  useBlocker({
    // Another place of the same page shows the same dialog: one stays where one is.
    shouldBlockFn: ({ current, next }) =>
      !isOver.current &&
      (current.pathname === next.pathname ||
        !window.confirm(`What is shown here is shown this once. Go away without ${what}?`)),
    enableBeforeUnload: () => !isOver.current,
  });
  return (
    <>
      <Checkbox
        label={`I have put ${what} somewhere safe`}
        checked={isKept}
        onChange={(event) => setIsKept(event.currentTarget.checked)}
      />
      <Group justify="flex-end">
        <Button
          disabled={!isKept}
          onClick={() => {
            isOver.current = true;
            onDone();
          }}
        >
          Done
        </Button>
      </Group>
    </>
  );
}
