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
 * `secret`, and then nobody may keep it. Every answer that the tests see comes by here.
 *
 * @param sent the request as it was, in any spelling
 * @throws with no more of a secret than its display start
 */
export function sweepAnswer(sent: string, answer: SeenAnswer): void {
  const { status, headers, text } = answer;
  for (const secret of sealedIn(sent)) meetSecret(secret);
  const lines: string[] = [];
  headers.forEach((value, name) => lines.push(`${name}: ${value}`));
  const issued = status < 300 ? secretIssuedIn(text) : null;
  const rest = issued === null ? text : text.replace(`"secret":"${issued}"`, '');
  const seen = [...lines, rest].join('\n');
  const where = `the answer ${status} to ${beginningOf(sent)}`;
  refuseSecrets([
    ...secretsIn(where, seen),
    ...(status >= 400 ? secretsIn(where, seen, presentedIn(sent)) : []),
    ...(issued !== null && headers.get('cache-control') !== 'no-store'
      ? [`${where} holds a secret and may be kept`]
      : []),
  ]);
  if (issued !== null) meetSecret(issued);
}

function secretIssuedIn(text: string): string | null {
  if (!text.startsWith('{')) return null;
  try {
    const { secret } = JSON.parse(text) as { secret?: unknown };
    return typeof secret === 'string' ? secret : null;
  } catch {
    return null;
  }
}

/** The credentials that a request carries, genuine or not. */
function presentedIn(sent: string): KnownSecrets {
  const presented = new KnownSecrets();
  const places = /(?:[?&]hapikey=|\bauthorization: *bearer +|\bx-access-token: *)([^\s&#,']+)/gim;
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
