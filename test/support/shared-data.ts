import { describe, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';

/** Real API descriptions, in a folder beside the repository. They are never copied into it. */
const folder = new URL('../../../shared/data/', import.meta.url);

/**
 * A `describe` for tests that read `../shared/data`. In a clone without that folder they report themselves as skipped; where
 * `CI=true` its absence is a failure.
 */
export function describeWithSharedData(title: string, tests: () => void): void {
  if (existsSync(folder)) {
    describe(title, tests);
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      it('finds ../shared/data', () => {
        throw new Error(`the folder ${folder.pathname} is missing`);
      });
    });
  } else {
    // The folder's absence, not somebody's whim, is what skips them.
    // oxlint-disable-next-line jest/no-disabled-tests
    describe.skip(`${title} (../shared/data is absent)`, tests);
  }
}

/** The text of one of its files. To be called inside a test, since a skipped `describe` still runs its own body. */
export function readSharedData(file: string): string {
  return readFileSync(new URL(file, folder), 'utf8');
}
