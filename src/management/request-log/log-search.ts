import { invalidParameter } from '../../platform/errors/api-error.js';
import { invalidCursor } from '../../platform/http/pages.js';
import { InvalidCursorError } from '../../store/call-log/read/call-cursor.js';
import { InvalidFilterError } from '../../store/call-log/read/call-filter.js';

/** A filter with its times in epoch milliseconds. */
export function timesOf<T extends { from?: string; to?: string }>({
  from,
  to,
  ...same
}: T): Omit<T, 'from' | 'to'> & { from?: number; to?: number } {
  return {
    ...same,
    ...(from !== undefined && { from: Date.parse(from) }),
    ...(to !== undefined && { to: Date.parse(to) }),
  };
}

/** What the log would not look for, told like what the validator refused; another error as it is. */
export function searchError(error: unknown): unknown {
  if (error instanceof InvalidCursorError) return invalidCursor();
  if (error instanceof InvalidFilterError)
    return invalidParameter(error.field, `${error.field} cannot be used: ${error.message}.`);
  return error;
}
