import { expect, it } from '@jest/globals';
import { acceptsGzip } from './accepts-gzip.js';

it.each<[string | undefined, boolean]>([
  [undefined, false],
  ['', false],
  ['gzip', true],
  ['GZip', true],
  ['x-gzip', true],
  ['br, gzip;q=0.5', true],
  ['gzip;q=0', false],
  ['gzip; q=0.000', false],
  ['gzip;q=0, *', false],
  ['*', true],
  ['*;q=0', false],
  ['identity', false],
  ['br', false],
  ['gzippy', false],
  ['gzip;q=x', false],
])('Accept-Encoding %p: %p', (header, accepted) => {
  expect(acceptsGzip(header)).toBe(accepted);
});
