import { isHapikeySegment } from './credential.js';
import { hasValidChecksum, legacyLengthMax, secretLengthMin } from './secret-format.js';

/**
 * What may be kept of what a caller sent: parsed first, masked, then cut (contract §6). Nothing that reaches a log, an
 * error or a row skips this.
 */

const mask = '***';
const cutMark = '…';

export const pathBytesMax = 2048;
export const queryBytesMax = 2048;
export const headerBytesMax = 512;

/** Percent-encoded twice, which is as far as it is looked for. */
const encodedSecretLengthMax = legacyLengthMax * 5;

// A parameter is masked if its name, without case, separators and brackets, is one of these or ends in one of the latter.
const secretNames = new Set([
  'code',
  'sig',
  'pwd',
  'pass',
  'auth',
  'key',
  'jwt',
  'hmac',
  'otp',
  'pin',
]);
const secretEndings = [
  'hapikey', 'apikey', 'accesskey', 'secretkey', 'privatekey', 'token', 'password', 'passwd', 'passphrase', 'secret',
  'signature', 'credential', 'credentials', 'authorization', 'assertion', 'sessionid',
]; // prettier-ignore

/**
 * What has to be there for anything to be masked, decoded or written out. Nearly no text has any of it, and one look for it
 * spares all the others.
 */
const remarkable = /[^\x20-\x24\x26-\x7e]|hapikey|_(?:prod|stg|qa|dev)_|whsec_/i;

/** @param presented what came as the credential: a secret that was brought along has no checksum to know it by elsewhere */
export function redactPath(path: string, presented: readonly string[] = []): string {
  if (!remarkable.test(path)) return cut(maskPresented(path, presented), pathBytesMax);
  // A legacy secret may hold a slash: one that begins in what is kept has to be seen to its end.
  const seen = redactPieces(path, '/', redactText, pathBytesMax + encodedSecretLengthMax);
  return cut(escapeControls(maskPresented(seen, presented)), pathBytesMax);
}

/** Masks the values of parameters that are named like secrets, `hapikey` in any encoding first, and our own secrets anywhere. */
export function redactQuery(
  rawQuery: string | null,
  presented: readonly string[] = [],
): string | null {
  if (rawQuery === null) return null;
  const redact = (segment: string) => maskPresented(redactSegment(segment), presented);
  return cut(escapeControls(redactPieces(rawQuery, '&', redact, queryBytesMax)), queryBytesMax);
}

/** Piece by piece, and not much further than what is kept: a caller may send thousands of them. */
function redactPieces(
  text: string,
  separator: string,
  redact: (piece: string) => string,
  lengthMax: number,
): string {
  const redacted: string[] = [];
  let length = -separator.length;
  for (let start = 0, end = 0; end !== -1 && length <= lengthMax; start = end + 1) {
    end = text.indexOf(separator, start);
    const kept = redact(text.slice(start, end === -1 ? undefined : end));
    redacted.push(kept);
    length += kept.length + separator.length;
  }
  return redacted.join(separator);
}

/** @param value a header's value as Node gives it: bytes read as Latin-1 */
export function redactHeader(
  value: string | undefined,
  presented: readonly string[] = [],
): string | null {
  if (value === undefined) return null;
  if (!remarkable.test(value)) return cut(maskPresented(value, presented), headerBytesMax);
  const masked = maskPresented(redactText(decodeUtf8(value)), presented);
  return cut(escapeControls(masked), headerBytesMax);
}

function maskPresented(text: string, presented: readonly string[]): string {
  return presented.reduce((masked, secret) => {
    if (!carriesSecret(masked, secret)) return masked;
    const plain = masked.replaceAll(secret, mask);
    return carriesSecret(plain, secret) ? mask : plain;
  }, text);
}

/** Whether a text holds a secret, as it is or percent-encoded. What is too short to be one is held by many texts. */
export function carriesSecret(text: string, secret: string): boolean {
  if (secret.length < secretLengthMin) return false;
  return text.includes(secret) || decodings(text).some((decoded) => decoded.includes(secret));
}

function redactSegment(segment: string): string {
  const end = segment.indexOf('=');
  if (end === -1) return redactText(segment);
  const name = segment.slice(0, end);
  if (isHapikeySegment(segment) || isSecretName(decodeFully(name)))
    return `${redactText(name)}=${mask}`;
  return `${redactText(name)}=${redactText(segment.slice(end + 1))}`;
}

/** What is no parameter by itself may hold one: `next=/a?hapikey=…`, `a=1;hapikey=…`, `/contacts&hapikey=…`. */
function redactText(text: string): string {
  return nestsHapikey(text) ? mask : maskSecretsOfOurs(text);
}

function nestsHapikey(text: string): boolean {
  const decoded = decodeFully(text).toLowerCase();
  const at = decoded.indexOf('hapikey');
  return at !== -1 && decoded.includes('=', at);
}

