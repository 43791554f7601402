import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** A blue-green, dark enough at 8 for white text (AA). */
const latch: MantineColorsTuple = [
  '#e3f6f8', '#d2ebee', '#a8d6dc', '#7bc1ca', '#56afba', '#3fa4b0', '#2f9fac', '#1c8a97', '#0b7285', '#005f70',
]; // prettier-ignore

export const theme = createTheme({
  primaryColor: 'latch',
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  colors: { latch },
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  defaultRadius: 'md',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
});
