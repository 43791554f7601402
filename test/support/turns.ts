import { setImmediate } from 'node:timers/promises';

/** @returns how often the event loop came round while something was done: what never waits gives nobody else a turn */
export async function turnsDuring(work: () => Promise<void>): Promise<number> {
  const over = new AbortController();
  let turns = 0;
  const counting = (async () => {
    while (!over.signal.aborted) {
      await setImmediate();
      turns += 1;
    }
  })();
  await work().finally(() => over.abort());
  // Its last turn is not one of these.
  const during = turns;
  await counting;
  return during;
}
