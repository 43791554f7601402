import type { HeaderLine } from './raw-http.js';

/** A secret that was brought along, with every character that one can have (RFC 6750). */
export const legacySecret = 'Zq+/81.a-b_c~d/e+fGhIjKlMnOpQrStUvWx==';

/** Every header in which somebody may put a secret that is no credential of the call; a secret of ours also as its name. */
export function oddHeaders(secret: string): HeaderLine[] {
  const names = [
    ...['User-Agent', 'Referer', 'Origin', 'X-Request-Id', 'X-Forwarded-For', 'X-Forwarded-Host'],
    ...['X-Forwarded-Proto', 'Forwarded', 'X-Real-IP', 'Via', 'Cookie', 'Idempotency-Key'],
    ...['If-Match', 'If-None-Match', 'Accept', 'Accept-Language', 'Range', 'TE', 'traceparent'],
    ...['X-Latchkey-Key', 'X-Correlation-Id', 'X-Api-Key', 'Proxy-Authorization'],
  ];
  const lines = names.map((name): HeaderLine => [name, `a ${secret}`]);
  return /^\w+$/.test(secret) ? [...lines, [secret, '1'], [`X-${secret}`, secret]] : lines;
}

/** What hangs on a target beside its credential: a secret as the value of a parameter, as its name, and within others. */
export function oddQuery(secret: string): string {
  const encoded = encodeURIComponent(secret);
  const parameters = [
    ...[`q=${secret}`, `${encoded}=1`, secret, `a[${encoded}]=x`, `cursor=${encoded}`],
    `next=%2Fa%3Fhapikey%3D${encodeURIComponent(encoded)}`,
  ];
  return parameters.join('&');
}
