import type { Cell } from './call-columns.js';

/** PostgreSQL's text cannot hold NUL; it is written out as `escapeControls` writes it. */
export function withoutNul<T extends Cell>(cell: T): T | string {
  return typeof cell === 'string' && cell.includes('\0') ? cell.replaceAll('\0', '\\u0000') : cell;
}
