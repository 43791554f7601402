import { lookup, type LookupAddress } from 'node:dns';
import { promisify } from 'node:util';
import { retryDelaysMs } from '../core/retry-schedule.js';

const lookupAll = promisify(lookup);

/** What the courier takes from the world, and a test gives in its place. Milliseconds. */
export interface CourierSurroundings {
  /** After which it looks for what is due even if nobody has rung: what another node has left behind. */
  readonly sweepMs: number;
  /** Between two looks for what time has brought. */
  readonly watchMs: number;
  /** See `core/retry-schedule.ts`. */
  readonly retryDelaysMs: readonly number[];
  /** Every address of a host. */
  readonly resolve: (hostname: string) => Promise<readonly LookupAddress[]>;
}

export const COURIER_SURROUNDINGS = Symbol('CourierSurroundings');

export const usualSurroundings: CourierSurroundings = {
  sweepMs: 15_000,
  watchMs: 60_000,
  retryDelaysMs,
  resolve: (hostname) => lookupAll(hostname, { all: true }),
};
