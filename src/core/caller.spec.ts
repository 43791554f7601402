import { describe, expect, it } from '@jest/globals';
import { cpuMs } from '../../test/support/cpu-time.js';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { findCaller, forwardedForLines } from './caller.js';
import { canonicalIp } from './ip-address.js';
import { IpRuleSet } from './ip-allowlist.js';

const trusted = IpRuleSet.ofTexts(['10.0.0.0/8', '2001:db8:1::/48']);
const nobody = IpRuleSet.ofTexts([]);
const proxy = '10.0.0.1';

const forwardedFor = (...lines: string[]) => lines.flatMap((line) => ['X-Forwarded-For', line]);
const callerBehindProxy = (...lines: string[]) =>
  findCaller(proxy, forwardedFor(...lines), trusted);

describe('without a trusted proxy', () => {
  it.each<[name: string, peer: string, headers: string[], ip: string]>([
    ['the peer is the caller', '192.0.2.1', [], '192.0.2.1'],
    ['#34 a mapped peer is IPv4', '::ffff:192.0.2.1', [], '192.0.2.1'],
    ['#34 a mapped peer in hex is IPv4', '::ffff:c000:201', [], '192.0.2.1'],
    ['an IPv6 peer is written canonically', '2001:DB8:0:0::7', [], '2001:db8::7'],
    ['#39 the interface of a link-local peer is left out', 'fe80::1%eth0', [], 'fe80::1'],
    ['#41 X-Forwarded-For is ignored', '192.0.2.1', forwardedFor('6.6.6.6'), '192.0.2.1'],
    [
      '#41 garbage in X-Forwarded-For is ignored',
      '192.0.2.1',
      forwardedFor('unknown', ''),
      '192.0.2.1',
    ],
    ['#43 Forwarded is ignored', '192.0.2.1', ['Forwarded', 'for=6.6.6.6'], '192.0.2.1'],
  ])('%s', (_name, peer, headers, ip) => {
    expect(findCaller(peer, headers, trusted)).toEqual({ determined: true, ip });
    expect(findCaller(peer, headers, nobody)).toEqual({ determined: true, ip });
  });

  it.each(['', 'unknown', '192.0.2.1:80', '/run/latchkey.sock', '%eth0'])(
    'a peer that has no address (%j) leaves the caller undetermined',
    (peer) => {
      expect(findCaller(peer, [], trusted)).toEqual({ determined: false });
    },
  );
});

