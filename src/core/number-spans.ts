/** Whole numbers that follow each other, both ends included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** A set of numbers, given in pieces and in any order. */
export class NumberSpans {
  readonly #spans: Span[] = [];

  add(span: Span): void {
    this.#spans.push(span);
  }

  /** What is missing between its first number and its last, or `last` if that is beyond it. */
  gaps(last = 0): Span[] {
    const spans = this.#spans.toSorted((one, other) => one.first - other.first);
    const [lowest] = spans;
    if (lowest === undefined) return [];
    const highest = spans.reduce((max, span) => Math.max(max, span.last), last);
    return missingBetween({ first: lowest.first, last: highest }, spans);
  }
}

/** What of a span is not in any of these. */
export function missingBetween({ first, last }: Span, there: readonly Span[]): Span[] {
  const missing: Span[] = [];
  let next = first;
  for (const span of there.toSorted((one, other) => one.first - other.first)) {
    if (span.first > last) break;
    if (span.first > next) missing.push({ first: next, last: span.first - 1 });
    next = Math.max(next, span.last + 1);
  }
  if (next <= last) missing.push({ first: next, last });
  return missing;
}
