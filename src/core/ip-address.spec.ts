import { describe, expect, it } from '@jest/globals';
import { cpuMs } from '../../test/support/cpu-time.js';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { numRuns } from '../../test/support/property-runs.js';
import { bytesOfIp, canonicalIp, ipOfBytes } from './ip-address.js';

describe('the one spelling of an address', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['10.0.0.1', '10.0.0.1'],
    ['#34 ::ffff:10.0.0.1', '10.0.0.1'],
    ['#34 ::ffff:a00:1', '10.0.0.1'],
    ['#34 ::FFFF:A00:1', '10.0.0.1'],
    ['#34 0:0:0:0:0:ffff:10.0.0.1', '10.0.0.1'],
    ['#34 0000:0000:0000:0000:0000:ffff:0a00:0001', '10.0.0.1'],
    ['#34 ::ffff:0:0', '0.0.0.0'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:0:10.0.0.1', '::ffff:0:a00:1'],
    ['::fffe:10.0.0.1', '::fffe:a00:1'],
    ['1::ffff:10.0.0.1', '1::ffff:a00:1'],
  ])('%s is %s', (text, expected) => {
    expect(canonicalIp(text.replace('#34 ', ''))).toBe(expected);
  });

  it.each([
    '#35 010.0.0.1',
    '#35 10.0.0.01',
    '#35 10.0.0.00',
    '#35 0x0a.0.0.1',
    '#35 0xa000001',
    '#35 10.1',
    '#35 10.0.1',
    '#35 167772161',
    '#35 ::ffff:010.0.0.1',
    '#35 ::ffff:10.1',
    '#39 fe80::1%eth0',
    '#39 fe80::1%',
    '#39 fe80::1%25eth0',
    '#39 %',
    '256.0.0.1',
    '1.1.1.1.1',
    '1.1.1',
    '1.1.1.',
    '.1.1.1',
    '1..1.1',
    '-1.1.1.1',
    '+1.1.1.1',
    '1.1.1.1 ',
    ' 1.1.1.1',
    '1.1.1.1\n',
    '1.1.1.1\u0000',
    '１.１.１.１',
    '١.١.١.١',
    '1。1。1。1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    '::g',
    ':1::2',
    '1::2:',
    '::1.2.3.4.5',
    '1.2.3.4::',
    '::1\n',
    '[::1]',
    'localhost',
    'unknown',
    '',
  ])('%j is none', (text) => {
    expect(canonicalIp(text.replace(/^#\d+ /, ''))).toBeNull();
  });

  it('is what a second, strict reading says, for whatever looks like an address', () => {
    fc.assert(
      fc.property(fc.oneof(spelledIp, nearlyIp), (text) => {
        const canonical = canonicalIp(text);
        expect(canonical === null ? null : groupsByHand(canonical)).toEqual(groupsByHand(text));
      }),
      { numRuns },
    );
  });

  it('is its own canonical form, lower case and compressed (RFC 5952)', () => {
    fc.assert(
      fc.property(spelledIp, (text) => {
        const canonical = canonicalIp(text) as string;
        expect(canonicalIp(canonical)).toBe(canonical);
        expect(canonical).toBe(printByHand(groupsByHand(text) as number[]));
      }),
      { numRuns },
    );
  });

  it('is the address that ipaddr.js reads', () => {
    fc.assert(
      fc.property(spelledIp, (text) => {
        // ipaddr.js takes ::1.2.3.4 for ::ffff:1.2.3.4.
        fc.pre(!(text.includes(':') && text.includes('.')));
        const bytes = ipaddr.process(text).toByteArray();
        expect([...bytesOfIp(canonicalIp(text) as string)]).toEqual(bytes);
      }),
      { numRuns },
    );
  });

  it('of junk is none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(canonicalIp(text)).toBe(groupsByHand(text) === null ? null : expect.any(String));
      }),
      { numRuns },
    );
  });

  it.each([
    ['colons', ':'.repeat(16_384)],
    ['1: over and over', '1:'.repeat(8_192)],
    ['0. over and over', '0.'.repeat(8_192)],
    ['zeros', '0'.repeat(16_384)],
    ['a zone', `fe80::1%${'a'.repeat(16_384)}`],
  ])('hostile, 16 KB of %s, is refused at once', (_name, text) => {
    const startedAt = cpuMs();
    expect(canonicalIp(text)).toBeNull();
    expect(cpuMs() - startedAt).toBeLessThan(200);
  });
});

describe('the bytes of an address', () => {
  it.each([
    ['10.0.0.255', [10, 0, 0, 255]],
    ['::', Array.from({ length: 16 }, () => 0)],
    ['::1', [...Array.from({ length: 15 }, () => 0), 1]],
    ['1::', [0, 1, ...Array.from({ length: 14 }, () => 0)]],
    ['::1.2.3.4', [...Array.from({ length: 12 }, () => 0), 1, 2, 3, 4]],
    ['2001:db8:1:2:3:4:5:6', [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6]],
  ])('%s', (ip, bytes) => {
    expect([...bytesOfIp(ip)]).toEqual(bytes);
  });

  it('are the address again', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      // prettier-ignore
      fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        const ip = ipOfBytes(some);
        const mapped = some.length === 16 && ip.includes('.') && !ip.includes(':');
        expect([...bytesOfIp(ip)]).toEqual([...(mapped ? some.slice(12) : some)]);
        expect(canonicalIp(ip)).toBe(ip);
      }),
      { numRuns },
    );
  });
});

