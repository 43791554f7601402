import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { addressBlockOf, subscriberOf } from './address-block.js';
import { ipOfBytes, networkOf } from './ip-address.js';

describe('what one subscriber has', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:0:1::7', '2001:db8:0:1::/64'],
    ['', '*'],
  ])('of %s is %s', (ip, subscriber) => {
    expect(subscriberOf(ip)).toBe(subscriber);
  });
});

describe('the block of an address', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['0.0.0.0', '0.0.0.0/24'],
    ['255.255.255.255', '255.255.255.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['::1', '::/64'],
    ['', '*'],
  ])('of %j is %s', (ip, block) => {
    expect(addressBlockOf(ip)).toBe(block);
  });

  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  it('is the network of that size, for every address', () => {
    fc.assert(
      fc.property(fc.oneof(bytes(4), bytes(16)), (address) => {
        const ip = ipOfBytes(address);
        const prefix = ip.includes(':') ? 64 : 24;
        expect(addressBlockOf(ip)).toBe(`${networkOf(ip, prefix)}/${prefix}`);
      }),
      { numRuns: numRuns },
    );
  });
});
