import { describe, expect, it } from '@jest/globals';
import { cpuMs } from '../../test/support/cpu-time.js';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { numRuns } from '../../test/support/property-runs.js';
import { bytesOfIp, canonicalIp, ipOfBytes } from './ip-address.js';
import {
  CompiledAllowlist,
  IpRuleSet,
  formatIpRule,
  isWithin,
  noAllowlist,
  parseIpRule,
  type AllowlistMode,
  type IpRule,
} from './ip-allowlist.js';

const rule = (text: string): IpRule => {
  const reading = parseIpRule(text, { allowAny: true });
  if (!reading.ok) throw new Error(`${text}: ${reading.why}`);
  return reading.rule;
};

const setOf = (...texts: string[]) => new IpRuleSet(texts.map(rule));
const plain = (text: string) => text.replace(/^#\d+ /, '');
const canonical = (text: string) => canonicalIp(text) as string;

// prettier-ignore
describe('an IP rule', () => {
  it.each<[text: string, network: string, prefix: number, family: string, printed: string]>([
    ['10.0.0.1', '10.0.0.1', 32, 'ipv4', '10.0.0.1'],
    ['10.0.0.1/32', '10.0.0.1', 32, 'ipv4', '10.0.0.1'],
    ['10.0.0.0/8', '10.0.0.0', 8, 'ipv4', '10.0.0.0/8'],
    ['10.128.0.0/9', '10.128.0.0', 9, 'ipv4', '10.128.0.0/9'],
    ['192.0.2.2/31', '192.0.2.2', 31, 'ipv4', '192.0.2.2/31'],
    ['0.0.0.0/1', '0.0.0.0', 1, 'ipv4', '0.0.0.0/1'],
    ['0.0.0.0', '0.0.0.0', 32, 'ipv4', '0.0.0.0'],
    ['2001:db8::1', '2001:db8::1', 128, 'ipv6', '2001:db8::1'],
    ['2001:DB8::/32', '2001:db8::', 32, 'ipv6', '2001:db8::/32'],
    ['2001:0db8:0:0::/128', '2001:db8::', 128, 'ipv6', '2001:db8::'],
    ['2001:db8:8000::/33', '2001:db8:8000::', 33, 'ipv6', '2001:db8:8000::/33'],
    ['::/1', '::', 1, 'ipv6', '::/1'],
    ['::', '::', 128, 'ipv6', '::'],
    ['64:ff9b::/96', '64:ff9b::', 96, 'ipv6', '64:ff9b::/96'],
    ['64:ff9b::192.0.2.0/120', '64:ff9b::c000:200', 120, 'ipv6', '64:ff9b::c000:200/120'],
  ])('%s is read', (text, network, prefix, family, printed) => {
    expect(parseIpRule(text)).toEqual({ ok: true, rule: { network, prefix, family } });
    expect(formatIpRule(rule(text))).toBe(printed);
  });

  const form = /full, plain form/;
  const prefix32 = 'the prefix must be a whole number from 0 to 32';
  const prefix128 = 'the prefix must be a whole number from 0 to 128';
  it.each<[text: string, why: string | RegExp]>([
    ['#35 010.0.0.1', form],
    ['#35 0x0a.0.0.1', form],
    ['#35 10.1', form],
    ['#35 167772161', form],
    ['#35 010.0.0.0/8', form],
    ['#35 10/8', form],
    ['#35 10.0.0/24', form],
    ['#36 10.0.0.0/', prefix32],
    ['#36 10.0.0.0/-1', prefix32],
    ['#36 10.0.0.0/+8', prefix32],
    ['#36 10.0.0.0/08', prefix32],
    ['#36 10.0.0.0/008', prefix32],
    ['#36 10.0.0.0/33', prefix32],
    ['#36 10.0.0.0/129', prefix32],
    ['#36 10.0.0.0/8.5', prefix32],
    ['#36 10.0.0.0/8.0', prefix32],
    ['#36 10.0.0.0/1e1', prefix32],
    ['#36 10.0.0.0/0x8', prefix32],
    ['#36 10.0.0.0/٨', prefix32],
    ['#36 10.0.0.0/8\n', prefix32],
    ['#36 10.0.0.0/8 ', prefix32],
    ['#36 10.0.0.0/ 8', prefix32],
    ['#36 10.0.0.0/32/32', prefix32],
    ['#36 10.0.0.0//8', prefix32],
    ['#36 10.0.0.0/255.0.0.0', prefix32],
    ['#36 10.0.0.0/4294967304', prefix32],
    ['#36 ::/', prefix128],
    ['#36 ::/129', prefix128],
    ['#36 ::/-1', prefix128],
    ['#36 ::/00', prefix128],
    ['#36 ::/1000', prefix128],
    ['#36 10.0.0.1\n', form],
    ['#36 10.0.0.0 /8', form],
    ['#36 /8', form],
    ['#36 /', form],
    ['#37 10.0.0.1/8', 'it has host bits set: write 10.0.0.0/8 for the network, or 10.0.0.1 for the one address'],
    ['#37 10.0.0.1/31', 'it has host bits set: write 10.0.0.0/31 for the network, or 10.0.0.1 for the one address'],
    ['#37 192.0.2.130/25', 'it has host bits set: write 192.0.2.128/25 for the network, or 192.0.2.130 for the one address'],
    ['#37 10.0.0.0/0', 'it has host bits set: write 0.0.0.0/0 for the network, or 10.0.0.0 for the one address'],
    ['#37 2001:db8::1/32', 'it has host bits set: write 2001:db8::/32 for the network, or 2001:db8::1 for the one address'],
    ['#37 2001:DB8:0::8000/112', 'it has host bits set: write 2001:db8::/112 for the network, or 2001:db8::8000 for the one address'],
    ['#38 0.0.0.0/0', '/0 admits every IPv4 address: confirm it with "confirmAny": true'],
    ['#38 ::/0', '/0 admits every IPv6 address: confirm it with "confirmAny": true'],
    ['#39 fe80::1%eth0', 'an address with a zone (%…) means something on one machine only'],
    ['#39 fe80::%eth0/64', 'an address with a zone (%…) means something on one machine only'],
    ['#34 ::ffff:10.0.0.1', 'an IPv4-mapped address is judged as IPv4: write 10.0.0.1'],
    ['#34 ::ffff:a00:0/104', 'an IPv4-mapped address is judged as IPv4: write 10.0.0.0'],
    ['10.0.0.0\\8', form],
    ['*', form],
    ['example.org', form],
    ['', form],
    [' 10.0.0.1', form],
    [`10.0.0.1/${'0'.repeat(100)}`, 'it is longer than any address'],
  ])('%j is refused', (text, why) => {
    const reading = parseIpRule(plain(text));
    expect(reading).toEqual({ ok: false, why: typeof why === 'string' ? why : expect.stringMatching(why) });
  });

  it.each([
    ['0.0.0.0/0', 'ipv4'],
    ['::/0', 'ipv6'],
    ['0:0::/0', 'ipv6'],
  ])('#38 %s is read once it is confirmed', (text, family) => {
    expect(parseIpRule(text, { allowAny: true })).toMatchObject({ ok: true, rule: { prefix: 0, family } });
    expect(parseIpRule(text, { allowAny: false })).toMatchObject({ ok: false });
  });

  it('is stable once it was printed', () => {
    fc.assert(
      fc.property(network, ({ text }) => {
        const once = rule(text);
        expect(rule(formatIpRule(once))).toEqual(once);
        expect(formatIpRule(rule(formatIpRule(once)))).toBe(formatIpRule(once));
      }),
      { numRuns },
    );
  });

  it('is accepted if and only if a second, strict reading accepts it', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyRule, network.map(({ text }) => text)), fc.boolean(), (text, allowAny) => {
        const reading = parseIpRule(text, { allowAny });
        expect([text, reading.ok]).toEqual([text, isRuleByHand(text, allowAny)]);
      }),
      { numRuns },
    );
  });

  it('of junk is refused without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseIpRule(text).ok).toBe(isRuleByHand(text, false));
      }),
      { numRuns },
    );
  });

  it('proposes, for host bits, a network that it then accepts', () => {
    fc.assert(
      fc.property(address, fc.nat(128), ({ bytes, text }, bits) => {
        const reading = parseIpRule(`${text}/${bits % (bytes.length * 8 + 1)}`, { allowAny: true });
        fc.pre(!reading.ok);
        const [, proposed = '', single = ''] =
          /write (\S+) for the network, or (\S+) for/.exec(reading.ok ? '' : reading.why) ?? [];
        expect(parseIpRule(proposed, { allowAny: true }).ok).toBe(true);
        expect(new IpRuleSet([rule(proposed)]).has(text)).toBe(true);
        expect(single).toBe(text);
      }),
      { numRuns },
    );
  });
});

