import { describe, expect, it } from '@jest/globals';
import { resolveLocalReference } from './local-reference.js';

const document = {
  components: { pathItems: { 'a/b': 1, 'm~n': 2, 'per cent': 3, '~1': 4 } },
  list: ['first'],
  nothing: null,
};

describe('a local $ref', () => {
  it.each([
    ['#/components/pathItems/a~1b', 1],
    ['#/components/pathItems/m~0n', 2],
    ['#/components/pathItems/per%20cent', 3],
    ['#/components/pathItems/~01', 4],
    ['#/list/0', 'first'],
    ['#/nothing', null],
  ])('%s leads to %j', (reference, value) => {
    expect(resolveLocalReference(document, reference)).toEqual({ ok: true, value });
  });

  it.each([
    [1, 'its $ref is no text'],
    [null, 'its $ref is no text'],
    ['other.yaml#/a', 'its $ref leads out of the document'],
    ['https://example.com/a.json', 'its $ref leads out of the document'],
    ['#', 'its $ref leads out of the document'],
    ['#anchor', 'its $ref leads out of the document'],
    ['#/%zz', 'its $ref holds a bad percent escape'],
    ['#/absent', 'its $ref leads nowhere'],
    ['#/list/1', 'its $ref leads nowhere'],
    ['#/nothing/more', 'its $ref leads nowhere'],
    ['#/components/__proto__', 'its $ref leads nowhere'],
    ['#/components/constructor', 'its $ref leads nowhere'],
    ['#/list/0/length', 'its $ref leads nowhere'],
  ])('%j is refused: %s', (reference, why) => {
    expect(resolveLocalReference(document, reference)).toEqual({ ok: false, why });
  });
});
