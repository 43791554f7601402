import * as fc from 'fast-check';
import { Lane, type Received } from './lane.js';
import type { Sending } from './sending.js';

/** Callers at once: more than two processors can serve, so that requests meet. */
const lanesAtOnce = 24;
/** A failing case is made smaller for no longer than this. */
const limitMs = 20 * 60_000;

/**
 * `FUZZ_SEED=<seed>` makes the cases of that run again, and with `FUZZ_PATH=<path>` the one that failed; a failure's report
 * names both.
 */
const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 1e9));
const path = process.env['FUZZ_PATH'];

/** How many cases are sent: all of them, or the one that is made again. */
export const casesOf = (all: number): number => (path === undefined ? all : 1);

/**
 * Sends `count` cases to a listener, over several connections at once, and holds what comes back to `check`. Each connection
 * goes through cases of its own; once one has failed the others rest, while it finds the smallest case that fails.
 */
export async function fuzz(
  origin: string,
  cases: fc.Arbitrary<Sending>,
  count: number,
  check: (sending: Sending, received: Received) => void,
  connections = lanesAtOnce,
): Promise<void> {
  const lanes = path === undefined ? connections : 1;
  let failed: number | undefined;
  const runLane = async (number: number): Promise<void> => {
    const lane = new Lane(origin);
    const property = fc.asyncProperty(cases, async (sending) => {
      if (failed !== undefined && failed !== number) return;
      try {
        check(sending, await lane.exchange(sending));
      } catch (error) {
        failed ??= number;
        throw error;
      }
    });
    const numRuns = Math.ceil(count / lanes);
    const replay = path === undefined ? {} : { path };
    try {
      await fc.assert(property, {
        ...{ seed: seed + number, numRuns, interruptAfterTimeLimit: limitMs },
        markInterruptAsFailure: true,
        ...replay,
      });
    } finally {
      lane.close();
    }
  };
  const ended = await Promise.allSettled(
    Array.from({ length: lanes }, (_, number) => runLane(number)),
  );
  // The lane that failed first has the smallest case: the others kept quiet for it.
  const failures = failed === undefined ? [] : [ended[failed], ...ended];
  for (const end of failures.length > 0 ? failures : ended) {
    if (end?.status === 'rejected') throw end.reason;
  }
}

/** Written past Jest, which would put a stack trace under it. */
export function tellSeed(what: string, count: number): void {
  process.stdout.write(`Fuzzing ${what}: ${count} cases, FUZZ_SEED=${seed}\n`);
}
