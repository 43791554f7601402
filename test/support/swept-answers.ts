import { KnownSecrets } from '../../scripts/secret-search.mjs';
import { meetSecret, metLengthMin, refuseSecrets, secretsIn } from './met-secrets.js';

interface SeenAnswer {
  readonly status: number;
  readonly headers: {
    get(name: string): string | null | undefined;
    forEach(told: (value: string, name: string) => void): void;
  };
  readonly text: string;
}

/**
 * Looks through an answer for secrets (#28): an error holds none, of ours or of the request's own; a success holds one only as
 * `secret`, as the `link` that it is in, as `recoveryCodes` or as a session's cookie, and then nobody may keep it. Every answer that the tests see comes by here.
 *
 * @param sent the request as it was, in any spelling
 * @throws with no more of a secret than its display start
 */
export function sweepAnswer(sent: string, answer: SeenAnswer): void {
  const { status, headers, text } = answer;
  for (const secret of [...sealedIn(sent), ...passwordsIn(sent)]) meetSecret(secret);
  const lines: string[] = [];
  const begun: string[] = [];
  headers.forEach((value, name) => {
    const token = status < 300 && name === 'set-cookie' ? sessionIn(value) : null;
    if (token !== null) begun.push(token);
    lines.push(`${name}: ${token === null ? value : value.replace(token, '')}`);
  });
  const issued = begun[0] ?? (status < 300 ? secretIssuedIn(text) : null);
  const rest = issued === null ? text : text.replace(issued, '');
  const seen = [...lines, rest].join('\n');
  const codes = status < 300 ? recoveryCodesIn(text) : [];
  const where = `the answer ${status} to ${beginningOf(sent)}`;
  refuseSecrets([
    ...secretsIn(where, seen),
    ...(status >= 400 ? secretsIn(where, seen, presentedIn(sent)) : []),
    ...((issued !== null || codes.length > 0) && headers.get('cache-control') !== 'no-store'
      ? [`${where} holds a secret and may be kept`]
      : []),
  ]);
  for (const secret of [...(issued === null ? [] : [issued]), ...codes]) meetSecret(secret);
}

/** Each stands in once for an authenticator app. */
function recoveryCodesIn(text: string): string[] {
  const list = /^\{"recoveryCodes":(\[[^\]]*\])\}$/.exec(text)?.[1];
  return list === undefined ? [] : (JSON.parse(list) as string[]);
}

function secretIssuedIn(text: string): string | null {
  if (!text.startsWith('{')) return null;
  try {
    const { secret, link } = JSON.parse(text) as { secret?: unknown; link?: unknown };
    if (typeof secret === 'string') return secret;
    return typeof link === 'string' ? (/#(lkl_[0-9A-Za-z]{38})$/.exec(link)?.[1] ?? null) : null;
  } catch {
    return null;
  }
}

function sessionIn(setCookie: string): string | null {
  return /^(?:__Host-)?latchkey_session=(lks_[0-9A-Za-z]{38});/.exec(setCookie)?.[1] ?? null;
}

/** Passwords and recovery codes that somebody has, chooses, or guesses. */
function passwordsIn(sent: string): string[] {
  const values = sent.matchAll(
    /"(?:password|currentPassword|newPassword|code)":("(?:[^"\\]|\\.)*")/g,
  );
  return Array.from(values, ([, value = '""']) => JSON.parse(value) as string);
}

/** The credentials that a request carries, genuine or not. */
function presentedIn(sent: string): KnownSecrets {
  const presented = new KnownSecrets();
  const places =
    /(?:[?&]hapikey=|\bauthorization: *bearer +|\bx-access-token: *|latchkey_session=)([^\s&#,;']+)/gim;
  for (const [, credential = ''] of sent.matchAll(places)) {
    for (const spelling of [credential, unescape(credential)])
      if (spelling.length >= metLengthMin) presented.add(spelling);
  }
  return presented;
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Upstream credentials that are handed over to be sealed. */
function sealedIn(sent: string): string[] {
  const values = sent.matchAll(/"credential":\{[^}]*"value":("(?:[^"\\]|\\.)*")/g);
  return Array.from(values, ([, value = '""']) => JSON.parse(value) as string);
}

/** Only so much as tells what kind of request it was: any of it may hold a secret. */
function beginningOf(sent: string): string {
  return `${JSON.stringify(sent.slice(0, 20))}…`;
}
