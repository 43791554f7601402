import { canonicalIp } from './ip-address.js';
import type { IpRuleSet } from './ip-allowlist.js';

/** Who is calling: the address that is judged and logged, or word that a trusted proxy sent something that is none. */
export type CallerReading =
  | { readonly determined: true; readonly ip: string }
  /** @param detail why, if not for an entry that is no address */
  | { readonly determined: false; readonly detail?: string };

const undetermined: CallerReading = { determined: false };

/**
 * Finds the caller (contract §8): the TCP peer, unless that is a trusted proxy. Then every `X-Forwarded-For` line is read
 * from the right, trusted proxies skipped; the first other entry is the caller. `Forwarded` and `X-Real-IP` are not read.
 */
export function findCaller(
  peerIp: string,
  rawHeaders: readonly string[],
  trustedProxies: IpRuleSet,
): CallerReading {
  const peer = peerIpOf(peerIp);
  if (peer === '') return undetermined;
  if (!trustedProxies.has(peer)) return { determined: true, ip: peer };
  const lines = forwardedForLines(rawHeaders);
  if (lines.length === 0) return { determined: true, ip: peer };
  let leftmost = peer;
  for (const entry of lines.join(',').split(',').reverse()) {
    const ip = addressOfEntry(entry);
    if (ip === null) return undetermined;
    if (!trustedProxies.has(ip)) return { determined: true, ip };
    leftmost = ip;
  }
  return { determined: true, ip: leftmost };
}

/** The address of a socket's other end as Node gives it, canonical; empty if it was gone before it could be asked. */
export function peerIpOf(remoteAddress: string | undefined): string {
  // Node names the interface of a link-local peer (`fe80::1%eth0`): a fact about this machine, not about the caller.
  return canonicalIp((remoteAddress ?? '').split('%', 1)[0] as string) ?? '';
}

/** Every `X-Forwarded-For` line, in the order sent. `X_Forwarded_For` is another header. */
export function forwardedForLines(rawHeaders: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 15 && name.toLowerCase() === 'x-forwarded-for')
      lines.push(rawHeaders[i + 1] as string);
  }
  return lines;
}

/** Takes a port off: `1.1.1.1:99`, `[::1]:443`, `[::1]`. Only spaces and tabs may stand around an entry. */
function addressOfEntry(text: string): string | null {
  if (/[^\t\x20-\x7e]/.test(text)) return null;
  const entry = text.trim();
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry)?.[1];
  if (bracketed !== undefined) return bracketed.includes(':') ? canonicalIp(bracketed) : null;
  const ported = /^([^:]*):\d{1,5}$/.exec(entry);
  return canonicalIp(ported ? (ported[1] as string) : entry);
}
