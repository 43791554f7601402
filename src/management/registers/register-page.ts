import { escapeHtml, pagesStyled } from '../../platform/http/plain-page.js';

/** For paper first: black on white, heads of tables on every sheet, nothing torn where it can be helped; and for a phone. */
export const registerPages = pagesStyled(`
:root { color-scheme: light; }
body { font: 1rem/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .75rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-top: 1rem; border-top: 2px solid #111; overflow-wrap: anywhere; }
p { margin: .5rem 0; }
dl { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: .25rem 1rem; margin: 0; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; margin: 1.25rem 0 0; font-size: .875rem; }
caption { text-align: left; font-weight: 600; padding: 0 0 .25rem; font-size: 1rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ccc; }
th { color: #555; font-weight: 600; border-bottom-color: #111; }
td { overflow-wrap: anywhere; min-width: 4rem; }
td:first-child { min-width: 10rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; min-width: 0; }
.time { font-variant-numeric: tabular-nums; white-space: nowrap; }
.warning { border: 1px solid #111; padding: .5rem .75rem; font-weight: 600; }
.nothing { color: #555; }
strong { overflow-wrap: normal; }
@media screen and (max-width: 44rem) {
  body { margin: 1rem auto; }
  dl { display: block; }
  dt { margin-top: .5rem; }
  table, caption, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { border-bottom: 1px solid #ccc; padding: .4rem 0; }
  td, .number { border: 0; padding: 0; text-align: left; white-space: normal; }
  td::before { content: attr(data-name) ": "; color: #555; }
}
@page { margin: 15mm; }
@media print {
  body { font-size: 9pt; max-width: none; margin: 0; padding: 0; }
  table { font-size: 8pt; }
  th, td { padding-right: .4rem; }
  .time { white-space: normal; min-width: 4.5rem; }
  thead { display: table-header-group; }
  tr, dl { break-inside: avoid; }
  h2, caption { break-after: avoid; }
}
`);

/** Of a cell: a text in a direction of its own, so that what stands beside it keeps its place. */
export function textHtml(text: string | null): string {
  return text === null || text === ''
    ? '<span class="nothing">–</span>'
    : `<bdi>${escapeHtml(text)}</bdi>`;
}

/** 2027-01-31 12:00:00.000, in UTC as all of them are. */
export function timeHtml(time: string | null): string {
  return time === null
    ? textHtml(null)
    : `<time datetime="${time}">${time.replace('T', ' ').replace('Z', '')}</time>`;
}

export function listHtml(texts: readonly string[]): string {
  return texts.length === 0 ? textHtml(null) : texts.map(textHtml).join(', ');
}

export function numberHtml(number: number): string {
  return number.toLocaleString('en');
}

/** @param facts names, and their values as HTML */
export function factsHtml(facts: readonly (readonly [name: string, html: string])[]): string {
  const entries = facts.map(([name, html]) => `<dt>${escapeHtml(name)}</dt><dd>${html}</dd>`);
  return `<dl>\n${entries.join('\n')}\n</dl>\n`;
}

export interface Column<T> {
  readonly name: string;
  readonly kind?: 'number' | 'time';
  /** As HTML. */
  readonly cell: (row: T) => string;
}

/** What the sums of all tables have in common. */
export const sumColumns: readonly Column<{
  readonly calls: number;
  readonly deniedCalls: number;
  readonly firstCallAt: string | null;
  readonly lastCallAt: string | null;
}>[] = [
  { name: 'Calls', kind: 'number', cell: ({ calls }) => numberHtml(calls) },
  { name: 'Denied', kind: 'number', cell: ({ deniedCalls }) => numberHtml(deniedCalls) },
  { name: 'First (UTC)', kind: 'time', cell: ({ firstCallAt }) => timeHtml(firstCallAt) },
  { name: 'Last (UTC)', kind: 'time', cell: ({ lastCallAt }) => timeHtml(lastCallAt) },
];

/** A table with its title; of no rows, a sentence. */
export function tableHtml<T>(
  title: string,
  rows: readonly T[],
  columns: readonly Column<T>[],
): string {
  if (rows.length === 0)
    return `<p><strong>${escapeHtml(title)}</strong>: <span class="nothing">none</span></p>\n`;
  const classOf = ({ kind }: Column<T>) => (kind === undefined ? '' : ` class="${kind}"`);
  const heads = columns.map(
    (column) => `<th scope="col"${classOf(column)}>${escapeHtml(column.name)}</th>`,
  );
  const body = rows.map((row) => {
    const cells = columns.map(
      (column) =>
        `<td${classOf(column)} data-name="${escapeHtml(column.name)}">${column.cell(row)}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table>
<caption>${escapeHtml(title)} (${numberHtml(rows.length)})</caption>
<thead><tr>${heads.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table>
`;
}
