import { present, textIn, type RawSearch } from '../parts/search.js';

const texts = ['action', 'actorId', 'targetId', 'from', 'to', 'event'] as const;

/** Which events are looked at, and which of them is open. */
export type AuditSearch = Partial<Record<(typeof texts)[number], string>>;

export function readAuditSearch(search: RawSearch): AuditSearch {
  return present(Object.fromEntries(texts.map((name) => [name, textIn(search[name])])));
}
