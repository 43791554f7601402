import { oneOf, type RawSearch } from '../parts/search.js';

export const spans = ['hour', 'day', 'week'] as const;
export type Span = (typeof spans)[number];

/** How far back the log is looked through. */
export interface SystemSearch {
  readonly over?: Span;
}

export function readSystemSearch(search: RawSearch): SystemSearch {
  const over = oneOf(spans, search.over);
  return over === undefined ? {} : { over };
}
