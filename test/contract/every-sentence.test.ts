import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { contractFile, readContract, type Promised } from '../support/contract.js';
import { describeWithShared } from '../support/shared-data.js';
import { titlesIn } from '../support/test-titles.js';
import { section0 } from './section-0.promises.js';
import { section1 } from './section-1.promises.js';
import { section2 } from './section-2.promises.js';
import { section3 } from './section-3.promises.js';
import { section4 } from './section-4.promises.js';
import { section5 } from './section-5.promises.js';
import { section6 } from './section-6.promises.js';
import { section7 } from './section-7.promises.js';
import { section8 } from './section-8.promises.js';

const sections: [number, readonly Promised[]][] = [
  ...[section0, section1, section2, section3, section4],
  ...[section5, section6, section7, section8],
].map((promises, number) => [number, promises]);

const root = new URL('../../', import.meta.url);

describeWithShared('the sentences of the contract', contractFile, () => {
  it('stand in as many sections as there are lists', () => {
    expect(readContract()).toHaveLength(sections.length);
  });

  it.each(sections)('§%i: are those of its list, all and in their order', (number, promises) => {
    expect(promises.map(({ says }) => says)).toEqual(readContract()[number]);
  });
});

describe('what stands behind the sentences', () => {
  it.each(sections)('§%i: none is without a test', (_number, promises) => {
    expect(promises.filter(hasNothingBehind).map(({ says }) => says)).toEqual([]);
  });

  it.each(sections)('§%i: the tests that are named run', (_number, promises) => {
    const named = promises.flatMap((each) => ('shownBy' in each ? each.shownBy : []));
    expect([...new Set(named)].filter((test) => !runs(test))).toEqual([]);
  });

  it.each(sections)('§%i: what promises nothing has no test', (_number, promises) => {
    const both = promises.filter((each) => 'promisesNothing' in each && 'shownBy' in each);
    expect(both).toEqual([]);
  });
});

function hasNothingBehind(promised: Promised): boolean {
  if ('promisesNothing' in promised) return promised.promisesNothing === '';
  return promised.shownBy.length === 0;
}

const titles = new Map<string, readonly string[]>();

/** Whether a test bears a title with what is named, `<file>: <part of its title>`, and is not skipped. */
function runs(test: string): boolean {
  const [, file, part] = /^((?:src|test)\/\S+\.(?:spec|test)\.ts): (\S.*)$/.exec(test) ?? [];
  if (file === undefined || part === undefined || !existsSync(new URL(file, root))) return false;
  const known = titles.get(file) ?? titlesIn(readFileSync(new URL(file, root), 'utf8'));
  titles.set(file, known);
  return known.some((title) => title.includes(part));
}
