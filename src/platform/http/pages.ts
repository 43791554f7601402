import { ApiProperty } from '@nestjs/swagger';
import { ApiError } from '../errors/api-error.js';
import { IntegerField, TextField } from './fields.js';

const limitDefault = 100;
const limitMax = 500;

/** `?limit=&after=` of every list (contract §6). */
export class PageQuery {
  @IntegerField({
    min: 1,
    max: limitMax,
    required: false,
    inQuery: true,
    fallback: limitDefault,
    description: 'How many at most',
  })
  limit: number = limitDefault;

  @TextField({ max: 512, required: false, description: 'The `after` of the page before' })
  after?: string;
}

export class NextPage {
  @ApiProperty({ description: 'Give this as `after` to read on' })
  after!: string;
}

export class Paging {
  @ApiProperty({
    required: false,
    type: () => NextPage,
    description: 'Absent at the end of the list',
  })
  next?: NextPage;
}

export interface Page<T> {
  readonly results: readonly T[];
  readonly paging: { readonly next?: { readonly after: string } };
}

/** @param rows one more than `limit` if there is more: the page says so, and shows `limit` of them */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => T,
  cursorOf: (row: Row) => string,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    results: shown.map(show),
    paging: rows.length > limit && last !== undefined ? { next: { after: cursorOf(last) } } : {},
  };
}

/** An opaque cursor of a few values. */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** @throws ApiError if it is none that `encodeCursor` made for such a list */
export function decodeCursor(
  text: string,
  kinds: readonly ('string' | 'number')[],
): (string | number)[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (
      Array.isArray(values) &&
      values.length === kinds.length &&
      values.every((value, i) => isPlace(value, kinds[i]))
    ) {
      return values as (string | number)[];
    }
  } catch {
    // Told below, like every other text that is no cursor.
  }
  throw invalidCursor();
}

/** The cursor of a list in the order in which its rows were made. */
export function creationCursor({ createdAt, id }: CreationPlace): string {
  return encodeCursor([createdAt, id]);
}

/** @throws ApiError if `after` is given and is no `creationCursor` */
export function creationPlace(after: string | undefined): CreationPlace | null {
  if (after === undefined) return null;
  const [createdAt, id] = decodeCursor(after, ['number', 'string']) as [number, string];
  return { createdAt, id };
}

interface CreationPlace {
  readonly createdAt: number;
  readonly id: string;
}

/** A place is a value of an integer column or of a text one; no database takes a NUL, or 1e999, for either. */
function isPlace(value: unknown, kind: 'string' | 'number' | undefined): boolean {
  if (kind === 'number') return Number.isSafeInteger(value);
  return typeof value === 'string' && !value.includes('\0');
}

export function invalidCursor(): ApiError {
  const message = 'after must be what the page before gave as paging.next.after.';
  return new ApiError('VALIDATION_FAILED', `The request is not valid: ${message}`, [
    { message, code: 'IS_CURSOR', in: 'query', context: { field: 'after' } },
  ]);
}
