import { isIP } from 'node:net';

/** For whom a browser makes a passkey, and for whom alone it answers with it (WebAuthn Level 3 §4). */
export interface RelyingParty {
  /** Of the page that may ask for one. */
  readonly origin: string;
  /** The host of that page. */
  readonly id: string;
}

/**
 * Browsers know passkeys for names alone, and on pages that came by https or from this machine.
 *
 * @param origin where people reach the console, such as `https://keys.example.com`
 * @returns `null` where there are none
 */
export function relyingPartyOf(origin: string): RelyingParty | null {
  const { protocol, hostname } = new URL(origin);
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
  if (protocol !== 'https:' && !isLocal) return null;
  return isAddress(hostname) ? null : { origin, id: hostname };
}

/**
 * The same address by the one name that it has wherever nobody gave it another.
 *
 * @param url of a listener, such as `http://127.0.0.1:8081`
 * @returns an origin such as `http://localhost:8081`, or `null` for a listener that is not reached by that name
 */
export function localOriginOf(url: string): string | null {
  const { protocol, hostname, port } = new URL(url);
  if (!/^(?:127\.[\d.]+|0\.0\.0\.0|\[::1?\])$/.test(hostname)) return null;
  return new URL(`${protocol}//localhost:${port}`).origin;
}

/** An IPv6 address stands in brackets. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || isIP(hostname) !== 0;
}