// prettier-ignore
describe('#40 behind a trusted proxy', () => {
  it.each<[name: string, lines: string[], ip: string]>([
    ['none: the peer', [], proxy],
    ['one entry', ['192.0.2.1'], '192.0.2.1'],
    ['the rightmost that is not trusted', ['6.6.6.6, 192.0.2.1'], '192.0.2.1'],
    ['#42 6.6.6.6, 1.1.1.1, 10.0.0.2', ['6.6.6.6, 1.1.1.1, 10.0.0.2'], '1.1.1.1'],
    ['#42 two trusted ones on the right', ['6.6.6.6, 1.1.1.1, 10.0.0.2, 10.0.0.3'], '1.1.1.1'],
    ['a trusted one left of the caller is not reached', ['10.0.0.9, 1.1.1.1'], '1.1.1.1'],
    ['garbage left of the caller is not reached', ['unknown, , 1.1.1.1'], '1.1.1.1'],
    ['several lines are joined', ['6.6.6.6', '1.1.1.1', '10.0.0.2'], '1.1.1.1'],
    ['several lines with several entries', ['6.6.6.6, 7.7.7.7', '1.1.1.1, 10.0.0.2'], '1.1.1.1'],
    ['all trusted: the leftmost', ['10.0.0.4, 10.0.0.3, 10.0.0.2'], '10.0.0.4'],
    ['all trusted on several lines: the leftmost', ['10.0.0.4', '10.0.0.3,10.0.0.2'], '10.0.0.4'],
    ['a port is taken off', ['1.1.1.1:99'], '1.1.1.1'],
    ['a port of five digits is taken off', ['1.1.1.1:65535'], '1.1.1.1'],
    ['a port is taken off a trusted entry', ['1.1.1.1, 10.0.0.2:443'], '1.1.1.1'],
    ['brackets and a port are taken off', ['[::1]:443'], '::1'],
    ['brackets are taken off', ['[2001:DB8::7]'], '2001:db8::7'],
    ['an IPv6 address as it is', ['2001:db8::7'], '2001:db8::7'],
    ['what looks like a port after IPv6 belongs to the address', ['::1:443'], '::0.1.4.67'],
    ['a trusted IPv6 proxy is skipped', ['1.1.1.1, 2001:db8:1::5, [2001:db8:1::6]:80'], '1.1.1.1'],
    ['#34 a mapped address is IPv4', ['::ffff:1.1.1.1'], '1.1.1.1'],
    ['#34 a mapped trusted address is skipped', ['1.1.1.1, ::ffff:10.0.0.2'], '1.1.1.1'],
    ['#34 a mapped address in brackets', ['[::ffff:1.1.1.1]:80'], '1.1.1.1'],
    ['spaces and tabs around entries', ['\t6.6.6.6 ,\t 1.1.1.1\t ,10.0.0.2  '], '1.1.1.1'],
  ])('%s', (_name, lines, ip) => {
    expect(callerBehindProxy(...lines)).toEqual({ determined: true, ip });
  });

  it.each<[name: string, lines: string[]]>([
    ['unknown', ['unknown']],
    ['_hid', ['_hid']],
    ['full-width digits', ['１.１.１.１']],
    ['full-width digits as Latin-1', [Buffer.from('１.１.１.１').toString('latin1')]],
    ['an empty header', ['']],
    ['an empty entry at the right', ['1.1.1.1,']],
    ['an empty entry between', ['1.1.1.1,,10.0.0.2']],
    ['an empty line among others', ['1.1.1.1', '']],
    ['a comma alone', [',']],
    ['unknown right of the caller', ['1.1.1.1, unknown, 10.0.0.2']],
    ['garbage to the left when all others are trusted', ['unknown, 10.0.0.2']],
    ['#35 octal', ['010.0.0.1']],
    ['#35 a short form', ['10.1']],
    ['#35 a number', ['167772161']],
    ['#39 a zone', ['fe80::1%eth0']],
    ['#39 a zone in brackets', ['[fe80::1%eth0]:80']],
    ['a port without digits', ['1.1.1.1:']],
    ['a port of six digits', ['1.1.1.1:123456']],
    ['a port that is no number', ['1.1.1.1:http']],
    ['a port twice', ['1.1.1.1:80:80']],
    ['IPv4 in brackets', ['[1.1.1.1]']],
    ['IPv4 in brackets with a port', ['[1.1.1.1]:80']],
    ['an open bracket', ['[::1']],
    ['a closed bracket', ['::1]']],
    ['empty brackets', ['[]']],
    ['two pairs of brackets', ['[[::1]]']],
    ['something after the brackets', ['[::1]x']],
    ['quotes', ['"1.1.1.1"']],
    ['for=', ['for=1.1.1.1']],
    ['a CIDR', ['1.1.1.0/24']],
    ['a no-break space around the address', ['\u00a01.1.1.1']],
    ['a control character around the address', ['1.1.1.1\u000b']],
    ['two addresses without a comma', ['1.1.1.1 10.0.0.2']],
    ['a semicolon', ['1.1.1.1; 10.0.0.2']],
  ])('%s: CALLER_UNDETERMINED', (_name, lines) => {
    expect(callerBehindProxy(...lines)).toEqual({ determined: false });
  });

  it.each([
    ['Forwarded', 'for=6.6.6.6'],
    ['X-Real-IP', '6.6.6.6'],
    ['X_Forwarded_For', '6.6.6.6'],
    ['X-Forwarded_For', '6.6.6.6'],
    ['X-Forwarded-Fox', '6.6.6.6'],
    ['X-Forwarded-Host', '6.6.6.6'],
    ['True-Client-IP', '6.6.6.6'],
    ['CF-Connecting-IP', '6.6.6.6'],
  ])('#43 %s is ignored', (name, value) => {
    expect(findCaller(proxy, [name, value], trusted)).toEqual({ determined: true, ip: proxy });
    expect(findCaller(proxy, [name, value, ...forwardedFor('1.1.1.1')], trusted)).toEqual({ determined: true, ip: '1.1.1.1' });
  });

  it('X-Forwarded-For is found in any case', () => {
    expect(findCaller(proxy, ['x-forwarded-for', '6.6.6.6', 'X-FORWARDED-FOR', '1.1.1.1'], trusted)).toEqual({ determined: true, ip: '1.1.1.1' });
  });

  it('#34 a proxy that comes as a mapped address is trusted', () => {
    expect(findCaller('::ffff:10.0.0.1', forwardedFor('1.1.1.1'), trusted)).toEqual({ determined: true, ip: '1.1.1.1' });
  });

  it('a header value is never taken for a name', () => {
    expect(findCaller(proxy, ['a', 'x-forwarded-for', 'b', '6.6.6.6'], trusted)).toEqual({ determined: true, ip: proxy });
  });
});

