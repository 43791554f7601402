/** What a scope is about, and what it lets do to it: `crm.contacts.read` is `read` of `crm.contacts`, and so is `crm.contacts:read`. */
export interface Subject<Of extends Named> {
  readonly name: string;
  readonly scopes: readonly Of[];
}

interface Named {
  readonly name: string;
}

export const columns = ['Read', 'Write', 'Other'] as const;
export type Column = (typeof columns)[number];

/** What is read, what is changed in whatever way, and what is neither. */
export function columnOf(scope: Named, subject: Named): Column {
  const verb = verbOf(scope, subject.name);
  if (/^(read|view|list|get)$/.test(verb)) return 'Read';
  if (/^(write|readwrite|create|update|edit|delete|manage)$/.test(verb)) return 'Write';
  return 'Other';
}

/** What a scope lets do; nothing where its name is one word. */
export function verbOf({ name }: Named, subject: string): string {
  return name === subject ? '' : name.slice(subject.length + 1);
}

export function subjectsOf<Of extends Named>(scopes: readonly Of[]): readonly Subject<Of>[] {
  const subjects = new Map<string, Of[]>();
  for (const scope of scopes) {
    const end = Math.max(scope.name.lastIndexOf('.'), scope.name.lastIndexOf(':'));
    const name = end === -1 ? scope.name : scope.name.slice(0, end);
    subjects.set(name, [...(subjects.get(name) ?? []), scope]);
  }
  return [...subjects]
    .map(([name, of]) => ({ name, scopes: of }))
    .sort(
      (one, other) =>
        Number(isLatchkeys(one)) - Number(isLatchkeys(other)) || one.name.localeCompare(other.name),
    );
}

/** Whether it is about Latchkey itself, and not about an API behind it: those come last. */
export function isLatchkeys({ name }: Named): boolean {
  return name === 'latchkey' || name.startsWith('latchkey.');
}

/** What scopes let do, a line for each kind: its word, and what it is done to. */
export function wordsOf(
  names: readonly string[],
): readonly { readonly word: string; readonly subjects: readonly string[] }[] {
  const said = { Reads: new Set<string>(), Writes: new Set<string>(), May: new Set<string>() };
  for (const subject of subjectsOf(names.map((name) => ({ name }))))
    for (const scope of subject.scopes) {
      const verb = verbOf(scope, subject.name);
      const reads = columnOf(scope, subject) === 'Read' || verb === 'readwrite';
      const writes = /^(write|readwrite|update|edit)$/.test(verb);
      if (reads) said.Reads.add(subject.name);
      if (writes) said.Writes.add(subject.name);
      // What is more than either, such as deleting, has no better word than its own name.
      if (!reads && !writes) said.May.add(scope.name);
    }
  return Object.entries(said)
    .map(([word, subjects]) => ({ word, subjects: [...subjects] }))
    .filter(({ subjects }) => subjects.length > 0);
}
