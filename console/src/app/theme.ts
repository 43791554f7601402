import {
  createTheme,
  Drawer,
  Modal,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from '@mantine/core';

/** A blue-green, dark enough at 8 for white text (AA). */
const latch: MantineColorsTuple = [
  '#e3f6f8', '#d2ebee', '#a8d6dc', '#7bc1ca', '#56afba', '#3fa4b0', '#2f9fac', '#1c8a97', '#0b7285', '#005f70',
]; // prettier-ignore

export const theme = createTheme({
  primaryColor: 'latch',
  primaryShade: 8,
  autoContrast: true,
  colors: { latch },
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  defaultRadius: 'md',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
  components: {
    // A cross alone has no name (WCAG 4.1.2).
    Modal: Modal.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
    Drawer: Drawer.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
  },
});

/** Mantine's own greys are too light for small text (WCAG 1.4.3). */
export const contrast: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5a6270',
    '--mantine-color-placeholder': '#6b7280',
    '--mantine-color-error': '#c92a2a',
  },
  dark: {
    '--mantine-color-dimmed': '#a6adb8',
    '--mantine-color-placeholder': '#8f97a3',
    '--mantine-color-error': '#ff8787',
  },
});