// prettier-ignore
describe('a set of IP rules', () => {
  it.each<[rules: string[], ip: string, admitted: boolean]>([
    [['10.0.0.0/8'], '10.0.0.1', true],
    [['10.0.0.0/8'], '10.255.255.255', true],
    [['10.0.0.0/8'], '11.0.0.0', false],
    [['10.0.0.0/8'], '9.255.255.255', false],
    [['10.0.0.0/8'], '#34 ::ffff:10.0.0.1', true],
    [['10.0.0.0/8'], '#34 ::ffff:a00:1', true],
    [['10.0.0.1'], '#34 ::ffff:a00:1', true],
    [['10.0.0.0/8'], '#34 ::10.0.0.1', false],
    [['10.0.0.1'], '10.0.0.2', false],
    [['10.0.0.0/31'], '10.0.0.1', true],
    [['10.0.0.0/31'], '10.0.0.2', false],
    [['0.0.0.0/0'], '255.255.255.255', true],
    [['#38 0.0.0.0/0'], '::1', false],
    [['#38 ::/0'], '::1', true],
    [['#38 ::/0'], '10.0.0.1', false],
    [['#38 ::/0'], '::ffff:10.0.0.1', false],
    [['#38 ::/1', '8000::/1'], '10.0.0.1', false],
    [['2001:db8::/32'], '2001:db8:ffff::1', true],
    [['2001:db8::/32'], '2001:db9::', false],
    [['2001:db8:8000::/33'], '2001:db8:7fff::', false],
    [['2001:db8:8000::/33'], '2001:DB8:8000::1', true],
    [['::1'], '0:0:0:0:0:0:0:1', true],
    [['10.0.0.0/8', '2001:db8::/32'], '2001:db8::1', true],
    [['192.0.2.1', '192.0.2.128/25'], '192.0.2.200', true],
    [[], '10.0.0.1', false],
    [[], '::1', false],
  ])('of %j asked for %s: %s', (texts, ip, admitted) => {
    expect(setOf(...texts.map(plain)).has(canonical(plain(ip)))).toBe(admitted);
  });

  it('made of texts leaves out one that no longer parses, which admits nobody', () => {
    const set = IpRuleSet.ofTexts(['10.0.0.1/8', '010.0.0.1', '', '192.0.2.0/24']);
    expect(set.has('10.0.0.1')).toBe(false);
    expect(set.has('8.0.0.1')).toBe(false);
    expect(set.has('192.0.2.7')).toBe(true);
  });

  it('made of texts keeps a confirmed /0', () => {
    expect(IpRuleSet.ofTexts(['0.0.0.0/0']).has('192.0.2.7')).toBe(true);
  });

  it('has the addresses that share the prefix of one of its rules, and no others', () => {
    fc.assert(
      fc.property(fc.array(network, { maxLength: 4 }), address, fc.nat(3), fc.nat(200), (networks, any, pick, flip) => {
        const near = networks[pick % (networks.length || 1)];
        // An address of the chosen network with one bit turned lies just inside or just outside of it.
        const ip = near === undefined ? any : turned(near.bytes, flip);
        const expected = networks.some(
          ({ bytes, prefix }) => bytes.length === ip.bytes.length && firstBits(bytes, prefix) === firstBits(ip.bytes, prefix),
        );
        expect(setOf(...networks.map(({ text }) => text)).has(ip.text)).toBe(expected);
      }),
      { numRuns },
    );
  });

  it('agrees with ipaddr.js', () => {
    fc.assert(
      fc.property(network, address, fc.option(fc.nat(200)), (one, any, flip) => {
        const ip = flip === null ? any : turned(one.bytes, flip);
        const oracle = ipaddr.parse(ip.text);
        const range = ipaddr.parseCIDR(`${ipOfBytes(one.bytes)}/${one.prefix}`);
        const expected = oracle.kind() === range[0].kind() && oracle.match(range);
        expect(setOf(one.text).has(ip.text)).toBe(expected);
      }),
      { numRuns },
    );
  });

  it('of 10,000 networks answers quickly', () => {
    const rules = Array.from({ length: 10_000 }, (_, i) => rule(`10.${i >> 8}.${i & 255}.0/24`));
    const set = new IpRuleSet(rules);
    expect(set.has('10.39.15.9')).toBe(true);
    const startedAt = cpuMs();
    expect(set.has('192.0.2.1')).toBe(false);
    expect(cpuMs() - startedAt).toBeLessThan(200);
  });
});

