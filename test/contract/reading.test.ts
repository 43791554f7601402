import { expect, it } from '@jest/globals';
import { sentencesOf } from '../support/contract.js';
import { titlesIn } from '../support/test-titles.js';

it('a contract is read sentence by sentence', () => {
  const markdown = [
    '# Heading. No sentence',
    'A paragraph over',
    'two lines. **A bold start.** `code. More code` and (an aside. And more).',
    '`code` first; 1.5 and "a quote. It goes on" is one!',
    '',
    '- A bullet',
    '  of two lines. Another',
    '- a second',
    '',
    '| head. Er | second |',
    '|---|---|',
    '| `a`, `b|c` | 404 | – |',
    '| a cell | says one. Says two. |',
    '```json',
    '{ "a": "One. Two." }',
    '```',
    '## Heading',
    'The end',
  ].join('\n');
  expect(sentencesOf(markdown)).toEqual([
    'A paragraph over two lines.',
    '**A bold start.**',
    '`code. More code` and (an aside. And more).',
    '`code` first; 1.5 and "a quote. It goes on" is one!',
    'A bullet of two lines.',
    'Another',
    'a second',
    '`a`, `b|c` | 404 | –',
    'a cell | says one.',
    'Says two.',
    '```json { "a": "One. Two." } ```',
    'The end',
  ]);
});

it('the titles of tests are read, and nothing else', () => {
  const code = `
    // it('in a comment', () => {});
    const rows: [string, number][] = [['a row', 1], ...more];
    const more = [[\`another \${row}\`, 2, 'not shown']] as const;
    const cases = [{ name: 'of a case', reason: 'not a title' }, { name: 'of another' }];
    describe('a group', () => {
      it(\`a template \${here} and there\`, () => expect('in a body').toBe('no title'));
      it.each(rows)('%s in a table', (row) => call('no', 'title'));
    });
    describeOnEachDatabase('on each', () => {
      it.each(cases.map((each) => [each.name, each] as const))('%s', () => {});
      it.each([1, 2].map((n) => [\`number \${n}\`, 'not shown']))('%s!', () => {});
      it.each<[string, string]>([['shown', 'too']])('%s %j', () => {});
    });
    it.skip('skipped', () => {});
    it.skip.each([['skipped row']])('%s', () => {});
    it.todo('to be done');
    describe.skip('skipped group', () => { it('inside it', () => {}); });
    xit('crossed out', () => {});
  `;
  expect(titlesIn(code).filter((title) => title.trim() !== '')).toEqual([
    'a group',
    'a template ',
    ' and there',
    '%s in a table',
    'a row',
    'another ',
    'on each',
    '%s',
    'of a case',
    'of another',
    '%s!',
    'number ',
    '%s %j',
    'shown',
    'too',
  ]);
});
