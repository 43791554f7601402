import type { IpRule } from '../../core/ip-allowlist.js';
import { bytesOfIp } from '../../core/ip-address.js';

/** Sixteen bytes in hexadecimal; IPv4 is written as IPv4-mapped IPv6, so that one range scan finds a network of either. */
const mappedPrefix = '00000000000000000000ffff';
const keyLength = 32;

const remembered = new Map<string, string>();
const rememberedMax = 4096;

/** The text by which addresses sort and by which a network is one range. @param ip a canonical address */
export function ipSortKey(ip: string): string {
  const known = remembered.get(ip);
  if (known !== undefined) return known;
  // Callers come back: forgetting everything at once is simpler than forgetting the oldest, and as good.
  if (remembered.size >= rememberedMax) remembered.clear();
  const hex = Buffer.from(bytesOfIp(ip)).toString('hex');
  const key = hex.length === keyLength ? hex : mappedPrefix + hex;
  remembered.set(ip, key);
  return key;
}

export interface KeyRange {
  readonly first: string;
  readonly last: string;
}

/** All of IPv4, which no IPv6 rule matches (contract §8). */
export const ipv4Keys: KeyRange = {
  first: mappedPrefix.padEnd(keyLength, '0'),
  last: mappedPrefix.padEnd(keyLength, 'f'),
};

/** The keys of the addresses a rule matches, both ends included. */
export function ipSortKeyRange({ network, prefix, family }: IpRule): KeyRange {
  const first = ipSortKey(network);
  const hostBits = BigInt((family === 'ipv4' ? 32 : 128) - prefix);
  const last = BigInt(`0x${first}`) | ((1n << hostBits) - 1n);
  return { first, last: last.toString(16).padStart(keyLength, '0') };
}
