import { Problem, type Tagged } from './client.js';

/** A change of what somebody has seen. */
export interface SeenChange<T, R> {
  /** As it was when they began. */
  readonly seen: Tagged<T>;
  /** Which part of it they change. */
  readonly part: (thing: T) => unknown;
  readonly read: () => Promise<Tagged<T>>;
  readonly change: (headers: { 'If-Match': string }) => Promise<R>;
}

/**
 * Changes something as it was seen, and nothing newer. A tag stands for all of a thing: where another part of it was changed meanwhile,
 * the change is made all the same.
 *
 * @throws Problem with status 412 where somebody else changed the same part meanwhile
 */
export async function changeAsSeen<T, R>({
  seen,
  part,
  read,
  change,
}: SeenChange<T, R>): Promise<R> {
  try {
    return await change({ 'If-Match': seen.etag });
  } catch (error) {
    if (!isOvertaken(error)) throw error;
    const now = await read();
    if (JSON.stringify(part(now)) !== JSON.stringify(part(seen))) throw error;
    return await change({ 'If-Match': now.etag });
  }
}

/** Whether it was changed by somebody else since it was seen. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof Problem && error.status === 412;
}
