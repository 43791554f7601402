import { describe, expect, it } from '@jest/globals';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { base62Alphabet } from './base62.js';
import {
  displayStart,
  environments,
  hasValidChecksum,
  newSecret,
  shapeOfSecret,
  type Environment,
} from './secret-format.js';

// Made with Python's binascii.crc32 and a base62 of its own. In two parts: no file here holds a secret that could be one.
const samples = {
  production: ['lk_prod_4fGhJkLmNoPqRsTuVwXyZ0123456789A', '03HTim'].join(''),
  staging: ['lk_stg_00000000000000000000000000000000', '2jbpma'].join(''),
  qa: ['lk_qa_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', '2o8JTl'].join(''),
  development: ['lk_dev_00000000000000000000000000000199', '007wx7'].join(''),
} as const satisfies Record<Environment, string>;

const otherPrefix = ['acme1_dev_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef', '141o9J'].join('');

const prefixes = fc
  // prettier-ignore
  .tuple(
    fc.constantFrom('lk', 'a', 'acme1', 'z9z9', 'abcdefghijklmnop'),
    fc.constantFrom(...environments),
  )
  .map(([prefix, environment]) => ({ prefix, environment }));

describe('a new secret', () => {
  it.each([
    ['production', 'prod'],
    ['staging', 'stg'],
    ['qa', 'qa'],
    ['development', 'dev'],
  ] as const)('of %s says %s', (environment, tag) => {
    expect(newSecret('lk', environment)).toMatch(new RegExp(`^lk_${tag}_[0-9A-Za-z]{38}$`));
  });

  it('is read as ours, and by its checksum', () => {
    fc.assert(
      fc.property(prefixes, ({ prefix, environment }) => {
        const secret = newSecret(prefix, environment);
        expect(shapeOfSecret(secret, [prefix])).toBe('ours');
        expect(hasValidChecksum(secret)).toBe(true);
      }),
      { numRuns },
    );
  });

  // prettier-ignore
  it('ends in CRC-32 (ISO-HDLC) of what stands before it, big-endian base62, padded with 0', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
    fc.assert(
      fc.property(prefixes, ({ prefix, environment }) => {
        const secret = newSecret(prefix, environment);
        let sum = 0n;
        for (const digit of secret.slice(-6)) sum = sum * 62n + BigInt(base62Alphabet.indexOf(digit));
        expect(sum).toBe(BigInt(crcByHand(secret.slice(0, -6))));
      }),
      { numRuns },
    );
  });

  it('is never the one before', () => {
    const secrets = Array.from({ length: 10_000 }, () => newSecret('lk', 'production'));
    expect(new Set(secrets.map((secret) => secret.slice(0, -6))).size).toBe(secrets.length);
  });
});

