import { printableName } from './printable-name.js';

/** Longer than any list that a route takes. */
const entriesMax = 10_000;
/** More than any object of this API has. */
const propertiesMax = 100;

export interface Excess {
  /** Such as `routes.3`; empty for the whole. */
  readonly field: string;
  readonly message: string;
}

/**
 * What of a body or query is refused before a validator sees it: what would keep the validator busy for seconds (it makes an
 * error for each of 10⁵ entries), and names that its transformation drops in silence (`constructor`, `toString`), though
 * unknown properties are refused. The body parser has bounded the depth.
 */
export function excessOf(value: unknown, field = ''): Excess | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value) && value.length > entriesMax) {
    return { field, message: `${field} must hold at most ${entriesMax} entries.` };
  }
  const names = Object.keys(value);
  if (!Array.isArray(value)) {
    if (names.length > propertiesMax) {
      return {
        field,
        message: `${field || 'The request'} has more than ${propertiesMax} properties.`,
      };
    }
    const inherited = names.find((name) => name in Object.prototype);
    if (inherited !== undefined) {
      const at = fieldOf(field, inherited);
      return { field: at, message: `There is no property ${at} here.` };
    }
  }
  for (const name of names) {
    const excess = excessOf((value as Record<string, unknown>)[name], fieldOf(field, name));
    if (excess !== null) return excess;
  }
  return null;
}

function fieldOf(parent: string, name: string): string {
  const printable = printableName(name);
  return parent === '' ? printable : `${parent}.${printable}`;
}
