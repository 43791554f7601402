/**
 * The one reading of a request's path. The path that is judged is the path that is sent on (contract §5), so everything
 * that a server behind us might read differently is refused rather than repaired.
 */

export type PathReading =
  | {
      readonly valid: true;
      /** The path as sent, without the query. */
      readonly raw: string;
      /** What stands between its slashes, as sent. `/a/b` has two; `/a/` has two, the last one empty. */
      readonly rawSegments: readonly string[];
      /** The same, percent-decoded once. `%2F` stays inside its segment. */
      readonly segments: readonly string[];
    }
  | { readonly valid: false; readonly raw: string; readonly detail: string };

export interface RequestTarget {
  readonly path: PathReading;
  /** What follows the first `?`, undecoded; `null` if there is no `?`. */
  readonly rawQuery: string | null;
}

/** What was read last: who is asked for is found by it first, and then it is read for the door. */
let last: { readonly text: string; readonly reading: RequestTarget } | null = null;

/** Reads a request target in origin form (`/a?b`) or absolute form (`http://host/a?b`; RFC 9112 §3.2). */
export function readRequestTarget(text: string): RequestTarget {
  if (last?.text !== text) last = { text, reading: readTarget(text) };
  return last.reading;
}

function readTarget(target: string): RequestTarget {
  const mark = target.indexOf('?');
  const beforeQuery = mark === -1 ? target : target.slice(0, mark);
  const rawQuery = mark === -1 ? null : target.slice(mark + 1);
  const path = beforeQuery.startsWith('/') ? beforeQuery : pathOfAbsoluteForm(beforeQuery);
  if (path === null)
    return { path: invalid(beforeQuery, 'the request target is not a path'), rawQuery };
  if (target.includes('#'))
    return { path: invalid(path, 'a fragment (#) never belongs in a request'), rawQuery };
  return { path: readPath(path), rawQuery };
}

function pathOfAbsoluteForm(text: string): string | null {
  const match = /^https?:\/\/[^/?#]+(\/.*)?$/is.exec(text);
  return match ? (match[1] ?? '/') : null;
}

// Every byte below has one meaning for every server; only `.` needs a second look.
const plain = /^[A-Za-z0-9\-_~./]*$/;

function readPath(raw: string): PathReading {
  const rawSegments = raw.slice(1).split('/');
  if (rawSegments.some((segment, i) => segment === '' && i < rawSegments.length - 1)) {
    return invalid(raw, 'the path holds an empty segment (//)');
  }
  if (plain.test(raw)) {
    if (rawSegments.some(isDotSegment)) return invalid(raw, 'the path holds a dot segment');
    return { valid: true, raw, rawSegments, segments: rawSegments };
  }
  const segments: string[] = [];
  for (const rawSegment of rawSegments) {
    const segment = decode(rawSegment);
    if (segment === null) return invalid(raw, 'the path holds a bad percent escape');
    // A server that cuts `;parameters` off would read `/;a/b` as `//b`, and that as `/b`.
    if (segment.startsWith(';')) return invalid(raw, 'the path holds an empty segment (//)');
    if (hidesStructure(segment)) return invalid(raw, 'the path holds a dot segment');
    if (/[\\\u0000-\u001f\u007f]/.test(segment))
      return invalid(raw, 'the path holds a backslash or a control character');
    segments.push(segment);
  }
  return { valid: true, raw, rawSegments, segments };
}

function decode(segment: string): string | null {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** `..` stays a dot segment behind an encoded slash or before a path parameter (`..;a`), for some servers. */
function hidesStructure(segment: string): boolean {
  return segment.split(/[/\\]/).some((part) => isDotSegment(part.split(';', 1)[0] as string));
}

function isDotSegment(segment: string): boolean {
  return segment === '.' || segment === '..';
}

function invalid(raw: string, detail: string): PathReading {
  return { valid: false, raw, detail };
}
