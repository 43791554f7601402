/**
 * Whether a request was sent by a page of ours. A browser adds its cookie to whatever any page has it send, so a session alone does
 * not say that its owner meant it.
 */

/** `untold`: nothing says where it came from, as where no browser sent it. */
export type RequestOrigin = 'here' | 'elsewhere' | 'untold';

export interface SentFrom {
  readonly method: string;
  readonly origin: RequestOrigin;
}

interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
  /** Fetch Metadata: a browser says it for itself, and no page can. Only over https, or to loopback. */
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}

/** @param ownOrigin where people reach us; `null` if nobody has said: then it is where the request went, by http */
export function originOf(headers: OriginHeaders, ownOrigin: string | null): RequestOrigin {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' ? 'here' : 'elsewhere';
  const { origin, host } = headers;
  if (origin === undefined) return 'untold';
  return origin === (ownOrigin ?? `http://${host ?? ''}`) ? 'here' : 'elsewhere';
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What only reads is refused if it comes from elsewhere; what may change something, unless it is known to come from here. */
export function isMeant({ method, origin }: SentFrom): boolean {
  return safeMethods.has(method) ? origin !== 'elsewhere' : origin === 'here';
}
