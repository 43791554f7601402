import { expect, it } from '@jest/globals';
import {
  holdsAddress,
  isAddress,
  isAddressOrNetwork,
} from '../../console/src/ip-allowlists/holds-address.js';
import { canonicalIp } from '../../src/core/ip-address.js';
import { CompiledAllowlist, parseIpRule } from '../../src/core/ip-allowlist.js';

const cidrs = [
  ...['127.0.0.1', '10.0.0.0/8', '203.0.113.0/24', '203.0.113.128/25', '0.0.0.0/0', '1.2.3.4/32'],
  ...['::1', '2001:db8::/32', '2001:db8:0:1::/64', '2001:db8::7', '::/0', 'fe80::/10'],
];
const ips = [
  ...['127.0.0.1', '10.255.0.1', '11.0.0.0', '203.0.113.127', '203.0.113.128', '1.2.3.4'],
  ...['::1', '::', '2001:db8::7', '2001:db8:0:1::9', '2001:db9::', 'febf::1', 'fec0::1'],
];

it.each(cidrs)('#44 the page knows who is on %s as the gateway does', (cidr) => {
  const list = CompiledAllowlist.of({ mode: 'enforce', entries: [{ cidr }] });
  for (const ip of ips) expect([ip, holdsAddress([{ cidr }], ip)]).toEqual([ip, list.admits(ip)]);
});

it.each(['', 'here', '256.0.0.1', '1.2.3', '1::2::3', '1.2.3.4/33', '1.2.3.4/x', '12345::'])(
  '%j holds nobody',
  (cidr) => {
    for (const ip of ips) expect(holdsAddress([{ cidr }], ip)).toBe(false);
  },
);

const texts = [
  ...cidrs,
  ...ips,
  ...['', 'here', '1.2.3', '1.2.3.4/33', '1.2.3.4/x', '1.2.3.4/', '1.2.3.4/24', '1.2.3.0/24/1'],
  ...['203.0.113.7/24', '2001:db8::1/64', '::1/129', '1::2::3', '12345::', ':::', '1.2.3.256'],
];

it.each(texts)(
  '%j: the page knows what is an address, and what a network, as the API does',
  (text) => {
    expect([isAddress(text), isAddressOrNetwork(text)]).toEqual([
      canonicalIp(text) !== null,
      parseIpRule(text, { allowAny: true }).ok,
    ]);
  },
);