describe('an allowlist', () => {
  const inside = '192.0.2.7';
  const outside = '198.51.100.7';
  const entries = [{ cidr: '192.0.2.0/24', note: 'office' }];

  it.each<[mode: AllowlistMode, list: { cidr: string }[], ip: string, admits: boolean]>([
    ['off', entries, outside, true],
    ['off', [], outside, true],
    ['report', entries, inside, true],
    ['report', entries, outside, false],
    ['enforce', entries, inside, true],
    ['enforce', entries, outside, false],
    ['enforce', [], inside, false],
    ['report', [], inside, false],
    ['enforce', [{ cidr: '::/0' }], inside, false],
    ['enforce', [{ cidr: '0.0.0.0/0' }], inside, true],
    ['enforce', [{ cidr: 'broken' }], inside, false],
  ])('#44 in mode %s with %j, asked for %s: %s', (mode, list, ip, admits) => {
    const compiled = new CompiledAllowlist({ mode, entries: list });
    expect(compiled.mode).toBe(mode);
    expect(compiled.admits(ip)).toBe(admits);
  });

  it('#44 an emptied list that is enforced is not "no list"', () => {
    expect(new CompiledAllowlist({ mode: 'enforce', entries: [] }).admits(inside)).toBe(false);
    expect(new CompiledAllowlist(noAllowlist).admits(inside)).toBe(true);
  });
});

