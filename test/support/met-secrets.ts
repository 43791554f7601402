import { findSecrets, KnownSecrets } from '../../scripts/secret-search.mjs';
import { parseVersionedKeys } from '../../src/platform/config/versioned-keys.js';

/**
 * Every secret that this test file has met, so that it is found again where it must not be. Those of ours need not be met to
 * be found, but only what was met is recognised by a piece of it.
 */
const met = new KnownSecrets();

/** What is shorter is held by many texts. */
export const metLengthMin = 16;

export function meetSecret(secret: string): void {
  if (secret.length >= metLengthMin) met.add(secret);
}

/** A pepper, or what else is bytes: in any spelling. */
export function meetKey(key: Buffer): void {
  met.add(key.toString('base64url'), 'a key');
  // Thirty-two equal bytes, with which a test may make do, stand in many files.
  if (new Set(key).size > 8) met.add(key.toString('latin1'), 'a key');
}

/** The secrets among the settings of a Latchkey. */
export function meetSettings(environment: Readonly<Record<string, string>>): void {
  meetSecret(environment['OPERATOR_KEY'] ?? '');
  for (const name of ['KEY_PEPPER', 'SEALING_KEY']) {
    const text = environment[name];
    if (text !== undefined) meetKeyText(text);
  }
}

/** As `KEY_PEPPER` or a key file has it. */
export function meetKeyText(text: string): void {
  for (const { key } of readableKeys(text)) meetKey(key);
}

function readableKeys(text: string): { key: Buffer }[] {
  try {
    return parseVersionedKeys('a key', text.trim());
  } catch {
    // A test that gives nonsense gives no secret.
    return [];
  }
}

/** One line for each secret in a text, with no more of it than its display start. */
export function secretsIn(where: string, text: string, known: KnownSecrets = met): string[] {
  return findSecrets(text, known).map(
    ({ start, dress, at }) => `${where}, at ${at}: ${start}… (${dress})`,
  );
}

/** @throws if there are any */
export function refuseSecrets(lines: readonly string[]): void {
  if (lines.length === 0) return;
  throw new Error(`A secret is where none may be:\n  ${[...new Set(lines)].join('\n  ')}`);
}
