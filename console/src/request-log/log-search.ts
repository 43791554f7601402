import { oneOf, present, textIn, type RawSearch } from '../parts/search.js';

const decisions = ['allowed', 'denied'] as const;
const makers = ['callers', 'people'] as const;
const texts = ['keyId', 'secretId', 'ip', 'method', 'path', 'reason', 'wouldDeny', 'door', 'from', 'to', 'q', 'call'] as const; // prettier-ignore

/** Which calls are looked at, which of them is open, and whether new ones appear. */
export interface LogSearch extends Partial<Record<(typeof texts)[number], string>> {
  readonly status?: string;
  readonly decision?: (typeof decisions)[number];
  /** Whether somebody who was signed in made them, or anybody else. */
  readonly by?: (typeof makers)[number];
  /** Whether new calls appear as they come. */
  readonly live?: true;
}

export function readLogSearch(search: RawSearch): LogSearch {
  return present({
    ...Object.fromEntries(texts.map((name) => [name, textIn(search[name])])),
    // A number in an address comes as one.
    status: search.status === undefined ? undefined : String(search.status),
    decision: oneOf(decisions, search.decision),
    by: oneOf(makers, search.by),
    live: search.live === true ? true : undefined,
  });
}
