import { randomFillSync } from 'node:crypto';
import { base62Alphabet, toBase62 } from './base62.js';

/** The kinds of object that have an id, by the prefix of that id. */
export type IdPrefix =
  | (
      | 'acc'
      | 'key'
      | 'sec'
      | 'rot'
      | 'svc'
      | 'rte'
      | 'call'
      | 'evt'
      | 'bnd'
      | 'nod'
      | 'grt'
      | 'exp'
      | 'run'
      | 'reg'
    )
  | ('ntc' | 'dlv' | 'att' | 'whk')
  | ('per' | 'mem' | 'ses' | 'lnk' | 'lml' | 'fac' | 'rcv' | 'pky');

/** Characters after the prefix: 20 base62 characters are 119 bits, beyond guessing. */
const tailLength = 20;
/** A call's tail is shorter because its position goes before it: 14 characters are 83 bits. */
const callTailLength = 14;
/** `2^53` needs nine base62 digits. */
const positionLength = 9;

/** An unguessable id such as `key_4fGh…`. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${randomBase62(tailLength)}`;
}

/** The id of a call: its position, so that the log finds the row without another index, and an unguessable tail. */
export function newCallId(position: number): string {
  return `call_${toBase62(position, positionLength)}${randomBase62(callTailLength)}`;
}

/** The position a call's id names, or `null` for what is no call id. */
export function positionOfCallId(id: string): number | null {
  if (!/^call_[0-9A-Za-z]{23}$/.test(id)) return null;
  let position = 0;
  for (const digit of id.slice(5, 5 + positionLength))
    position = position * 62 + base62Alphabet.indexOf(digit);
  return Number.isSafeInteger(position) ? position : null;
}

// Random bytes are drawn in blocks: one system call serves many ids.
const pool = Buffer.alloc(4096);
let used = pool.length;

/** `length` characters, each uniform over base62. Bytes of 248 and more are thrown away: 248 is the last multiple of 62. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const byte = pool[used] as number;
    pool[used] = 0;
    used += 1;
    if (byte < 248) text += base62Alphabet[byte % 62];
  }
  return text;
}