describe('forwardedForLines', () => {
  it('gives every line in the order sent, and no other header', () => {
    // prettier-ignore
    const headers = ['X-Forwarded-For', 'b', 'Host', 'x', 'x-forwarded-for', 'a', 'X_Forwarded_For', 'c', 'X-Forwarded-For', ''];
    expect(forwardedForLines(headers)).toEqual(['b', 'a', '']);
  });
});

describe('any X-Forwarded-For', () => {
  // What an entry means is known before it is printed: an address, a trusted address, or nothing.
  // prettier-ignore
  const entry = fc.oneof(
    fc.tuple(fc.constant('caller'), fc.constantFrom('1.1.1.1', '1.1.1.1:8', '[2001:db8::7]:80', '2001:db8::8', '::ffff:7.7.7.7', '[::2]')),
    fc.tuple(fc.constant('trusted'), fc.constantFrom('10.0.0.2', '10.9.9.9:443', '2001:db8:1::5', '[2001:db8:1::5]:1', '::ffff:10.0.0.3')),
    fc.tuple(fc.constant('garbage'), fc.constantFrom('unknown', '', '_hid', '010.0.0.1', '10.0.0.0/8', '[::1', '1.1.1.1:', 'fe80::1%e', '\u00a010.0.0.2')),
  );
  const spaced = fc.tuple(entry, fc.constantFrom('', ' ', '\t', '  '), fc.constantFrom('', ' '));

  // prettier-ignore
  it('is read from the right until somebody is not trusted', () => {
    fc.assert(
      fc.property(fc.array(fc.array(spaced, { minLength: 1, maxLength: 4 }), { maxLength: 3 }), (lines) => {
        const texts = lines.map((line) => line.map(([[, text], before, after]) => before + text + after).join(','));
        const entries = lines.flat().map(([one]) => one);
        const reached = entries.findLast(([kind]) => kind !== 'trusted') ?? entries[0] ?? ['trusted', proxy];
        const ip = canonicalIp(reached[1].replace(/^\[(.*)\].*$/, '$1').replace(/^([\d.]+):\d+$/, '$1'));
        expect(callerBehindProxy(...texts)).toEqual(
          reached[0] === 'garbage' ? { determined: false } : { determined: true, ip },
        );
      }),
      { numRuns },
    );
  });

  it('of junk never throws, and a determined caller is a canonical address', () => {
    const junk = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'10.:[], a%'), maxLength: 20 }),
    );
    fc.assert(
      fc.property(junk, fc.array(junk, { maxLength: 3 }), (peer, lines) => {
        for (const from of [peer, proxy]) {
          const reading = findCaller(from, forwardedFor(...lines), trusted);
          if (reading.determined) expect(canonicalIp(reading.ip)).toBe(reading.ip);
        }
      }),
      { numRuns },
    );
  });

  it.each([
    ['an open bracket and 64 KB of colons', `[${':'.repeat(65_536)}`],
    ['64 KB of open brackets', '['.repeat(65_536)],
    ['64 KB of colons', ':'.repeat(65_536)],
    ['64 KB of digits', '1'.repeat(65_536)],
    ['64 KB of spaces', `1.1.1.1${' '.repeat(65_536)}x`],
    ['7,000 trusted proxies', Array.from({ length: 7_000 }, () => '10.0.0.2').join(',')],
    ['64 KB of commas', ','.repeat(65_536)],
  ])('hostile, %s, is read at once', (_name, line) => {
    const startedAt = cpuMs();
    const { determined } = callerBehindProxy(line);
    expect(cpuMs() - startedAt).toBeLessThan(200);
    expect(determined).toBe(line.startsWith('10.'));
  });
});
