import type { PeriodTold } from './period.js';
import { timeHtml } from './register-page.js';

/** The facts about a register's time that stand at its head. */
export function periodFacts({ madeAt, from, to }: PeriodTold): [name: string, html: string][] {
  const begins = from === null ? 'the beginning of the log' : timeHtml(from);
  return [
    ['Period (UTC)', `from ${begins} to before ${timeHtml(to)}`],
    ['Made at (UTC)', timeHtml(madeAt)],
  ];
}

/** What a reader must not overlook: rows may be gone. */
export function completenessHtml({ isComplete, completeSince }: PeriodTold): string {
  if (isComplete) return '<p>The log holds every call of this period.</p>\n';
  return `<p class="warning">The log is complete since ${timeHtml(completeSince)} (UTC). Of calls before that, some may be gone.</p>\n`;
}
