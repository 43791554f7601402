/**
 * Reads the one credential a request carries: strictly, from what was really sent (contract §2).
 *
 * Node's `headers` object keeps the first of two Authorization lines and query parsers differ about repeated names, so
 * this reads the raw header lines and the raw query. A request is judged by one credential or by none: whatever could be
 * read in two ways is malformed.
 */

export type CredentialMethod = 'hapikey' | 'bearer' | 'access_token';

/** How a method's place in the request looks. */
export type Presence =
  | 'absent'
  | 'empty'
  | 'other_scheme'
  | 'repeated'
  | 'token_missing'
  | 'list'
  | 'bad_syntax'
  | 'engaged';

/** One presence per method, to tell a caller exactly what was received. */
export interface Engagement {
  readonly hapikey: Presence;
  readonly bearer: Presence;
  readonly accessToken: Presence;
  /** Only where a session would be a credential, and its cookie came. */
  readonly session?: Presence;
}

export type CredentialReading =
  | {
      readonly kind: 'found';
      readonly method: CredentialMethod;
      readonly secret: string;
      readonly engagement: Engagement;
    }
  /** A session of the console: of the management listener alone. */
  | { readonly kind: 'session'; readonly token: string; readonly engagement: Engagement }
  | { readonly kind: 'missing'; readonly engagement: Engagement }
  | {
      readonly kind: 'malformed';
      readonly engagement: Engagement;
      /** What could be secrets, so that the call of somebody who holds a genuine one is still found under their key. */
      readonly candidates: readonly string[];
    };

/** What came as a credential, by whatever method, once or more often. */
export function presentedSecrets(reading: CredentialReading): readonly string[] {
  switch (reading.kind) {
    case 'found':
      return [reading.secret];
    case 'session':
      return [reading.token];
    case 'malformed':
      return reading.candidates;
    case 'missing':
      return [];
  }
}

interface Place {
  presence: Presence;
  values: string[];
}

const candidatesMax = 4;

/**
 * @param rawHeaders names and values in turn, as Node's `IncomingMessage.rawHeaders`
 * @param rawQuery what follows the first `?` of the request target, undecoded; empty if there is none
 */
export function readCredential(rawHeaders: readonly string[], rawQuery: string): CredentialReading {
  const { bearer, accessToken } = readHeaders(rawHeaders);
  return readingOf({ hapikey: readHapikey(rawQuery), bearer, accessToken });
}

/**
 * The same where a session is a credential as well. A browser adds its cookie to every request, so it counts only where no key is
 * given: whoever gives one means it.
 *
 * @param tokens what came as the session's cookie
 */
export function orSession(
  reading: CredentialReading,
  tokens: readonly string[],
): CredentialReading {
  const [token] = tokens;
  if (reading.kind !== 'missing' || token === undefined) return reading;
  const { engagement } = reading;
  if (tokens.length === 1)
    return { kind: 'session', token, engagement: { ...engagement, session: 'engaged' } };
  const candidates = tokens.slice(0, candidatesMax);
  return { kind: 'malformed', engagement: { ...engagement, session: 'repeated' }, candidates };
}

/**
 * The same for a secret that somebody else took out of a request.
 *
 * @param method how it came there: it is read as strictly as if it had come here in that way
 */
export function readSecretSentAs(method: CredentialMethod, secret: string): CredentialReading {
  const absent: Place = { presence: 'absent', values: [] };
  const place =
    secret === '' ? { presence: 'empty' as const, values: [] } : placeOf(method, secret);
  return readingOf({
    hapikey: method === 'hapikey' ? place : absent,
    bearer: method === 'bearer' ? place : absent,
    accessToken: method === 'access_token' ? place : absent,
  });
}

function placeOf(method: CredentialMethod, secret: string): Place {
  if (method === 'hapikey') return { presence: 'engaged', values: [secret] };
  const place =
    method === 'bearer' ? readAuthorization([`Bearer ${secret}`]) : readAccessToken([secret]);
  // Whoever hands over a whole header has a secret in it all the same.
  return place.presence === 'engaged' ? place : { ...place, values: secret.split(/[ \t,]+/) };
}

