import { describe, expect, it } from '@jest/globals';
import { wordsOf } from '../../console/src/api-keys/scope-words.js';

describe('scopes in words', () => {
  it.each<[scopes: string[], words: [word: string, subjects: string[]][]]>([
    [[], []],
    [['crm.contacts.read'], [['Reads', ['crm.contacts']]]],
    [
      ['contacts:read', 'contacts:write'],
      [
        ['Reads', ['contacts']],
        ['Writes', ['contacts']],
      ],
    ],
    [
      ['contacts.readwrite'],
      [
        ['Reads', ['contacts']],
        ['Writes', ['contacts']],
      ],
    ],
    // To delete is more than to write, and is called by its name.
    [
      ['contacts.delete', 'contacts.write'],
      [
        ['Writes', ['contacts']],
        ['May', ['contacts.delete']],
      ],
    ],
    [['contacts.create', 'keys.manage'], [['May', ['contacts.create', 'keys.manage']]]],
    [['email.single_send', 'everything'], [['May', ['email.single_send', 'everything']]]],
    [['orders.view', 'orders.list', 'contacts.get'], [['Reads', ['contacts', 'orders']]]],
    // What is Latchkey's own comes last.
    [
      ['latchkey.keys.read', 'orders.read', 'latchkeys.read'],
      [['Reads', ['latchkeys', 'orders', 'latchkey.keys']]],
    ],
    [['read', 'a.b.read.all'], [['May', ['a.b.read.all', 'read']]]],
  ])('%j', (scopes, words) => {
    expect(wordsOf(scopes).map(({ word, subjects }) => [word, subjects])).toEqual(words);
  });
});
