import type { FaultPoint } from './latchkey-process.js';
import type { DatabaseKind } from './store.js';

/** When a process is killed: at a statement, or (`answered`) as soon as its client has the answer. */
export interface KillPoint {
  readonly name: string;
  readonly faultPoint: FaultPoint | 'answered';
  /** Whether the change must be there afterwards, or must not; `either` while a commit is under way. */
  readonly isDone: boolean | 'either';
  /** A death before a statement is followed by a repetition, another by a look at every secret. */
  readonly moment: FaultPoint['moment'];
}

/**
 * Chooses where to kill: at each kind of statement once, and after each commit; with `CI=true` before each commit and after each
 * answer as well. All statements of an operation are one transaction's, which the run that is not killed shows: wherever before its commit a
 * process dies, the same is left. That each of them may fail is shown by `broken-changes`, for every change there is.
 * `KILLED_AT=every` kills at each of them all the same, for an hour or so.
 *
 * What is after one statement is before the next: between two it is killed once, by turns as the one and as the other.
 */
export class KillPoints {
  readonly #isEverywhere = process.env['KILLED_AT'] === 'every';
  readonly #isThorough = this.#isEverywhere || process.env['CI'] === 'true';
  readonly #known = new Set<string>();
  #turns = 0;

  constructor(private readonly kind: DatabaseKind) {}

  /** @param statements of one run of the operation that was not killed */
  of(statements: readonly string[]): KillPoint[] {
    const last = statements.length - 1;
    const at = (index: number, moment: FaultPoint['moment']) =>
      pointAt(statements[index] ?? '', index, moment, last);
    const points = statements.flatMap((statement, index) => {
      const isCommit = statement === 'COMMIT';
      const isWanted =
        this.#isEverywhere || (this.#isThorough && isCommit) || !this.#known.has(statement);
      this.#known.add(statement);
      const found: KillPoint[] = [];
      if (isWanted) {
        this.#turns += 1;
        const isBefore = index === 0 || isCommit || this.#turns % 2 === 0;
        found.push(isBefore ? at(index, 'before') : at(index - 1, 'after'));
      }
      // PostgreSQL may carry a commit out and find nobody to tell.
      if (isCommit && this.kind === 'postgres') found.push(at(index, 'unanswered'));
      if (isCommit) found.push(at(index, 'after'));
      return found;
    });
    return this.#isThorough ? [...points, answered] : points;
  }
}

const answered: KillPoint = {
  ...{ name: 'after the answer', faultPoint: 'answered', isDone: true, moment: 'after' },
};

/** Of the last statement, which is the commit. */
const isDoneAt = { before: false, unanswered: 'either', after: true } as const;

function pointAt(
  statement: string,
  index: number,
  moment: FaultPoint['moment'],
  last: number,
): KillPoint {
  return {
    name: `${moment} statement ${index + 1} of ${last + 1}: ${statement}`,
    faultPoint: { index, statement, moment },
    isDone: index === last && isDoneAt[moment],
    moment,
  };
}
