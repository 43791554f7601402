import { describe, it } from '@jest/globals';

/**
 * A `describe` for tests that need something of the machine. Where it is absent they report themselves as skipped; where
 * `CI=true` its absence is a failure.
 *
 * @param absence what is absent, or `null`: nothing is
 */
export function describeWhere(absence: string | null, title: string, tests: () => void): void {
  if (absence === null) {
    describe(title, tests);
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      it('finds what it needs', () => {
        throw new Error(absence);
      });
    });
  } else {
    // The absence, not somebody's whim, is what skips them.
    // oxlint-disable-next-line jest/no-disabled-tests
    describe.skip(`${title} (${absence})`, tests);
  }
}
