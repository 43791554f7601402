import { Button, type ButtonProps } from '@mantine/core';
import { forwardRef, type ComponentPropsWithoutRef } from 'react';

/** What can be done with what a row is about. Red is what takes it away. */
export const RowButton = forwardRef<
  HTMLButtonElement,
  Omit<ButtonProps, 'variant' | 'size'> &
    Omit<ComponentPropsWithoutRef<'button'>, 'color' | 'style'>
>((props, ref) => <Button ref={ref} variant="subtle" size="compact-sm" {...props} />);
