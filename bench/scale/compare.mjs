import { median } from '../quantile.mjs';
import { calls } from './calls.mjs';

/**
 * Calls each server in turn, round for round, so that a machine that changes its speed changes it for all.
 *
 * @param contenders the first is what the others are compared with
 * @returns by name: requests per second, and the ratio to the first, medians
 */
export async function compare(contenders, { rounds, seconds, connections }) {
  const samples = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1)
    for (const { name, job, expect } of contenders) {
      process.stderr.write(`\rround ${round} of ${rounds}: ${name}\x1b[K`);
      const { requestsPerSecond } = await calls({ connections, seconds, ...job }, { expect });
      samples.get(name).push(requestsPerSecond);
    }
  process.stderr.write('\r\x1b[K');
  const [base] = samples.values();
  return [...samples].map(([name, own]) => ({
    name,
    requestsPerSecond: Math.round(median(own)),
    ratio: Number(median(own.map((each, i) => each / base[i])).toFixed(3)),
  }));
}
