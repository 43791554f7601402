const patienceMs = 1_000;

/**
 * What the call log says, or `fallback` where it cannot be asked or takes longer than a second: a change that is made must be
 * answered, and its new secret handed over, whether or not the log is there.
 */
export async function withoutLog<T>(reading: Promise<T>, fallback: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(fallback), patienceMs);
  });
  try {
    return await Promise.race([reading.catch(() => fallback), late]);
  } finally {
    clearTimeout(timer);
  }
}
