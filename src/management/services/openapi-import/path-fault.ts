import { parseRouteTemplate } from '../../../core/route-template.js';

/** RFC 3986 §3.3: what stands for itself in a path, and percent escapes. Other scripts are let pass (RFC 3987). */
const unwritable = /[^A-Za-z0-9\-._~!$&'()*+,;=:@%/\u0080-\u{10ffff}]/u;

/**
 * Why a path of a document cannot become a route, or `null` if it can.
 *
 * Stricter than a route written by hand in one point: OpenAPI documents hold placeholders of other kinds than `{name}`
 * (`/<upload_url>`), and a route that takes one for literal text would never be reached by the calls it was meant for.
 */
export function pathFault(path: string): string | null {
  const reading = parseRouteTemplate(path);
  if (!reading.ok) return reading.why;
  const found = unwritable.exec(path.replaceAll(/\{[^{}]*\}/g, ''));
  return found === null
    ? null
    : `no URL holds a bare ${JSON.stringify(found[0])} (RFC 3986); a parameter is written {name}`;
}
