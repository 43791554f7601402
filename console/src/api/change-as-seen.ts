import { Problem, type Tagged } from './client.js';

/** The header of a change that names the tag of what somebody has seen. */
export type AsSeen = { readonly 'If-Match': string };

/** A change of what somebody has seen. */
export interface SeenChange<T, R> {
  /** As it was when they began. */
  readonly seen: Tagged<T>;
  /** Which part of it they change. */
  readonly part: (thing: T) => unknown;
  readonly read: () => Promise<Tagged<T>>;
  readonly change: (headers: AsSeen) => Promise<R>;
}

/**
 * Changes something as it was seen, and nothing newer. A tag stands for all of a thing: where another part of it was changed meanwhile,
 * the change is made all the same.
 *
 * @throws Problem with status 412 where somebody else changed the same part meanwhile, or as `asSeen`
 */
export async function changeAsSeen<T, R>({
  seen,
  part,
  read,
  change,
}: SeenChange<T, R>): Promise<R> {
  try {
    return await change(asSeen(seen));
  } catch (error) {
    if (!isOvertaken(error)) throw error;
    const now = await read();
    if (JSON.stringify(part(now)) !== JSON.stringify(part(seen))) throw error;
    return await change(asSeen(now));
  }
}

/**
 * Has a change refused once a thing is another than was seen.
 *
 * @throws Problem where it was seen without a tag: the change could be over anybody's
 */
export function asSeen({ etag }: Tagged<unknown>): AsSeen {
  if (etag !== null) return { 'If-Match': etag };
  throw new Problem(0, {
    message:
      'This page cannot tell what it saw, so it changes nothing: the answer came without its ETag. A proxy on the way takes it away.',
  });
}

/** Whether it was changed by somebody else since it was seen. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof Problem && error.status === 412;
}
