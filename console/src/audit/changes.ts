/** One thing that a change changed. `undefined` where there was nothing, or is nothing any more. */
export interface FieldChange {
  /** Where it stands, such as `ipAllowlist.mode`. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What is different between two states of an object, in the order in which it stands there. */
export function changesBetween(before: object | null, after: object | null): FieldChange[] {
  const [old, next] = [leavesOf(before), leavesOf(after)];
  return (
    [...new Set([...old.keys(), ...next.keys()])]
      .map((field) => ({ field, before: old.get(field), after: next.get(field) }))
      // What is not there and what is nothing are told alike.
      .filter(
        ({ before: was, after: is }) => JSON.stringify(was ?? null) !== JSON.stringify(is ?? null),
      )
  );
}

/** Whatever is no object is told as a whole, a list too. */
function leavesOf(value: object | null, at = ''): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  for (const [name, inner] of Object.entries(value ?? {})) {
    const field = at === '' ? name : `${at}.${name}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      for (const [deeper, leaf] of leavesOf(inner as object, field)) leaves.set(deeper, leaf);
    else leaves.set(field, inner);
  }
  return leaves;
}

/** What a list lost and got. `null` where it is not about two lists. */
export function listChange({ before, after }: FieldChange): {
  readonly kept: number;
  readonly lost: readonly string[];
  readonly got: readonly string[];
} | null {
  if (!Array.isArray(before) || !Array.isArray(after)) return null;
  const [old, next] = [before.map(told), after.map(told)];
  const lost = old.filter((one) => !next.includes(one));
  const got = next.filter((one) => !old.includes(one));
  return { kept: old.length - lost.length, lost, got };
}

/** The name that a field has in the API, as people write it: `ipAllowlist.mode` is _ip allowlist, mode_. */
export function fieldInWords(field: string): string {
  return field
    .split('.')
    .map((part) => part.replaceAll(/(?<=[a-z\d])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))
    .join(', ');
}

/** A value as it is shown. */
export function told(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(told).join(', ');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, inner]) => `${name} ${told(inner)}`)
      .join(', ');
  return String(value as number);
}
