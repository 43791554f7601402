import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvRecord } from './csv.js';

/** As somebody else's parser has it. */
const read = (record: string): string[] => {
  const [row = [], ...more] = parse(record, { record_delimiter: '\r\n' }) as string[][];
  expect(more).toEqual([]);
  return row;
};

/** Takes the mark off that a formula gets. */
const plain = (cell: string): string =>
  /^'+[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell) ? cell.slice(1) : cell;

describe('csvRecord', () => {
  it.each([
    ['plain', 'plain\r\n'],
    ['', '""\r\n'],
    ['a,b', '"a,b"\r\n'],
    ['say "x"', '"say ""x"""\r\n'],
    ['two\nlines', '"two\nlines"\r\n'],
    ['a\rb', '"a\rb"\r\n'],
    ['𝒳 ÿ 日本', '𝒳 ÿ 日本\r\n'],
    ['a=1', 'a=1\r\n'],
    [' =1', ' =1\r\n'],
  ])('%j', (text, record) => expect(csvRecord([text])).toBe(record));

  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1',
    '＋1',
    '－1',
    '＠x',
    "'=1",
    "''-1",
  ])('#64 %j is no formula', (text) => {
    const record = csvRecord([text]);
    expect(record).toBe(`"'${text}"\r\n`);
    expect(plain(read(record)[0] as string)).toBe(text);
  });

  it('numbers as they are, lists separated by spaces, null as nothing', () => {
    expect(csvRecord([12.5, null, ['contacts.read', 'contacts.write'], []])).toBe(
      '12.5,,contacts.read contacts.write,""\r\n',
    );
    expect(csvRecord([['-x']])).toBe(`"'-x"\r\n`);
  });

  it('gives every text back, whatever is in it', () => {
    const hostile = fc.string({ unit: fc.constantFrom(..."=+-@\t\r\n\"',; '＝aé𝒳\0") });
    const texts = fc.array(fc.oneof(hostile, fc.string({ unit: 'grapheme' })), { minLength: 1 });
    fc.assert(
      fc.property(texts, (cells) => {
        expect(read(csvRecord(cells)).map(plain)).toEqual(cells);
      }),
    );
  });
});
