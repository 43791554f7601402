import { isIPv4 } from 'node:net';
import { networkOf } from './ip-address.js';

/** Stands for every block that is not told apart. */
export const everywhereElse = '*';

/**
 * The block that an address counts under where callers are counted by place and not one by one: a /24, for IPv6 the /64 that
 * one subscriber has to itself.
 *
 * @param ip a canonical address; empty if the peer was gone before it could be asked
 */
export function addressBlockOf(ip: string): string {
  if (ip === '') return everywhereElse;
  // Without the detour over bytes: this is asked for each call of a flood.
  if (isIPv4(ip)) return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`;
  return `${networkOf(ip, 64)}/64`;
}

/** What one subscriber has to itself: an IPv4 address, of IPv6 a /64. @param ip as for `addressBlockOf` */
export function subscriberOf(ip: string): string {
  return ip !== '' && isIPv4(ip) ? ip : addressBlockOf(ip);
}
