const hourMs = 3_600_000;
/** No day is longer, not even one in which a country moves over the date line. */
const dayHoursMax = 50;

/** An IANA name such as `Europe/Berlin`, in any spelling that this runtime takes; offsets are none. */
export function isTimeZone(text: string): boolean {
  return text.length <= 64 && /^[A-Za-z][\w+/-]*$/.test(text) && formatOf(text) !== null;
}

/** When the days of time zones end. What was worked out is kept: one day of each zone that is asked for. */
export class DayEnds {
  readonly #days = new Map<string, { readonly from: number; readonly until: number }>();

  /**
   * When the day that it is now comes to its end there: epoch milliseconds of the first instant with a later date. So days in
   * which clocks are moved have 23 or 25 hours, and one whose midnight is left out ends where that would have been.
   *
   * @param timeZone one that this runtime does not know (another may have stored it) has the days of UTC
   */
  after(now: number, timeZone: string): number {
    const known = this.#days.get(timeZone);
    if (known !== undefined && known.from <= now && now < known.until) return known.until;
    const until = endOfDay(now, formatOf(timeZone) ?? (formatOf('UTC') as Intl.DateTimeFormat));
    this.#days.set(timeZone, { from: now, until });
    return until;
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en', {
      ...{ timeZone, calendar: 'iso8601', numberingSystem: 'latn' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    });
  } catch {
    return null;
  }
}

function endOfDay(now: number, format: Intl.DateTimeFormat): number {
  const today = dateAt(now, format);
  const isLater = (time: number) => dateAt(time, format) > today;
  let hours = 1;
  while (hours < dayHoursMax && !isLater(now + hours * hourMs)) hours += 1;
  let [before, after] = [now + (hours - 1) * hourMs, now + hours * hourMs];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isLater(middle)) after = middle;
    else before = middle;
  }
  return after;
}

/** A number that is greater for a later date. */
function dateAt(time: number, format: Intl.DateTimeFormat): number {
  const parts = format.formatToParts(time);
  const [year, month, day] = (['year', 'month', 'day'] as const).map((type) =>
    Number(parts.find((part) => part.type === type)?.value),
  ) as [number, number, number];
  return (year * 12 + month) * 31 + day;
}
