/** A place in the log. */
export interface CallPlace {
  readonly position: number;
  /** Empty: behind all calls at this position, whichever node's. */
  readonly nodeId: string;
}

/** Thrown for a cursor that this log did not give out. */
export class InvalidCursorError extends Error {
  override readonly name = 'InvalidCursorError';
}

export function encodeCursor({ position, nodeId }: CallPlace): string {
  return Buffer.from(`${position}:${nodeId}`).toString('base64url');
}

/** @throws InvalidCursorError */
export function decodeCursor(cursor: string): CallPlace {
  const [, digits, nodeId = ''] =
    /^(\d{1,16}):([^\0]{0,128})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const place = { position: Number(digits), nodeId };
  // Decoding skips what is no base64url; only what we would have written ourselves is ours.
  if (!Number.isSafeInteger(place.position) || encodeCursor(place) !== cursor) {
    throw new InvalidCursorError('The cursor is not one that this list gave out.');
  }
  return place;
}
