/** What a cell can hold; `null` is an empty cell, an empty text a quoted one. */
export type CsvValue = string | number | readonly string[] | null;

/**
 * One record of RFC 4180 with its CRLF. Lists are separated by spaces.
 *
 * A text that a spreadsheet would take for a formula gets a `'` in front, and so does one that has such marks already, so that
 * taking one off gives every text back as it was.
 */
export function csvRecord(values: readonly CsvValue[]): string {
  return `${values.map(cellOf).join(',')}\r\n`;
}

/** OWASP, CSV injection: also line ends, and the wide forms that some locales take for the same. */
const formula = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const needsQuotes = /[",\r\n]/;

function cellOf(value: CsvValue): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : value.join(' ');
  const safe = formula.test(text) ? `'${text}` : text;
  return safe === '' || safe !== text || needsQuotes.test(safe)
    ? `"${safe.replaceAll('"', '""')}"`
    : safe;
}
