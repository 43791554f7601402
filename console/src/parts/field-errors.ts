import { Problem } from '../api/client.js';

/** What is wrong with the fields of a form, by their names. What is wrong with no field is left to the form as a whole. */
export function fieldErrorsOf(error: Error): Record<string, string> {
  if (!(error instanceof Problem)) return {};
  const entries = error.details.flatMap(({ message, context }) => {
    const field = (context as { field?: unknown } | undefined)?.field;
    return typeof field === 'string' ? [[field, message] as const] : [];
  });
  return Object.fromEntries(entries);
}