// A second reading of addresses, by the grammar of RFC 3986 §3.2.2, that shares nothing with `node:net`.

/** Two groups of 16 bits for IPv4 (also where it comes mapped into IPv6), eight for IPv6, `null` for what is no address. */
function groupsByHand(text: string): number[] | null {
  const groups = text.includes(':') ? ipv6ByHand(text) : ipv4ByHand(text);
  return groups?.slice(0, 6).join() === '0,0,0,0,0,65535' ? groups.slice(6) : groups;
}

function ipv4ByHand(text: string): number[] | null {
  const octets = text.split('.');
  if (octets.length !== 4 || octets.some((octet) => String(Number(octet)) !== octet)) return null;
  const [a = -1, b = -1, c = -1, d = -1] = octets.map(Number);
  if ([a, b, c, d].some((octet) => !Number.isInteger(octet) || octet < 0 || octet > 255))
    return null;
  return [a * 256 + b, c * 256 + d];
}

function ipv6ByHand(text: string): number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const read = halves.map((half, i) => groupsOfHalf(half, i === halves.length - 1));
  const [head, tail] = read;
  if (head === undefined || head === null || tail === null) return null;
  if (tail === undefined) return head.length === 8 ? head : null;
  const missing = 8 - head.length - tail.length;
  return missing < 1 ? null : [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function groupsOfHalf(half: string, last: boolean): number[] | null {
  if (half === '') return [];
  const groups: number[] = [];
  const parts = half.split(':');
  for (const [i, part] of parts.entries()) {
    if (last && i === parts.length - 1 && part.includes('.')) {
      const dotted = ipv4ByHand(part);
      if (dotted === null) return null;
      groups.push(...dotted);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

const octets = (high: number, low: number) =>
  [high >> 8, high & 255, low >> 8, low & 255].join('.');

/** RFC 5952, with IPv4-compatible addresses in mixed notation (its §5). */
// prettier-ignore
function printByHand(groups: readonly number[]): string {
  if (groups.length === 2) return octets(groups[0] as number, groups[1] as number);
  if (groups.slice(0, 6).every((group) => group === 0) && groups[6] !== 0) {
    return `::${octets(groups[6] as number, groups[7] as number)}`;
  }
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at += 1) {
    let length = 0;
    while (groups[at + length] === 0) length += 1;
    if (length > best.length) best = { at, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.at === -1) return hex.join(':');
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`;
}

// Addresses in any spelling that is allowed, and texts that nearly are addresses.

const octet = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 10, 127, 255));
const spelledIpv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));

// prettier-ignore
const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) }, { weight: 1, arbitrary: fc.constantFrom(1, 0xffff) });

const spelledIpv6 = fc
  .record({
    groups: fc.oneof(
      fc.array(group, { minLength: 8, maxLength: 8 }),
      fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([a, b]) => [0, 0, 0, 0, 0, 0xffff, a, b]),
      fc.tuple(fc.nat(0xffff), fc.nat(0xffff)).map(([a, b]) => [0, 0, 0, 0, 0, 0, a, b]),
    ),
    padded: fc.boolean(),
    capitals: fc.boolean(),
    dotted: fc.boolean(),
    gapAt: fc.nat(8),
  })
  .map(({ groups, padded, capitals, dotted, gapAt }) => {
    const hex = groups.map((one) => one.toString(16).padStart(padded ? 4 : 1, '0'));
    const [high = 0, low = 0] = groups.slice(6);
    const parts = dotted ? [...hex.slice(0, 6), octets(high, low)] : hex;
    // Any run of zeros may be left out, not only the longest.
    let end = gapAt;
    while (groups[end] === 0 && end < (dotted ? 6 : 8)) end += 1;
    const text =
      // prettier-ignore
      end > gapAt ? `${parts.slice(0, gapAt).join(':')}::${parts.slice(end).join(':')}` : parts.join(':');
    return capitals ? text.toUpperCase() : text;
  });

const spelledIp = fc.oneof(spelledIpv4, spelledIpv6);

const nearlyIp = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'01259afF:.'), maxLength: 16 }),
  // prettier-ignore
  fc.array(fc.constantFrom('1', '0', 'ffff', '::', ':', '.', '255', '256', '01', '10.0.0.1'), { maxLength: 12 }).map((parts) => parts.join('')),
  fc
    // prettier-ignore
    .tuple(
      spelledIp,
      fc.nat(50),
      fc.constantFrom('', '0', ':', '.', '1', 'f', '%', ' ', '/', '\n'),
      fc.nat(2),
    )
    .map(([text, at, inserted, cutOut]) => text.slice(0, at) + inserted + text.slice(at + cutOut)),
);
