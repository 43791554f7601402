const pageSize = 100;

/**
 * Every row of a list that is read in pages, page by page. Whoever calls gets a turn between two, also where a database answers at
 * once.
 *
 * @param read up to so many rows behind that place
 * @param stop ends it after the page that is read
 */
export async function* inPages<Row, Place>(
  read: (limit: number, after: Place | null) => Promise<Row[]>,
  placeOf: (row: Row) => Place,
  stop?: AbortSignal,
): AsyncGenerator<Row[]> {
  let after: Place | null = null;
  for (;;) {
    const page: Row[] = await read(pageSize, after);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (page.length < pageSize || last === undefined) return;
    after = placeOf(last);
    await new Promise((resolve) => setImmediate(resolve));
    if (stop?.aborted) return;
  }
}