function isSecretName(name: string): boolean {
  // `hapikey[]`, `filter[token]`, `X-Amz-Signature`: the last word counts, however it is wrapped; before a bracket as
  // well, for `hapikey[x]`. Digits number things: `token[0]`, `password2`.
  return [name, name.split('[', 1)[0] as string].some((text) => {
    const folded = text.toLowerCase().replace(/[^a-z]/g, '');
    return secretNames.has(folded) || secretEndings.some((ending) => folded.endsWith(ending));
  });
}

/**
 * What may be repeated of a request in its answer.
 *
 * @param presented what came as the credential: a secret that was brought along has no checksum to know it by elsewhere
 */
export function redactTold(text: string, presented: readonly string[], bytesMax: number): string {
  return cut(maskPresented(maskSecretsOfOurs(text), presented), bytesMax);
}

/** Masks whatever its checksum, or its prefix, says is a secret of ours; behind percent-encoding, the whole text. */
export function maskSecretsOfOurs(text: string): string {
  for (const decoded of decodings(text)) if (maskPlain(decoded) !== decoded) return mask;
  return maskPlain(text);
}

/** Whether something in a text is a secret of ours. */
export function holdsSecretOfOurs(text: string): boolean {
  return maskSecretsOfOurs(text) !== text;
}

const prefixLengthMax = 16;

/** A secret that signs webhooks; the name says that it is one, so what follows need not be whole. */
const webhookSecret = /whsec_[A-Za-z0-9+/]{16,}={0,2}/g;

/** A token of a session or of a link. */
const token = /lk[a-z]_[0-9A-Za-z]{38}/g;

function maskPlain(text: string): string {
  if (!text.includes('_')) return text;
  let masked = '';
  let copied = 0;
  for (const { from, end } of placesOfSecrets(text)) {
    masked += text.slice(copied, from) + mask;
    copied = end;
  }
  return (masked + text.slice(copied))
    .replace(webhookSecret, mask)
    .replace(token, (found) => (hasValidChecksum(found) ? mask : found));
}

/** Where in a text stands what its checksum says is a secret of ours. */
function placesOfSecrets(text: string): { from: number; end: number }[] {
  const places: { from: number; end: number }[] = [];
  for (const match of text.matchAll(/_(?:prod|stg|qa|dev)_[0-9A-Za-z]{38}/g)) {
    // Letters may stand right before the prefix, and the checksum covers it: try each place where it can begin.
    const end = match.index + match[0].length;
    const lowest = Math.max(places.at(-1)?.end ?? 0, match.index - prefixLengthMax);
    for (let from = match.index - 1; from >= lowest; from -= 1) {
      if (!/[a-z0-9]/.test(text[from] as string)) break;
      if (!hasValidChecksum(text.slice(from, end))) continue;
      places.push({ from, end });
      break;
    }
  }
  return places;
}

/** Every secret of ours that a text holds, by its checksum, as it is or percent-encoded; each once. */
export function secretsOfOursIn(text: string): string[] {
  if (!text.includes('_') && !text.includes('%')) return [];
  const found = [text, ...decodings(text)].flatMap((plain) =>
    placesOfSecrets(plain).map(({ from, end }) => plain.slice(from, end)),
  );
  return [...new Set(found)];
}

/** Whether something was masked in what was kept of a text. */
export function isMasked(kept: string | null): boolean {
  return kept !== null && kept.includes(mask);
}

function decodeFully(text: string): string {
  return decodings(text).at(-1) ?? text;
}

/** The text that was decoded last, and what came of it: each piece is looked through for several things in turn. */
let decodedLast: { readonly text: string; readonly steps: readonly string[] } = {
  text: '',
  steps: [],
};

/** What undoing percent-encoding makes of a text, step by step. Twice at most: once sent and once wrapped. */
function decodings(text: string): readonly string[] {
  if (!text.includes('%')) return [];
  if (decodedLast.text !== text) decodedLast = { text, steps: decodeInSteps(text) };
  return decodedLast.steps;
}

function decodeInSteps(text: string): readonly string[] {
  const steps: string[] = [];
  let decoded = text;
  for (let round = 0; round < 2 && decoded.includes('%'); round += 1) {
    decoded = decoded.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodeEscapes);
    steps.push(decoded);
  }
  return steps;
}

function decodeEscapes(escapes: string): string {
  return Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8');
}

function decodeUtf8(latin1: string): string {
  // Beyond Latin-1 there are no bytes: that is text already.
  if (!/[\u0080-\u00ff]/.test(latin1) || /[^\u0000-\u00ff]/.test(latin1)) return latin1;
  const decoded = Buffer.from(latin1, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? latin1 : decoded;
}

/** Control characters (line ends, terminal escapes, bidirectional overrides) are written out, so that a row stays one line. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Cuts to `bytesMax` bytes of UTF-8, the mark included, never inside a character. */
export function cut(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax) return text;
  const room = bytesMax - Buffer.byteLength(cutMark);
  const bytes = Buffer.from(text);
  let end = room;
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end) + cutMark;
}
