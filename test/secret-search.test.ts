import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findSecrets, KnownSecrets } from '../scripts/secret-search.mjs';
import { environments, newSecret } from '../src/core/secret-format.js';
import { newWebhookSecret } from '../src/core/webhook-signature.js';
import { cpuMs } from './support/cpu-time.js';
import { withChanged } from './support/crafted-secrets.js';

const bytes = (text: string, encoding: BufferEncoding) => Buffer.from(text, encoding);

/** How somebody may write a text down, as the bytes of it read as Latin-1. */
const dresses: [string, (text: string) => string][] = [
  ['plain', (text) => text],
  ['percent-encoded', (text) => text.replaceAll('_', '%5F').replaceAll('-', '%2D')],
  ['percent-encoded', (text) => bytes(text, 'latin1').toString('hex').replace(/../g, '%$&')],
  ['percent-encoded twice', (text) => text.replaceAll('_', '%255f').replaceAll('-', '%252d')],
  ['base64', (text) => bytes(text, 'latin1').toString('base64')],
  ['base64', (text) => bytes(text, 'latin1').toString('base64url')],
  ['hexadecimal', (text) => bytes(text, 'latin1').toString('hex')],
  ['hexadecimal', (text) => bytes(text, 'latin1').toString('hex').toUpperCase()],
  ['UTF-16', (text) => bytes(text, 'utf16le').toString('latin1')],
  ['UTF-16', (text) => bytes(text, 'utf16le').swap16().toString('latin1')],
];

const legacy = 'Zq-81.a-b_c~d-e_fGhIjKlMnOpQrStUvWx';
const known = new KnownSecrets();
known.add(legacy);

describe('#28 the search for secrets', () => {
  it.each(dresses)('finds every secret of ours: %s', (dress, write) => {
    const around = fc.stringMatching(/^[ -$&-~]{0,9}$/);
    const property = fc.property(
      fc.constantFrom(...environments),
      fc.stringMatching(/^[a-z][a-z0-9]{1,15}$/),
      around,
      around,
      (environment, prefix, before, after) => {
        const secret = newSecret(prefix, environment);
        const start = secret.slice(0, -34);
        const text = `${before}${write(`${before}${secret}${after}`)}${after}`;
        expect(findSecrets(text)).toContainEqual({ start, dress, at: expect.any(Number) });
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it.each(dresses)('finds the secret of a webhook: %s', (dress, write) => {
    const found = findSecrets(`one line\n${write(`x${newWebhookSecret()}y`)}\n`);
    expect(found).toContainEqual({ start: 'whsec_', dress, at: expect.any(Number) });
  });

  it.each(dresses)('finds what it was told of: %s', (dress, write) => {
    const found = findSecrets(`one line\n${write(`user:${legacy}`)}\n`, known);
    expect(found).toContainEqual({ start: 'Zq-8', dress, at: expect.any(Number) });
  });

  it.each(dresses)('says where it is: %s', (dress, write) => {
    const before = `${'some words, '.repeat(9)}\n`;
    const found = findSecrets(before + write(newSecret('lk', 'qa')), known);
    expect(found.map((one) => [one.dress, one.at])).toContainEqual([dress, before.length]);
  });

  it('finds a secret where letters run into it, as in the cells of a database', () => {
    const secret = newSecret('lk', 'production');
    const text = `Vendor${secret}2026x${secret.slice(0, 12)}`;
    expect(findSecrets(text)).toEqual([{ start: secret.slice(0, 12), dress: 'plain', at: 6 }]);
  });

  it('finds each of two that touch', () => {
    const two = [newSecret('lk', 'production'), newSecret('acme', 'development')];
    const starts = findSecrets(two.join('')).map(({ start }) => start);
    expect(starts).toEqual(two.map((secret) => secret.slice(0, -34)));
  });

  it('finds one half of a known secret, wherever it was split', () => {
    const secret = newSecret('lk', 'production');
    const told = new KnownSecrets();
    told.add(secret);
    for (let at = 1; at < secret.length; at += 1) {
      const split = `${secret.slice(0, at)}\0\0\0\u0007${secret.slice(at)}`;
      expect([at, findSecrets(split, told)[0]?.start]).toEqual([at, secret.slice(0, 12)]);
    }
  });

  it('finds no display start, no other shape, and nothing whose checksum is wrong', () => {
    const secret = newSecret('lk', 'production');
    const told = new KnownSecrets();
    for (const one of [secret, legacy, 'fifteen letters']) told.add(one);
    const harmless = [
      ...[secret.slice(0, 12), secret.slice(0, 23), legacy.slice(0, 15)],
      ...[inOtherCase(secret), 'fifteen', 'key_4fGhJkLmNoPqRsTuVwXyZ01', 'lk_prod_'],
    ].join('\n');
    expect(findSecrets(harmless, told)).toEqual([]);
    for (let at = 0; at < secret.length; at += 1)
      expect(findSecrets(withChanged(secret, at))).toEqual([]);
  });

  it('takes a time that grows with the text and no faster', () => {
    const text = `${'a%41'.repeat(50_000)}${'_prod_'.repeat(50_000)}${'\0a'.repeat(100_000)}`;
    const before = cpuMs();
    expect(findSecrets(text, known)).toEqual([]);
    expect(cpuMs() - before).toBeLessThan(10_000);
  });
});

/** Another secret, in which no piece of the first is left. */
function inOtherCase(secret: string): string {
  return secret.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}
