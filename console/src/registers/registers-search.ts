import { present, textIn, type RawSearch } from '../parts/search.js';

const days = ['from', 'to'] as const;
const texts = ['keyId', 'ip'] as const;

/** Of which days, as the viewer's clock has them (YYYY-MM-DD, both included), and of which calls the report is. */
export type RegistersSearch = Partial<Record<(typeof days | typeof texts)[number], string>>;

export function readRegistersSearch(search: RawSearch): RegistersSearch {
  return present(
    Object.fromEntries([
      ...days.map((name) => [name, dayIn(search[name])] as const),
      ...texts.map((name) => [name, textIn(search[name])] as const),
    ]),
  );
}

function dayIn(value: unknown): string | undefined {
  const text = textIn(value);
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && startOf(text) !== null
    ? text
    : undefined;
}

/** When a day begins here, or, so many days later, the one after it. */
function startOf(day: string, later = 0): Date | null {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const start = new Date(year, month - 1, date + later);
  return Number.isNaN(start.getTime()) ? null : start;
}

/** The period as the API takes it. What lies ahead has no calls, and is left out. */
export function periodOf({ from, to }: RegistersSearch): { from?: string; to?: string } {
  const start = from === undefined ? null : startOf(from);
  const end = to === undefined ? null : startOf(to, 1);
  return {
    ...(start !== null && { from: start.toISOString() }),
    ...(end !== null && end.getTime() <= Date.now() && { to: end.toISOString() }),
  };
}