function readingOf(
  read: Readonly<Record<'hapikey' | 'bearer' | 'accessToken', Place>>,
): CredentialReading {
  const { hapikey, bearer, accessToken } = read;
  const engagement = {
    hapikey: hapikey.presence,
    bearer: bearer.presence,
    accessToken: accessToken.presence,
  };
  const places = [hapikey, bearer, accessToken];
  const engaged = places.filter((place) => place.presence === 'engaged');
  if (places.some(({ presence }) => isMalformed(presence)) || engaged.length > 1) {
    const values = places.flatMap((place) => place.values).filter((value) => value !== '');
    const candidates = values.slice(0, candidatesMax);
    return { kind: 'malformed', engagement, candidates };
  }
  const place = engaged[0];
  if (place === undefined) return { kind: 'missing', engagement };
  const method = place === hapikey ? 'hapikey' : place === bearer ? 'bearer' : 'access_token';
  return { kind: 'found', method, secret: place.values[0] as string, engagement };
}

function isMalformed(presence: Presence): boolean {
  switch (presence) {
    case 'repeated':
    case 'token_missing':
    case 'list':
    case 'bad_syntax':
      return true;
    default:
      return false;
  }
}

function readHapikey(rawQuery: string): Place {
  if (rawQuery === '') return { presence: 'absent', values: [] };
  const values: string[] = [];
  for (const segment of rawQuery.split('&')) {
    if (isHapikeySegment(segment)) values.push(valueOfSegment(segment));
  }
  if (values.length === 0) return { presence: 'absent', values };
  if (values.length > 1) return { presence: 'repeated', values };
  return { presence: values[0] === '' ? 'empty' : 'engaged', values };
}

/** Whether a query segment (what stands between two `&`) is the parameter `hapikey`, in whatever percent-encoding. */
export function isHapikeySegment(segment: string): boolean {
  return isSegmentNamed(segment, 'hapikey');
}

/** Whether a query segment is the parameter of this name, in whatever percent-encoding. */
export function isSegmentNamed(segment: string, wanted: string): boolean {
  const end = segment.indexOf('=');
  const name = end === -1 ? segment : segment.slice(0, end);
  if (name === wanted) return true;
  // An encoded character takes three to nine; there may be thousands of segments to look at.
  const mayBe = name.length >= wanted.length && name.length <= wanted.length * 9;
  return mayBe && /[%+]/.test(name) && decodeQueryText(name) === wanted;
}

/** Takes `hapikey` out of a query, in whatever encoding, and leaves every other byte. @returns `null` if nothing is left */
export function withoutHapikey(rawQuery: string | null): string | null {
  if (rawQuery === null) return null;
  const segments = rawQuery.split('&');
  const kept = segments.filter((segment) => !isHapikeySegment(segment));
  if (kept.length === segments.length) return rawQuery;
  return kept.length === 0 ? null : kept.join('&');
}

function valueOfSegment(segment: string): string {
  const end = segment.indexOf('=');
  return end === -1 ? '' : decodeQueryText(segment.slice(end + 1));
}

/** Undoes form encoding. What is not well-formed stays as it is: it holds a `%`, so it can never be a secret. */
function decodeQueryText(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return text;
  }
}

function readHeaders(rawHeaders: readonly string[]): { bearer: Place; accessToken: Place } {
  let authorization: string[] | undefined;
  let accessToken: string[] | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 13 && name.toLowerCase() === 'authorization') {
      (authorization ??= []).push(rawHeaders[i + 1] as string);
    } else if (name.length === 14 && name.toLowerCase() === 'x-access-token') {
      (accessToken ??= []).push(rawHeaders[i + 1] as string);
    }
  }
  return {
    bearer: readAuthorization(authorization ?? []),
    accessToken: readAccessToken(accessToken ?? []),
  };
}

