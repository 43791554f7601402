import { expect } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { craftSecret } from '../crafted-secrets.js';

/** Anything of our format, wherever it begins: letters may stand right before a prefix. */
const secretShape = /(lk_(?:prod|stg|qa|dev))_([0-9A-Za-z]{32})[0-9A-Za-z]{6}/g;

/**
 * Neither the output nor any file holds a secret: none of these, and none that its checksum gives away, as it is or
 * percent-encoded.
 */
export function expectNoSecretKept(
  folder: string,
  output: string,
  secrets: ReadonlySet<string>,
): void {
  const needles = [...secrets].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
  ]);
  const places = [['the output', output] as const, ...filesIn(folder)];
  expect(places.map(([name]) => name)).toEqual(
    expect.arrayContaining(['data/latchkey.db', 'data/call-log.db']),
  );
  for (const [name, content] of places) {
    for (const text of [content, undoEscapes(content)]) {
      const found = needles.filter((needle) => text.includes(needle));
      expect([name, ...found.map((needle) => around(text, needle))]).toEqual([name]);
      expect([name, ...genuineIn(text)]).toEqual([name]);
    }
  }
}

function filesIn(folder: string): (readonly [string, string])[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'latin1')] as const);
}

function genuineIn(text: string): string[] {
  const found: string[] = [];
  for (const [secret, head = '', random = ''] of text.matchAll(secretShape)) {
    if (craftSecret(head, random) === secret) found.push(around(text, secret));
  }
  return found;
}

/** What percent-encoding hides, however broken the rest of it is. */
export function undoEscapes(text: string): string {
  return text.replace(/%([2-7][0-9A-Fa-f])/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function around(text: string, needle: string): string {
  const at = text.indexOf(needle);
  return text.slice(Math.max(0, at - 100), at + needle.length + 100);
}
