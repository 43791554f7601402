import { oneOf, present, textIn, type RawSearch } from '../parts/search.js';

export const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
] as const;

/** Which call is asked about, and of whose keys. */
export interface TesterSearch {
  readonly method?: (typeof methods)[number];
  readonly path?: string;
  readonly account?: string;
}

export function readTesterSearch(search: RawSearch): TesterSearch {
  return present({
    method: oneOf(methods, search.method),
    path: textIn(search.path),
    account: textIn(search.account),
  });
}