function readAuthorization(lines: readonly string[]): Place {
  if (lines.length === 0) return { presence: 'absent', values: [] };
  const line = lines[0] as string;
  const only = lines.length === 1 ? /^bearer +([^ \t,]+)$/i.exec(line)?.[1] : undefined;
  if (only !== undefined) return { presence: 'engaged', values: [only] };
  const values = lines.flatMap(bearerCandidates);
  if (lines.length > 1) return { presence: 'repeated', values };
  if (line === '') return { presence: 'empty', values };
  // RFC 9110 §11.4: the scheme ends at the first space. A tab there is none of ours, and near enough to be a mistake.
  const scheme = /^[^ \t,]*/.exec(line)?.[0] ?? '';
  if (scheme.toLowerCase() !== 'bearer') {
    return { presence: /,[ \t]*bearer\b/i.test(line) ? 'list' : 'other_scheme', values };
  }
  const rest = line.slice(scheme.length);
  if (rest.includes(',')) return { presence: 'list', values };
  const token = rest.replace(/^ +/, '');
  return { presence: token === '' ? 'token_missing' : 'bad_syntax', values };
}

function bearerCandidates(line: string): string[] {
  return line
    .split(',')
    .slice(0, candidatesMax)
    .map((part) => /^[ \t]*bearer[ \t]+(\S+)[ \t]*$/i.exec(part)?.[1])
    .filter((token) => token !== undefined);
}

function readAccessToken(lines: readonly string[]): Place {
  if (lines.length === 0) return { presence: 'absent', values: [] };
  const values = lines
    .flatMap((line) => line.split(',').slice(0, candidatesMax))
    .map((value) => value.trim())
    .filter((value) => value !== '');
  if (lines.length > 1) return { presence: 'repeated', values };
  const line = lines[0] as string;
  if (line === '') return { presence: 'empty', values };
  if (line.includes(',')) return { presence: 'list', values };
  if (/[ \t]/.test(line)) return { presence: 'bad_syntax', values };
  return { presence: 'engaged', values: [line] };
}

const places = {
  hapikey: {
    absent: 'hapikey is not in the query',
    empty: 'hapikey is present in the query but empty',
  },
  bearer: {
    absent: 'there is no Authorization header',
    empty: 'the Authorization header is present but empty',
  },
  accessToken: {
    absent: 'there is no X-Access-Token header',
    empty: 'the X-Access-Token header is present but empty',
  },
  session: {
    absent: "there is no session's cookie",
    empty: "the session's cookie is present but empty",
  },
} as const;

const placeNames = {
  hapikey: 'hapikey',
  bearer: 'Authorization',
  accessToken: 'X-Access-Token',
  session: "the session's cookie",
} as const;

/** One sentence per method, under the names callers know (contract §2). It repeats nothing the caller sent. */
export function describeEngagement(engagement: Engagement): Record<string, string> {
  return {
    hapikey: describePresence('hapikey', engagement.hapikey),
    'oauth-token': describePresence('bearer', engagement.bearer),
    'x-access-token': describePresence('accessToken', engagement.accessToken),
    ...(engagement.session !== undefined && {
      session: describePresence('session', engagement.session),
    }),
  };
}

/** What of it explains why no credential, or none that is clear, was found: what a caller has to be told first. */
export function notableIn(engagement: Engagement): string | undefined {
  const described = Object.entries(describeEngagement(engagement));
  const engaged = described.filter(([, text]) => text === 'engaged').map(([name]) => name);
  if (engaged.length > 1) return `more than one was received, as ${engaged.join(' and ')}`;
  const present = described
    .map(([, text]) => text)
    .find((text) => text.includes('present') || text.startsWith('malformed'));
  return present?.replace(/^(?:not engaged|malformed): /, '');
}

function describePresence(place: keyof typeof places, presence: Presence): string {
  const where = placeNames[place];
  switch (presence) {
    case 'absent':
    case 'empty':
      return `not engaged: ${places[place][presence]}`;
    case 'other_scheme':
      return 'not engaged: the Authorization header is present but its scheme is not Bearer';
    case 'repeated':
      return `malformed: ${where} is present more than once; send it exactly once`;
    case 'token_missing':
      return 'malformed: the Authorization header says Bearer but no token follows';
    case 'list':
      return `malformed: the ${where} header holds a list; send one credential`;
    case 'bad_syntax':
      return place === 'bearer'
        ? 'malformed: the Authorization header must be "Bearer", one or more spaces, and one token without spaces or tabs'
        : `malformed: the ${where} header holds a space or a tab`;
    case 'engaged':
      return 'engaged';
  }
}
