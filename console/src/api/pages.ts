interface Page<T> {
  readonly results: readonly T[];
  readonly paging: { readonly next?: { readonly after: string } };
}

/** How much one answer can hold. */
export const pageSizeMax = 500;

/** The query of one page of a list. */
export interface PageAsked {
  readonly limit: number;
  readonly after?: string;
}

/** A whole list, page after page: for lists that are short enough to be searched here, where the API does not search them. */
export async function everyPage<T>(
  ask: (query: PageAsked) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let after: string | undefined; ;) {
    const { results, paging } = await ask({
      limit: pageSizeMax,
      ...(after !== undefined && { after }),
    });
    all.push(...results);
    after = paging.next?.after;
    if (after === undefined) return all;
  }
}
