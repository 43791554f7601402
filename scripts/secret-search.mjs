/**
 * Finds secrets in a text, whatever they are dressed in. Those of ours are known by their shape and their checksum, and those
 * that sign webhooks by their prefix; others must be known beforehand.
 *
 * Plain Node and no packages. The secret's shape is written down here a second time, independently of the code that it judges.
 */
import { crc32 } from 'node:zlib';

/**
 * @typedef {object} Found
 * @property {string} start What may be shown of the secret: its display start.
 * @property {string} dress How it is written: `plain`, `base64`, …
 * @property {number} at Where in the text; behind another dress than plain, where the dressed text begins.
 */

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const prefixLengthMax = 16;
// Long enough that nothing else is like it; short enough that a secret split in two still has one whole.
const pieceLength = 12;

/** Secrets that have no checksum to know them by, and what is left of any secret that was cut. */
export class KnownSecrets {
  /** @type {Map<string, string>} */
  #starts = new Map();
  // One bit for each pair of characters that a piece begins with: most places of a text are passed by on a glance.
  #pairs = new Uint8Array(1 << 16);

  /**
   * @param {string} secret
   * @param {string} [start] what may be shown of it; behind that much of it the secret begins to be one
   */
  add(secret, start = displayStart(secret)) {
    const hidden = secret.startsWith(start) ? secret.slice(start.length) : secret;
    const last = hidden.length - pieceLength;
    for (let at = 0; at < last; at += pieceLength) this.#addPiece(hidden, at, start);
    if (last >= 0) this.#addPiece(hidden, last, start);
  }

  /** @param {string} hidden @param {number} at @param {string} start */
  #addPiece(hidden, at, start) {
    this.#starts.set(hidden.slice(at, at + pieceLength), start);
    this.#pairs[pairAt(hidden, at)] = 1;
  }

  /** Every piece of one of them. @param {string} text @returns {Generator<{ start: string, at: number }>} */
  *piecesIn(text) {
    if (this.#starts.size === 0) return;
    for (let at = 0; at <= text.length - pieceLength; at += 1) {
      if (this.#pairs[pairAt(text, at)] === 0) continue;
      const start = this.#starts.get(text.slice(at, at + pieceLength));
      if (start !== undefined) yield { start, at };
    }
  }
}

/**
 * @param {string} text bytes read as Latin-1, or any other text
 * @param {KnownSecrets} [known]
 * @returns {Found[]} one for each secret and dress
 */
export function findSecrets(text, known = new KnownSecrets()) {
  /** @type {Map<string, Found>} */
  const found = new Map();
  for (const [dress, pieces] of dressesOf(text)) {
    // Searched as one text: there may be a great many pieces.
    const joined = pieces.map((piece) => piece.text).join('\n');
    for (const { start, at } of [...secretsOfOurs(joined), ...known.piecesIn(joined)]) {
      const key = `${start} ${dress}`;
      if (!found.has(key))
        found.set(key, { start, dress, at: dress === 'plain' ? at : placeOf(at, pieces) });
    }
  }
  return [...found.values()];
}

/** @param {string} text @returns {Generator<{ secret: string, start: string, at: number }>} */
export function* secretsOfOurs(text) {
  for (const match of text.matchAll(/_(?:prod|stg|qa|dev)_(?=[0-9A-Za-z]{38})/g)) {
    const end = match.index + match[0].length + 38;
    // What stands before it may run into the prefix, and the checksum covers the prefix: try each place where it can begin.
    for (let at = match.index - 1; at >= match.index - prefixLengthMax; at -= 1) {
      if (!/[a-z0-9]/.test(text[at] ?? '')) break;
      const secret = text.slice(at, end);
      if (!/^[a-z]/.test(secret) || secret !== withChecksum(secret.slice(0, -6))) continue;
      yield { secret, start: displayStart(secret), at };
      break;
    }
  }
  // A token of a session or of a link begins with its prefix, whatever stands before it.
  for (const { 0: secret, index: at } of text.matchAll(/lk[a-z]_[0-9A-Za-z]{38}/g))
    if (secret === withChecksum(secret.slice(0, -6)))
      yield { secret, start: secret.slice(0, 8), at };
  for (const { 0: secret, index: at } of text.matchAll(/whsec_[0-9A-Za-z+/]{43}=/g))
    yield { secret, start: 'whsec_', at };
}

/** @param {string} secret */
function displayStart(secret) {
  const head = /^[a-z][a-z0-9]{0,15}_(?:prod|stg|qa|dev)_[0-9A-Za-z]{4}(?=[0-9A-Za-z]{34}$)/;
  return head.exec(secret)?.[0] ?? secret.slice(0, 4);
}

/** @param {string} body @returns {string} the secret that begins so: CRC-32 in six digits of base 62 stands behind it */
export function withChecksum(body) {
  let rest = crc32(body);
  let checksum = '';
  for (let i = 0; i < 6; i += 1) {
    checksum = digits[rest % 62] + checksum;
    rest = Math.floor(rest / 62);
  }
  return body + checksum;
}

/** @typedef {{ at: number, text: string }} Piece */

/** What a text holds, read in each of these ways. @param {string} text @returns {Generator<[string, Piece[]]>} */
function* dressesOf(text) {
  yield ['plain', [{ at: 0, text }]];
  if (text.includes('\0')) {
    // In either byte order; a longer gap than one byte is no UTF-16.
    const wide = piecesOf(text, /\0?(?:[\x20-\x7e]\0){11,}[\x20-\x7e]?/g);
    yield ['UTF-16', wide.map(({ at, text }) => ({ at, text: text.replaceAll('\0', '') }))];
  }
  if (text.includes('%')) {
    const escaped = piecesOf(text, /[\x21\x23-\x7e]{12,}/g).filter((piece) =>
      piece.text.includes('%'),
    );
    const once = escaped.map(({ at, text }) => ({ at, text: unescaped(text) }));
    yield ['percent-encoded', once];
    yield ['percent-encoded twice', once.map(({ at, text }) => ({ at, text: unescaped(text) }))];
  }
  // What stands before it may run into the encoded text: each of the places where a group of characters can begin is tried.
  const base64 = piecesOf(text, /[A-Za-z0-9+/_-]{16,}/g);
  for (const skipped of [0, 1, 2, 3])
    yield ['base64', base64.map((piece) => decoded(piece, skipped, 'base64'))];
  const hex = piecesOf(text, /[0-9A-Fa-f]{24,}/g);
  for (const skipped of [0, 1])
    yield ['hexadecimal', hex.map((piece) => decoded(piece, skipped, 'hex'))];
}

/** @param {string} text @param {RegExp} pattern @returns {Piece[]} */
function piecesOf(text, pattern) {
  return Array.from(text.matchAll(pattern), (match) => ({ at: match.index, text: match[0] }));
}

/** @param {Piece} piece @param {number} skipped @param {'base64' | 'hex'} encoding @returns {Piece} */
function decoded({ at, text }, skipped, encoding) {
  return { at, text: Buffer.from(text.slice(skipped), encoding).toString('latin1') };
}

/** @param {string} text */
function unescaped(text) {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('latin1'),
  );
}

/** @param {number} at in the pieces, joined by one character @param {Piece[]} pieces */
function placeOf(at, pieces) {
  let end = 0;
  for (const piece of pieces) {
    end += piece.text.length + 1;
    if (at < end) return piece.at;
  }
  return 0;
}

/** @param {string} text @param {number} at */
function pairAt(text, at) {
  return ((text.charCodeAt(at) & 0xff) << 8) | (text.charCodeAt(at + 1) & 0xff);
}
