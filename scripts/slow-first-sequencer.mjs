import sequencer from '@jest/test-sequencer';

const Sequencer = sequencer.default ?? sequencer;

/** The suites that take minutes, the longest first. */
const slow = [
  'faults/killed-midway.test.ts',
  'faults/killed-load.test.ts',
  'faults/fuzz-management.test.ts',
  'http/broken-changes.test.ts',
  'faults/killed-midway-postgres.test.ts',
  'faults/fuzz-access.test.ts',
  'faults/killed-retention.test.ts',
  'faults/killed-limits.test.ts',
  'faults/killed-courier.test.ts',
  'console/sound-dialogs.test.ts',
  'http/reissue-races.test.ts',
  'faults/start-killed.test.ts',
];

/**
 * Without a memory of earlier runs Jest begins with the largest files. The suites that kill processes for a quarter of an hour are
 * the smallest, and would each run last and alone.
 */
export default class SlowFirst extends Sequencer {
  /**
   * @override
   * @param {import('@jest/test-result').Test[]} tests
   */
  async sort(tests) {
    const placeOf = (/** @type {{ path: string }} */ { path }) => {
      const place = slow.findIndex((name) => path.endsWith(name));
      return place === -1 ? slow.length : place;
    };
    return [...(await super.sort(tests))].sort((one, other) => placeOf(one) - placeOf(other));
  }
}
