import { oneOf, present, textIn, type RawSearch } from '../parts/search.js';

export const noticeTabs = ['notices', 'emails', 'webhooks'] as const;

/** Which part of the page is looked at, and which notice is open. */
export interface NoticesSearch {
  readonly tab?: (typeof noticeTabs)[number] | undefined;
  readonly notice?: string | undefined;
}

export function readNoticesSearch(search: RawSearch): NoticesSearch {
  return present({ tab: oneOf(noticeTabs, search.tab), notice: textIn(search.notice) });
}
