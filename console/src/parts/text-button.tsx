import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';

/** A button in the midst of text, such as a cell that opens its row or becomes a filter. */
export function TextButton({
  title,
  label,
  onClick,
  children,
}: {
  /** Told at a hover, beside what stands there. */
  title?: string;
  /** Its name, where what stands there does not say enough by itself. */
  label?: string;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <Anchor
      component="button"
      type="button"
      fz="inherit"
      ta="left"
      style={{ overflowWrap: 'anywhere' }}
      {...(title !== undefined && { title })}
      {...(label !== undefined && { 'aria-label': label })}
      onClick={onClick}
    >
      {children}
    </Anchor>
  );
}