describe('#31 a list within another', () => {
  const enforced = (cidrs: readonly string[]) => ({
    mode: 'enforce' as const,
    entries: cidrs.map((cidr) => ({ cidr })),
  });

  it('admits nobody whom the other refuses', () => {
    fc.assert(
      fc.property(fc.array(nested, { maxLength: 4 }), fc.array(fc.nat(200)), (pairs, flips) => {
        const list = enforced(pairs.map(({ inner }) => inner.text));
        const bounds = enforced(pairs.map(({ outer }) => outer.text));
        if (!isWithin(list, bounds)) return;
        const admitted = new CompiledAllowlist(list);
        const within = new CompiledAllowlist(bounds);
        for (const [i, flip] of flips.entries()) {
          const near = pairs[i % (pairs.length || 1)];
          const ip = near === undefined ? '192.0.2.7' : turned(near.inner.bytes, flip).text;
          if (admitted.admits(ip)) expect([ip, within.admits(ip)]).toEqual([ip, true]);
        }
      }),
      { numRuns },
    );
  });

  it('is told for single rules as counting their bits tells it', () => {
    fc.assert(
      fc.property(nested, ({ outer, inner }) => {
        const expected =
          outer.bytes.length === inner.bytes.length &&
          outer.prefix <= inner.prefix &&
          firstBits(outer.bytes, outer.prefix) === firstBits(inner.bytes, outer.prefix);
        expect(isWithin(enforced([inner.text]), enforced([outer.text]))).toBe(expected);
      }),
      { numRuns },
    );
  });
});

// Addresses and networks as bytes, and a reading of rules that shares nothing with `node:net`.

interface Address {
  readonly bytes: Uint8Array;
  readonly text: string;
}

const isMapped = (bytes: Uint8Array) =>
  // prettier-ignore
  bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;

const addressBytes = fc
  .oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // prettier-ignore
    fc.array(fc.constantFrom(0, 0, 1, 128, 255), { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list)),
  )
  .filter((bytes) => !isMapped(bytes));

