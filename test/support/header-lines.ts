/** The values of one header, in the order sent, from Node's `rawHeaders`. @param name in any case */
export function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const folded = name.toLowerCase();
  return rawHeaders.filter(
    (_value, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === folded,
  );
}
