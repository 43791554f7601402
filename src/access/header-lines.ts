/** Header lines as Node has them: names and values in turn. */
export type HeaderLines = readonly string[];

/** RFC 9110 §7.6.1, and what proxies have always dropped: they speak of one connection only. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Calls `visit` for each line, the name in lower case as well. */
export function eachLine(
  lines: HeaderLines,
  visit: (name: string, folded: string, value: string) => void,
): void {
  for (let i = 0; i < lines.length; i += 2) {
    const name = lines[i] as string;
    visit(name, name.toLowerCase(), lines[i + 1] as string);
  }
}

/** The values of one header, in the order sent. @param folded its name in lower case */
export function valuesOf(lines: HeaderLines, folded: string): string[] {
  const values: string[] = [];
  eachLine(lines, (_name, other, value) => {
    if (other === folded) values.push(value);
  });
  return values;
}

/** The names, in lower case, that end at this hop: the usual ones and those that `Connection` lists. */
export function namesOfThisHop(lines: HeaderLines): ReadonlySet<string> {
  const listed = valuesOf(lines, 'connection').flatMap((value) => value.split(','));
  const named = listed.map((name) => name.trim().toLowerCase());
  // What is listed is nearly always `keep-alive`.
  return named.every((name) => hopByHop.has(name)) ? hopByHop : new Set([...hopByHop, ...named]);
}
