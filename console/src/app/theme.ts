import {
  Anchor,
  createTheme,
  Drawer,
  Menu,
  Modal,
  Notification,
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
    // A link is as large as the text that it stands in.
    Anchor: Anchor.extend({ defaultProps: { inherit: true } }),
    // The place that Mantine keeps for the focus is no item of a menu (WCAG 1.3.1); the first item takes it.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    // A cross alone has no name (WCAG 4.1.2).
    Modal: Modal.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
    Notification: Notification.extend({
      defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } },
      // Mantine's own greys are too light for small text (WCAG 1.4.3).
      styles: { description: { color: 'var(--mantine-color-dimmed)' } },
    }),
    Drawer: Drawer.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
  },
});

/** Mantine's own greys are too light for small text (WCAG 1.4.3); what is drawn or cannot be pressed is seen in the dark as well. */
export const contrast: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5a6270',
    '--mantine-color-placeholder': '#6b7280',
    '--mantine-color-error': '#c92a2a',
    '--chart-calls': 'var(--mantine-color-latch-8)',
    '--chart-denied': 'var(--mantine-color-red-8)',
    '--chart-old': 'var(--mantine-color-violet-6)',
    '--chart-stretch': 'var(--mantine-color-latch-0)',
  },
  dark: {
    '--mantine-color-dimmed': '#a6adb8',
    '--mantine-color-placeholder': '#8f97a3',
    '--mantine-color-error': '#ff8787',
    // Mantine's are nearly white there: a red word would look like any other.
    '--mantine-color-red-light-color': 'var(--mantine-color-red-4)',
    '--mantine-color-latch-light-color': 'var(--mantine-color-latch-3)',
    '--mantine-color-disabled': 'var(--mantine-color-dark-5)',
    '--mantine-color-disabled-color': 'var(--mantine-color-dark-2)',
    '--chart-calls': 'var(--mantine-color-latch-4)',
    '--chart-denied': 'var(--mantine-color-red-5)',
    '--chart-old': 'var(--mantine-color-violet-4)',
    '--chart-stretch': 'var(--mantine-color-dark-4)',
  },
});
