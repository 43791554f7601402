import { ApiError } from '../errors/api-error.js';

const revisionKey = Symbol('revision');

/** An answer that carries the access revision of its object's last change beside what is shown of it. */
export function withRevision<T extends object>(answer: T, revision: number): T {
  return Object.defineProperty(answer, revisionKey, { value: revision, enumerable: false });
}

export function revisionOf(answer: unknown): number | undefined {
  return typeof answer === 'object' && answer !== null
    ? (answer as { [revisionKey]?: number })[revisionKey]
    : undefined;
}

/** How a revision is written in `ETag` and `If-Match`. */
export function entityTag(revision: number | null): string {
  return `"${revision}"`;
}

/**
 * Refuses a change of an object that is not as the caller last saw it (RFC 9110 §13.1.1). To be asked in the change's own
 * transaction.
 *
 * @param revision `null` if there is no such object, which not even `*` matches
 * @throws ApiError 412
 */
export function requireMatch(ifMatch: string | undefined, revision: number | null): void {
  if (ifMatch === undefined) return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  const matches = ifMatch.trim() === '*' || tags.includes(entityTag(revision));
  if (revision !== null && matches) return;
  throw new ApiError(
    'PRECONDITION_FAILED',
    'The object has changed since you read it. Nothing was written.',
  );
}