// prettier-ignore
const address: fc.Arbitrary<Address> = addressBytes.map((bytes) => ({ bytes, text: ipOfBytes(bytes) }));

const network = fc
  .tuple(addressBytes, fc.nat(128))
  .map(([bytes, bits]) => maskedTo(bytes, bits % (bytes.length * 8 + 1)));

const maskedTo = (bytes: Uint8Array, prefix: number) => {
  const masked = bytes.map(
    (byte, i) => byte & (0xff00 >> Math.min(Math.max(prefix - i * 8, 0), 8)),
  );
  return { bytes: masked, prefix, text: `${ipOfBytes(masked)}/${prefix}` };
};

/** Two networks around one address, or nearly so. */
const nested = fc
  .tuple(addressBytes, fc.nat(128), fc.nat(128), fc.option(fc.nat(127), { freq: 1 }))
  .map(([bytes, bits, otherBits, flip]) => {
    const size = bytes.length * 8 + 1;
    const other = flip === null ? bytes : turned(bytes, flip).bytes;
    return {
      outer: maskedTo(bytes, bits % size),
      inner: maskedTo(other, otherBits % (other.length * 8 + 1)),
    };
  });

// prettier-ignore
const bitsOf = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
const firstBits = (bytes: Uint8Array, count: number) => bitsOf(bytes).slice(0, count);

function turned(bytes: Uint8Array, bit: number): Address {
  const place = bit % (bytes.length * 8);
  const other = bytes.map((byte, i) => (i === place >> 3 ? byte ^ (128 >> (place & 7)) : byte));
  const text = ipOfBytes(other);
  return { bytes: bytesOfIp(text), text };
}

/** IPv4 as one number of 32 bits, IPv6 as one of 128. */
// prettier-ignore
function numberByHand(text: string): { readonly value: bigint; readonly bits: 32 | 128 } | null {
  if (!text.includes(':')) {
    if (!/^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(text)) return null;
    return { value: text.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n), bits: 32 };
  }
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const tail = numberByHand(dotted[2] as string);
    if (tail === null) return null;
    return numberByHand(`${dotted[1]}${(tail.value >> 16n).toString(16)}:${(tail.value & 0xffffn).toString(16)}`);
  }
  if (!/^[0-9A-Fa-f:]+$/.test(text) || /:::|::.*::|^:[^:]|[^:]:$|[^:]{5}/.test(text)) return null;
  const groups = text.split(':').filter((group) => group !== '').length;
  if (text.includes('::') ? groups > 7 : groups !== 8) return null;
  const full = text.replace('::', `:${'0:'.repeat(8 - groups)}`).split(':').filter((group) => group !== '');
  return { value: full.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n), bits: 128 };
}

// prettier-ignore
function isRuleByHand(text: string, allowAny: boolean): boolean {
  const [addressText = '', prefixText, ...more] = text.split('/');
  const number = numberByHand(addressText);
  if (number === null || more.length > 0) return false;
  if (number.bits === 128 && number.value >> 32n === 0xffffn) return false;
  if (prefixText === undefined) return true;
  if (!/^(?:0|[1-9][0-9]?|1[0-9]{2})$/.test(prefixText) || Number(prefixText) > number.bits) return false;
  if (prefixText === '0' && !allowAny) return false;
  return (number.value & ((1n << BigInt(number.bits - Number(prefixText))) - 1n)) === 0n;
}

// prettier-ignore
const nearlyRule = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0128af:./'), maxLength: 14 }),
  fc
    .tuple(
      fc.constantFrom('10.0.0.0', '10.0.0.1', '0.0.0.0', '::', '::1', '2001:db8::', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4', '::ffff:0:0', 'fe80::1%a', '010.0.0.0', '1.2.3', '1.2.3.256', ':::'),
      fc.constantFrom('', '/', '/0', '/1', '/00', '/8', '/08', '/32', '/33', '/64', '/128', '/129', '/-1', '/+8', '/8.5', '/8\n', '/32/32', ' /8', '/ 8', '/1e1'),
    )
    .map((parts) => parts.join('')),
);
