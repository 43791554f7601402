import { describe, expect, it } from '@jest/globals';
import type { Call } from '../../src/core/call.js';
import {
  callColumns,
  callOf,
  packCall,
  rowWidth,
  type Cell,
} from '../../src/store/call-log/call-columns.js';
import { exampleCall } from '../support/call-log.js';

describe('A row of the call log', () => {
  it('has each field in the cell of its column', () => {
    const call = { ...exampleCall({ nextPosition: () => 7 }), ...distinct() };
    const cells: Cell[] = [];
    packCall(cells, call, 'nod_1', 3);
    expect(cells).toHaveLength(rowWidth);
    const record = Object.fromEntries(callColumns.map(({ name }, i) => [name, cells[i]]));
    expect(callOf(record)).toEqual({ ...call, nodeId: 'nod_1', seq: 3 });
  });
});

/** Every text its own, so that none can stand in another's place. */
function distinct(): object {
  const texts = callColumns
    .filter(({ field, kind }) => field !== null && kind === 'text' && field !== 'callerIp')
    .map(({ field }, i) => [field as keyof Call, `text ${i}`]);
  const numbers = callColumns
    .filter(({ kind }) => kind === 'integer' || kind === 'real')
    .map(({ field }, i) => [field as keyof Call, i + 100]);
  const lists = callColumns
    .filter(({ kind }) => kind === 'list')
    .map(({ field }, i) => [field as keyof Call, [`scope ${i}`]]);
  return Object.fromEntries([...texts, ...numbers, ...lists]);
}
