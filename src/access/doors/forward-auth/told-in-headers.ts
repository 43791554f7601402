import type { Arrival } from '../../arrival.js';
import { valuesOf } from '../../header-lines.js';
import type { ToldCall } from './asking-proxy.js';

/** What any HTTP server takes for a method; and longer than any that there is, it need not be. */
const methodShape = /^[A-Z][A-Z-]{0,19}$/;

/**
 * A call whose method and URI stand in two headers of the question. Each must be there exactly once: what a proxy adds beside
 * a line of its caller's, instead of in its place, could be either's word.
 */
export function toldInHeaders(
  { rawHeaders }: Arrival,
  methodHeader: string,
  uriHeader: string,
): ToldCall {
  const [method, ...otherMethods] = valuesOf(rawHeaders, methodHeader.toLowerCase());
  const [uri, ...otherUris] = valuesOf(rawHeaders, uriHeader.toLowerCase());
  if (method === undefined || otherMethods.length > 0) return notOnce(methodHeader);
  if (uri === undefined || uri === '' || otherUris.length > 0) return notOnce(uriHeader);
  if (!methodShape.test(method)) return { clear: false, detail: `${methodHeader} is no method` };
  return { clear: true, method, uri, host: hostOf(rawHeaders) };
}

function notOnce(header: string): ToldCall {
  return { clear: false, detail: `it must say ${header}, exactly once` };
}

function hostOf(rawHeaders: readonly string[]): string | undefined {
  const [host, ...others] = valuesOf(rawHeaders, 'x-forwarded-host');
  return others.length > 0 ? undefined : host;
}
