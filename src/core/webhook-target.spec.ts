import { describe, expect, it } from '@jest/globals';
import { IpRuleSet } from './ip-allowlist.js';
import { isPublicAddress, mayConnect, readWebhookUrl } from './webhook-target.js';

const none = new IpRuleSet([]);
const lab = IpRuleSet.ofTexts(['10.1.2.0/24', 'fd00:1::/32', '127.0.0.1']);

describe('isPublicAddress', () => {
  it.each([
    ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0'],
    ...['172.15.255.255', '172.32.0.0', '192.0.1.0', '192.167.255.255', '223.255.255.255'],
    ...['2606:4700::1111', '2a00:1450::1', '64:ff9b::808:808', '2002:808:808::1'],
  ])('%s is', (ip) => expect(isPublicAddress(ip)).toBe(true));

  it.each([
    ['this host', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['carrier-grade NAT, its end', '100.127.255.255'],
    ['loopback', '127.0.0.1'],
    ['loopback, its end', '127.255.255.255'],
    ['link-local and cloud metadata', '169.254.169.254'],
    ['protocol assignments', '192.0.0.8'],
    ['documentation', '203.0.113.7'],
    ['benchmarks', '198.19.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['IPv4-compatible', '::7f00:1'],
    ['link-local', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['unique-local', 'fc00::1'],
    ['unique-local', 'fdff::1'],
    ['multicast', 'ff02::1'],
    ['documentation', '2001:db8::1'],
    ['Teredo', '2001::1'],
    ['NAT64 of loopback', '64:ff9b::7f00:1'],
    ['NAT64 of metadata', '64:ff9b::a9fe:a9fe'],
    ['NAT64 of a local prefix', '64:ff9b:1::808:808'],
    ['6to4 of private', '2002:a00:1::1'],
    ['6to4 of loopback', '2002:7f00:1::'],
    ['discard', '100::1'],
  ])('%s is not: %s', (_what, ip) => expect(isPublicAddress(ip)).toBe(false));
});

describe('mayConnect', () => {
  it.each<[address: string, secure: boolean, allowed: IpRuleSet, expected: boolean]>([
    ['8.8.8.8', true, none, true],
    ['8.8.8.8', false, none, false],
    ['8.8.8.8', false, lab, false],
    ['10.1.2.3', false, lab, true],
    ['10.1.2.3', true, lab, true],
    ['10.1.3.3', true, lab, false],
    ['fd00:1::5', false, lab, true],
    ['fd00:2::5', true, lab, false],
    ['::ffff:127.0.0.1', true, none, false],
    ['::ffff:7f00:1', true, none, false],
    ['::ffff:10.1.2.3', false, lab, true],
    ['fe80::1%eth0', true, none, false],
    ['not an address', true, lab, false],
    ['', true, lab, false],
  ])('%s, secure: %s', (address, secure, allowed, expected) => {
    expect(mayConnect(address, secure, allowed)).toBe(expected);
  });
});

describe('readWebhookUrl', () => {
  const read = (text: string, allowed = none) => {
    const reading = readWebhookUrl(text, allowed);
    return reading.ok ? reading.url : null;
  };

  it.each([
    ['https://hooks.example.com', 'https://hooks.example.com/'],
    ['https://hooks.example.com:8443/a?b=c', 'https://hooks.example.com:8443/a?b=c'],
    ['https://8.8.8.8/a', 'https://8.8.8.8/a'],
    ['https://[2606:4700::1111]/a', 'https://[2606:4700::1111]/a'],
  ])('takes %s', (text, url) => expect(read(text)).toBe(url));

  it.each([
    ...['', 'hooks.example.com', 'ftp://hooks.example.com', 'file:///etc/passwd', 'gopher://x'],
    ...['https://me@hooks.example.com', 'https://me:pw@hooks.example.com', 'https://x.example/#a'],
    ...['http://hooks.example.com', 'http://8.8.8.8', 'https://', '//hooks.example.com'],
    ...['https://127.0.0.1', 'https://127.1', 'https://2130706433', 'https://0x7f.0.0.1'],
    ...['https://017700000001', 'https://0177.0.0.1', 'https://0', 'https://0.0.0.0'],
    ...[
      'https://[::1]',
      'https://[::]',
      'https://[::ffff:127.0.0.1]',
      'https://[::ffff:a9fe:a9fe]',
    ],
    ...['https://169.254.169.254/latest/meta-data', 'https://10.1.2.3', 'https://[fd00:1::5]'],
    ...['https://[64:ff9b::7f00:1]', 'https://１２７.０.０.１', 'https://127.0.0.1.'],
  ])('refuses %s', (text) => expect(read(text)).toBeNull());

  it('where the operator allows it, takes an address of that range, and a name by http', () => {
    expect(read('http://10.1.2.3:9000/a', lab)).toBe('http://10.1.2.3:9000/a');
    expect(read('http://[fd00:1::5]/', lab)).toBe('http://[fd00:1::5]/');
    expect(read('http://hooks.internal/', lab)).toBe('http://hooks.internal/');
    expect(read('http://10.1.3.3/', lab)).toBeNull();
    expect(read('http://8.8.8.8/', lab)).toBeNull();
  });
});