/** CRC-32 bit by bit, from its definition: reflected polynomial 0xEDB88320, all ones before and after. */
function crcByHand(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe('hasValidChecksum', () => {
  it.each([...Object.values(samples), otherPrefix, '1234567893jZRME'])('%s: right', (text) => {
    expect(hasValidChecksum(text)).toBe(true);
  });

  it.each(['1234567893jZRMF', '1234567893jZRm', '123456789', samples.qa.slice(1), ''])(
    '%s: wrong',
    (text) => {
      expect(hasValidChecksum(text)).toBe(false);
    },
  );
});

describe('the shape of a secret', () => {
  it.each(Object.entries(samples))('a secret of %s is ours', (_environment, secret) => {
    expect(shapeOfSecret(secret, ['lk'])).toBe('ours');
  });

  it('older prefixes stay ours', () => {
    expect(shapeOfSecret(otherPrefix, ['lk', 'acme1'])).toBe('ours');
    expect(shapeOfSecret(samples.production, ['acme1', 'lk'])).toBe('ours');
    expect(shapeOfSecret(otherPrefix, ['lk'])).toBe('legacy');
  });

  it.each(['lkp', 'lka', 'lkr'])('%s_ is kept for another kind and is not ours', (prefix) => {
    expect(shapeOfSecret(newSecret(prefix, 'production'), ['lk'])).not.toBe('ours');
  });

  it('#21 with any one character changed it is not ours, and behind our prefix it is nothing', () => {
    const characters = fc.constantFrom(...base62Alphabet, '_', '-', '.', '=', ' ', 'ü', '\n');
    fc.assert(
      fc.property(prefixes, fc.nat(1000), characters, ({ prefix, environment }, at, character) => {
        const secret = newSecret(prefix, environment);
        const place = at % secret.length;
        fc.pre(secret[place] !== character);
        const changed = secret.slice(0, place) + character + secret.slice(place + 1);
        const shape = shapeOfSecret(changed, [prefix]);
        expect(shape).not.toBe('ours');
        if (place > prefix.length) expect(shape).toBe('neither');
      }),
      { numRuns },
    );
  });

  it('#21 every change of every character of one secret is refused', () => {
    const secret = samples.production;
    for (let place = 'lk_'.length; place < secret.length; place += 1) {
      for (const character of `${base62Alphabet}_`) {
        if (character === secret[place]) continue;
        const changed = secret.slice(0, place) + character + secret.slice(place + 1);
        expect([changed, shapeOfSecret(changed, ['lk'])]).toEqual([changed, 'neither']);
      }
    }
  });

  it('with two neighbours swapped it is not ours', () => {
    fc.assert(
      fc.property(prefixes, fc.nat(1000), ({ prefix, environment }, at) => {
        const secret = newSecret(prefix, environment);
        const place = at % (secret.length - 1);
        fc.pre(secret[place] !== secret[place + 1]);
        // prettier-ignore
        const swapped = `${secret.slice(0, place)}${secret[place + 1]}${secret[place]}${secret.slice(place + 2)}`;
        expect(shapeOfSecret(swapped, [prefix])).not.toBe('ours');
      }),
      { numRuns },
    );
  });

  const { production } = samples;
  it.each([
    ['a character short', production.slice(0, -1)],
    ['a character more', `${production}0`],
    ['a trailing newline', `${production}\n`],
    ['a leading space', ` ${production}`],
    ['an unknown environment, checksum right', withChecksum(`lk_live_${'0'.repeat(32)}`)],
    ['an environment in capitals, checksum right', withChecksum(`lk_PROD_${'0'.repeat(32)}`)],
    ['31 random characters, checksum right', withChecksum(`lk_prod_${'0'.repeat(31)}`)],
    ['33 random characters, checksum right', withChecksum(`lk_prod_${'0'.repeat(33)}`)],
    ['a character that is no base62, checksum right', withChecksum(`lk_prod_${'-'.repeat(32)}`)],
    ['our prefix and junk', 'lk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['our prefix alone', 'lk_'],
  ])('%s: neither', (_name, text) => {
    expect(shapeOfSecret(text, ['lk'])).toBe('neither');
  });

  it.each([
    ['15 characters', 'a'.repeat(15), 'neither'],
    ['16 characters', 'a'.repeat(16), 'legacy'],
    ['512 characters', 'a'.repeat(512), 'legacy'],
    ['513 characters', 'a'.repeat(513), 'neither'],
    ['#11 9 KB', 'a'.repeat(9_216), 'neither'],
    ['every character of b64token', 'azAZ09-._~+/azAZ09', 'legacy'],
    ['= at the end', 'aaaaaaaaaaaaaaaa==', 'legacy'],
    ['= within', 'aaaaaaaa=aaaaaaaa', 'neither'],
    ['= alone', '='.repeat(16), 'neither'],
    ['a space', 'aaaaaaaa aaaaaaaa', 'neither'],
    ['#24 a quote', "' OR 1=1 --aaaaaaa", 'neither'],
    ['#12 a NUL', 'aaaaaaaaaaaaaaaa\u0000', 'neither'],
    ['#12 a newline at the end', 'aaaaaaaaaaaaaaaa\n', 'neither'],
    ['#12 a letter beyond ASCII', 'schlüsselschlüssel', 'neither'],
    ['#14 a percent sign', 'aaaaaaaaaaaaaaaa%41', 'neither'],
    ['our prefix without its _', 'lkaaaaaaaaaaaaaaaaaa', 'legacy'],
    ['our prefix in capitals', production.toUpperCase(), 'legacy'],
    ['nothing', '', 'neither'],
  ])('legacy secrets: %s is %s', (_name, text, expected) => {
    expect(shapeOfSecret(text, ['lk'])).toBe(expected);
  });

  // prettier-ignore
  it('junk is told without throwing, and only what RFC 6750 takes is legacy', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const bytes = [...text];
        const trimmed = text.replace(/=+$/, '');
        const sound = trimmed !== '' && bytes.length >= 16 && [...trimmed].every((c) => /[A-Za-z0-9\-._~+/]/.test(c));
        expect(shapeOfSecret(text, ['lk'])).toBe(sound && !text.startsWith('lk_') ? 'legacy' : 'neither');
      }),
      { numRuns },
    );
  });
});

function withChecksum(body: string): string {
  let rest = crcByHand(body);
  let digits = '';
  for (let i = 0; i < 6; i += 1) {
    digits = base62Alphabet.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return body + digits;
}

describe('the display start', () => {
  it.each([
    [samples.production, 'lk_prod_4fGh'],
    [samples.staging, 'lk_stg_0000'],
    [samples.qa, 'lk_qa_zzzz'],
    [samples.development, 'lk_dev_0000'],
    [otherPrefix, 'acme1_dev_ABCD'],
  ])('of %s is %s', (secret, start) => {
    expect(displayStart(secret, 'ours')).toBe(start);
  });

  it('of a legacy secret is its first four characters', () => {
    expect(displayStart('pat-na1-0123456789', 'legacy')).toBe('pat-');
  });
});
