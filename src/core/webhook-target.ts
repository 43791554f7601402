import { isIPv4, isIPv6 } from 'node:net';
import { IpRuleSet } from './ip-allowlist.js';
import { bytesOfIp, canonicalIp, ipOfBytes } from './ip-address.js';

/**
 * Where a webhook may lead. Whoever sets one up has this process open a connection, from inside the operator's network: so it
 * leads to public addresses, and elsewhere only where the operator has said so.
 */

/** IPv4 that is not public, by IANA's registry of special purposes: this host, private, shared, loopback, link-local, … */
const specialIpv4 = IpRuleSet.ofTexts([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]);

/** What of IPv6 is given out to the public at all; loopback, unique-local, link-local and multicast lie outside. */
const globalIpv6 = IpRuleSet.ofTexts(['2000::/3']);
/** Within it: protocol assignments with Teredo, and documentation. */
const specialIpv6 = IpRuleSet.ofTexts(['2001::/23', '2001:db8::/32', '3fff::/20']);

/** Ways to say an IPv4 address in IPv6, and at which byte it stands: they lead wherever that one does. */
const embeddings = [
  { range: IpRuleSet.ofTexts(['64:ff9b::/96']), at: 12 },
  { range: IpRuleSet.ofTexts(['2002::/16']), at: 2 },
];

/** @param ip a canonical address */
export function isPublicAddress(ip: string): boolean {
  if (isIPv4(ip)) return !specialIpv4.has(ip);
  const embedding = embeddings.find(({ range }) => range.has(ip));
  if (embedding !== undefined)
    return isPublicAddress(ipOfBytes(bytesOfIp(ip).slice(embedding.at, embedding.at + 4)));
  return globalIpv6.has(ip) && !specialIpv6.has(ip);
}

/**
 * Whether a connection to an address may be opened. Without TLS only the operator's own ranges are reached: elsewhere anybody
 * on the way could read what is sent.
 *
 * @param address as a resolver gives it
 * @param allowed the operator's ranges
 */
export function mayConnect(address: string, secure: boolean, allowed: IpRuleSet): boolean {
  const ip = canonicalIp(address);
  if (ip === null) return false;
  return allowed.has(ip) || (secure && isPublicAddress(ip));
}

export type WebhookUrlReading =
  { readonly ok: true; readonly url: string } | { readonly ok: false; readonly why: string };

/**
 * Reads the URL of a webhook. What its name leads to is asked each time it is connected to.
 *
 * @param allowed the operator's ranges; if there are any, one of them may be what a name leads to
 */
export function readWebhookUrl(text: string, allowed: IpRuleSet): WebhookUrlReading {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return refuse('must be an https:// URL.');
  if (url.username !== '' || url.password !== '')
    return refuse('must hold no user name and password.');
  if (url.hash !== '') return refuse('must hold no fragment.');
  const secure = url.protocol === 'https:';
  const address = addressOf(url);
  if (address !== null && !mayConnect(address, secure, allowed))
    return refuse(
      'must lead to a public address by https, or into the networks that the operator allows (WEBHOOK_ALLOWED_RANGES).',
    );
  if (address === null && !secure && allowed.isEmpty) return refuse('must begin with https://.');
  return { ok: true, url: url.href };
}

/** The address that a URL names, or `null` where it names a host. The URL parser has spelt it out: `0x7f.1` is 127.0.0.1. */
export function addressOf({ hostname }: URL): string | null {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIPv4(host) || isIPv6(host) ? host : null;
}

function refuse(why: string): WebhookUrlReading {
  return { ok: false, why };
}
