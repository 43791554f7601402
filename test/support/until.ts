import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 20_000;
const pauseMs = 5;

/** Waits for what comes by itself, as long as a busy machine may need. @returns the milliseconds that it took */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  patience = patienceMs,
): Promise<number> {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > patience) throw new Error(`It never came: ${what}`);
    await sleep(pauseMs);
  }
  return performance.now() - began;
}
