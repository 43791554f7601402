/**
 * The cookie in which a browser keeps its session (RFC 6265bis). Behind https its name begins with `__Host-`, so that a browser
 * takes it from this host alone, for all of it, and over https alone.
 */
const plainName = 'latchkey_session';
const hostName = `__Host-${plainName}`;

export interface SessionCookie {
  readonly name: string;
  readonly isSecure: boolean;
}

/** @param isSecure whether people reach the console by https */
export function sessionCookie(isSecure: boolean): SessionCookie {
  return { name: isSecure ? hostName : plainName, isSecure };
}

/** The line that has a browser keep a token. @param maxAgeSeconds 0 has it forget the one it keeps */
export function setCookieLine(
  { name, isSecure }: SessionCookie,
  token: string,
  maxAgeSeconds: number,
): string {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Strict', `Max-Age=${maxAgeSeconds}`];
  return [`${name}=${token}`, ...attributes, ...(isSecure ? ['Secure'] : [])].join('; ');
}

/**
 * What came as the session: more than one where somebody else has put a cookie beside ours. An empty one is none.
 *
 * @param rawHeaders names and values in turn, as Node's `IncomingMessage.rawHeaders`
 */
export function sessionTokensIn(rawHeaders: readonly string[], { name }: SessionCookie): string[] {
  const tokens: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if ((rawHeaders[i] as string).toLowerCase() !== 'cookie') continue;
    for (const pair of pairsOf(rawHeaders[i + 1] as string))
      if (pair.name === name && pair.value !== '') tokens.push(pair.value);
  }
  return tokens;
}

/**
 * A `Cookie` header as whoever is behind the gateway may see it: cookies know no ports, so a browser that knows the console sends
 * its session to every port of that host.
 *
 * @returns `null` if nothing is left of it
 */
export function withoutSessionCookie(value: string): string | null {
  const pairs = pairsOf(value);
  const kept = pairs.filter(({ name }) => !isSessionCookieName(name));
  if (kept.length === pairs.length) return value;
  return kept.length === 0 ? null : kept.map(({ text }) => text).join('; ');
}

/** Whether a `Set-Cookie` would put something in the place of the session. */
export function setsSessionCookie(value: string): boolean {
  return isSessionCookieName(pairsOf(value)[0]?.name ?? '');
}

/** In any case: some browsers compare the prefix without it. */
function isSessionCookieName(name: string): boolean {
  return [plainName, hostName].some((own) => own.toLowerCase() === name.toLowerCase());
}

function pairsOf(value: string): { name: string; value: string; text: string }[] {
  return value.split(';').map((part) => {
    const text = part.trim();
    const end = text.indexOf('=');
    // What has no name has an empty one, and browsers send it without a sign of equality.
    if (end === -1) return { name: '', value: text, text };
    return { name: text.slice(0, end).trim(), value: text.slice(end + 1).trim(), text };
  });
}
