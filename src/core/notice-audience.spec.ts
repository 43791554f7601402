import { expect, it } from '@jest/globals';
import { isTold } from './notice-audience.js';
import type { Role } from './roles.js';

it.each<[Role, string | null, boolean]>([
  ['admin', 'mem_2', true],
  ['admin', null, true],
  ['developer', 'mem_1', true],
  ['developer', 'mem_2', false],
  ['developer', null, false],
  ['auditor', 'mem_1', false],
  ['auditor', null, false],
])('%s, of a key that %s made: %s', (role, keyMadeBy, told) => {
  expect(isTold({ id: 'mem_1', role }, keyMadeBy)).toBe(told);
});
