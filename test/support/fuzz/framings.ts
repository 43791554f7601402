import * as fc from 'fast-check';
import type { Ending } from './sending.js';

/** How a body is marked off, and how it then lies on the wire. */
export interface Framing {
  readonly lines: string;
  readonly body: string;
  readonly ending: Exclude<Ending, 'reset'>;
}

export const noBody: Framing = { lines: '', body: '', ending: 'whole' };

/** @param body Latin-1 */
export function wellFramed(body: string): fc.Arbitrary<Framing> {
  const length = { lines: `Content-Length: ${body.length}\r\n`, body, ending: 'whole' } as const;
  const chunked = chunkedBody(body).map((chunks) => ({
    lines: 'Transfer-Encoding: chunked\r\n',
    body: chunks,
    ending: 'whole' as const,
  }));
  return fc.oneof({ weight: 3, arbitrary: fc.constant(length) }, { weight: 1, arbitrary: chunked });
}

/** Marked off wrongly, in two ways at once, or not to its end. */
export function badlyFramed(body: string): fc.Arbitrary<Framing> {
  const size = body.length;
  const framing = (lines: string, sent: string, ending: Framing['ending']): Framing => ({
    lines: `${lines}\r\n`,
    body: sent,
    ending,
  });
  const lengths = ['+5', '-1', '0x5', '5, 5', '99999999999999999999', '1e1', ' ', '5 5', '\xb2'];
  const encodings = ['gzip, chunked', 'chunked, gzip', 'identity', 'xchunked', 'chunked\r\nTransfer-Encoding: chunked', '', '"chunked"', 'chunked;q=1']; // prettier-ignore
  const chunks = `${size.toString(16)}\r\n${body}\r\n`;
  const brokenChunks = ['g\r\na\r\n0\r\n\r\n', '-1\r\na\r\n', '0x1\r\na\r\n0\r\n\r\n', '1 \r\na\r\n0\r\n\r\n', 'fffffffffffffffff\r\na', '1\r\nab\r\n0\r\n\r\n', '1\na\n0\n\n', '1\r\na\r\n0\r\nbad trailer\r\n\r\n', `1;${'e'.repeat(20_000)}\r\na\r\n0\r\n\r\n`]; // prettier-ignore
  return fc.oneof(
    fc.integer({ min: 1, max: 5_000 }).map((more) => framing(`Content-Length: ${size + more}`, body, 'open')),
    fc.nat(size).map((less) => framing(`Content-Length: ${less}`, body, 'open')),
    fc.constantFrom(...lengths).map((value) => framing(`Content-Length: ${value}`, body, 'open')),
    fc.constant(framing(`Content-Length: ${size}\r\nContent-Length: ${size}`, body, 'settled')),
    fc.constant(framing(`Content-Length: ${size}\r\nContent-Length: ${size + 1}`, body, 'settled')),
    fc.constant(framing(`Content-Length: ${size}\r\nTransfer-Encoding: chunked`, `${chunks}0\r\n\r\n`, 'settled')),
    fc.constantFrom(...encodings).map((value) => framing(`Transfer-Encoding: ${value}`, `${chunks}0\r\n\r\n`, 'open')),
    fc.constantFrom(...brokenChunks).map((broken) => framing('Transfer-Encoding: chunked', broken, 'open')),
    fc.constant(framing('Transfer-Encoding: chunked', chunks, 'open')),
    fc.constant(framing('Transfer-Encoding : chunked', `${chunks}0\r\n\r\n`, 'settled')),
    fc.constant(framing('X-None: 1', body, 'open')),
  ); // prettier-ignore
}

/** Cut where chance has it, with extensions and trailers that may be there. */
function chunkedBody(body: string): fc.Arbitrary<string> {
  return fc
    .record({
      cuts: fc.array(fc.nat(body.length), { maxLength: 4 }),
      extension: fc.constantFrom('', '', ';a=b', ';a="b;c"'),
      trailer: fc.constantFrom('', '', 'X-Trailer: a\r\n', 'Authorization: Bearer a\r\n'),
    })
    .map(({ cuts, extension, trailer }) => {
      const ends = [...new Set([...cuts, body.length])].filter((end) => end > 0).sort((a, b) => a - b); // prettier-ignore
      const chunks = ends.map((end, i) => body.slice(ends[i - 1] ?? 0, end));
      const lines = chunks.map(
        (chunk) => `${chunk.length.toString(16)}${extension}\r\n${chunk}\r\n`,
      );
      return `${lines.join('')}0\r\n${trailer}\r\n`;
    });
}
