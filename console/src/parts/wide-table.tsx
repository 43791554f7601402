import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

/** A table that is wider than a narrow screen: it scrolls by itself, and by the keyboard as well (WCAG 2.1.1). */
export function WideTable({
  minWidth,
  label,
  children,
}: {
  /** Pixels. */
  minWidth: number;
  /** What the table is of. */
  label: string;
  children: ReactNode;
}) {
  return (
    <Table.ScrollContainer
      minWidth={minWidth}
      scrollAreaProps={{
        // Seen before anybody scrolls, or else it would look as if that were all.
        type: 'auto',
        offsetScrollbars: 'present',
        viewportProps: { tabIndex: 0, role: 'region', 'aria-label': label },
      }}
    >
      {children}
    </Table.ScrollContainer>
  );
}
