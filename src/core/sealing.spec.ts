import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { seal, unseal, type SealingKey } from './sealing.js';

const current: SealingKey = { version: 2, key: Buffer.alloc(32, 'b') };
const retired: SealingKey = { version: 1, key: Buffer.alloc(32, 'a') };
const plain = Buffer.from('Bearer upstream-credential');

// prettier-ignore
describe('what is sealed', () => {
  it('is opened again with its key, in its place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, place) => {
        const sealed = seal(Buffer.from(bytes), current, place);
        expect([...unseal(sealed, [retired, current], place)]).toEqual([...bytes]);
      }),
      { numRuns: Math.min(numRuns, 2_000) },
    );
  });

  it('names the version of its key, so that a retired key still opens what it sealed', () => {
    const sealed = seal(plain, retired, 'service');
    expect(sealed).toMatch(/^1\.[\w-]{16}\.[\w-]+$/);
    expect(unseal(sealed, [current, retired], 'service')).toEqual(plain);
  });

  it('never looks the same twice, nor like what it is', () => {
    const one = seal(plain, current, 'service');
    expect(seal(plain, current, 'service')).not.toBe(one);
    expect(Buffer.from(one.split('.')[2] as string, 'base64url').includes('upstream')).toBe(false);
  });

  it.each<[name: string, open: (sealed: string) => Buffer]>([
    ['in another place', (sealed) => unseal(sealed, [current], 'another service')],
    ['without a place', (sealed) => unseal(sealed, [current], '')],
    ['#96 with another key of that version', (sealed) => unseal(sealed, [{ ...retired, version: 2 }], 'service')],
    ['with its key under another version', (sealed) => unseal(sealed, [{ ...current, version: 3 }], 'service')],
    ['without keys', (sealed) => unseal(sealed, [], 'service')],
    ['under another version', (sealed) => unseal(sealed.replace(/^2/, '1'), [current, retired], 'service')],
    ['cut short', (sealed) => unseal(sealed.slice(0, -4), [current], 'service')],
    ['cut to four bytes of its tag', (sealed) => unseal(sealed.replace(/[^.]*$/, 'AAAAAA'), [current], 'service')],
    ['without a tag', (sealed) => unseal(sealed.replace(/[^.]*$/, ''), [current], 'service')],
    ['without its end', (sealed) => unseal(sealed.replace(/\.[^.]*$/, ''), [current], 'service')],
    ['when it is empty', () => unseal('', [current], 'service')],
  ])('is not opened %s', (_name, open) => {
    const sealed = seal(plain, current, 'service');
    expect(() => open(sealed)).toThrow(/unable to authenticate|no key to unseal|tag length/i);
  });

  it('is not opened with any one bit of it turned', () => {
    const [version, iv = '', body = ''] = seal(plain, current, 'service').split('.');
    for (const [part, other] of [[iv, (text: string) => `${version}.${text}.${body}`], [body, (text: string) => `${version}.${iv}.${text}`]] as const) {
      const bytes = Buffer.from(part, 'base64url');
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const turned = Buffer.from(bytes);
        turned[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(() => unseal(other(turned.toString('base64url')), [current], 'service')).toThrow('unable to authenticate');
      }
    }
  });

  it('a tag of four bytes is refused for its length, whatever it says', () => {
    // GCM as such would take a short tag, and 2^32 tries would find one.
    const sealed = seal(Buffer.alloc(0), current, 'service').split('.');
    const tag = Buffer.from(sealed[2] as string, 'base64url');
    const short = `${sealed[0]}.${sealed[1]}.${tag.subarray(0, 4).toString('base64url')}`;
    expect(() => unseal(short, [current], 'service')).toThrow(/tag/i);
  });
});
