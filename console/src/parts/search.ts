/** What stands behind the `?` of an address is anybody's text: these read it, and drop what makes no sense. */
export type RawSearch = Record<string, unknown>;

export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function oneOf<T extends string>(values: readonly T[], value: unknown): T | undefined {
  return values.find((known) => known === value);
}

/** Leaves out what is not set, so that it is not in the address either. */
export function present<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}

/** What is looked for in a list that has no other filter. */
export interface SoughtText {
  readonly q?: string;
}

export function readSoughtText(search: RawSearch): SoughtText {
  return present({ q: textIn(search.q) });
}
