/**
 * The values of a statement that is written out. TypeORM refuses a forgotten value in a `where` object only; here it would match
 * nothing in silence, or be left out and match everything.
 */
export function given<T extends object>(values: T): T {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) throw new Error(`${name} was not given.`);
  }
  return values;
}
