/**
 * How deep a document may nest, JSON or YAML. Real ones stay well below 100; whoever recurses over a document later (a
 * digest, `JSON.stringify`) can rely on it.
 */
export const nestingMax = 200;

/** Whether lists and objects nest deeper than `nestingMax`. It walks without recursion: that is its whole point. */
export function nestsTooDeep(document: unknown): boolean {
  let level: object[] = isContainer(document) ? [document] : [];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > nestingMax) return true;
    const next: object[] = [];
    for (const container of level) {
      for (const value of Object.values(container)) if (isContainer(value)) next.push(value);
    }
    level = next;
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
