/** A body as it was read, or why it could not be: that is told only once it is known who asks. */
export type BodyReading = { readonly body: unknown } | { readonly failure: unknown };

/** @throws what kept the body from being read */
export function bodyOf(reading: BodyReading): unknown {
  if ('failure' in reading) throw reading.failure;
  return reading.body;
}
