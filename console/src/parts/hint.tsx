import { Box, Tooltip } from '@mantine/core';
import { useWindowEvent } from '@mantine/hooks';
import { useId, useRef, useState, type ReactNode } from 'react';

/**
 * What is told of something at a hover, a focus or a touch. It is made once somebody asks: a page of rows has hundreds of them, and
 * they would cost more than the rows.
 */
export function Hint({ label, children }: { label: string; children: ReactNode }) {
  const id = useId();
  const place = useRef<HTMLSpanElement>(null);
  const [isAsked, setIsAsked] = useState(false);
  const ask = () => setIsAsked(true);
  const leave = () => setIsAsked(false);
  return (
    <>
      <Box
        component="span"
        ref={place}
        tabIndex={0}
        onPointerEnter={ask}
        onPointerLeave={leave}
        onFocus={ask}
        onBlur={leave}
        {...(isAsked && { 'aria-describedby': id })}
      >
        {children}
      </Box>
      {isAsked && <Told id={id} label={label} of={place} onLeave={leave} />}
    </>
  );
}

function Told({
  id,
  label,
  of,
  onLeave,
}: {
  id: string;
  label: string;
  of: React.RefObject<HTMLSpanElement | null>;
  onLeave: () => void;
}) {
  // Out of the way without moving the pointer (WCAG 1.4.13).
  useWindowEvent('keydown', ({ key }) => key === 'Escape' && onLeave());
  return <Tooltip id={id} target={of} label={label} opened multiline maw={400} />;
}
