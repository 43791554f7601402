import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../../core/start-error.js';
import {
  newKey,
  parseVersionedKeys,
  readKeyFile,
  writeKeyFile,
  writeSecretFile,
} from './versioned-keys.js';

const a = Buffer.alloc(32, 1);
const b = Buffer.alloc(48, 2);
const text = (key: Buffer) => key.toString('base64url');

describe('KEY_PEPPER and SEALING_KEY', () => {
  const good: [string, string, { version: number; key: Buffer }[]][] = [
    ['one key, version 1', text(a), [{ version: 1, key: a }]],
    ['one key with its padding', `${text(a)}=`, [{ version: 1, key: a }]],
    ['one version', `7:${text(a)}`, [{ version: 7, key: a }]],
    [
      'two versions, the current one first',
      `2:${text(b)},1:${text(a)}`,
      [
        { version: 2, key: b },
        { version: 1, key: a },
      ],
    ],
    [
      'a new version beside one without',
      `2:${text(b)}, ${text(a)}`,
      [
        { version: 2, key: b },
        { version: 1, key: a },
      ],
    ],
  ];
  it.each(good)('take %s', (_what, given, keys) => {
    expect(parseVersionedKeys('KEY_PEPPER', given)).toEqual(keys);
  });

  it.each([
    ['nothing', ''],
    ['31 bytes', text(a.subarray(1))],
    ['characters outside base64url', `${text(a)}+/`],
    ['a space inside', `${text(a).slice(0, 20)} ${text(a).slice(20)}`],
    ['version 0', `0:${text(a)}`],
    ['a version that is no number', `x:${text(a)}`],
    ['a negative version', `-1:${text(a)}`],
    ['one version twice', `1:${text(a)},1:${text(b)}`],
    ['one version twice, once unsaid', `1:${text(a)},${text(b)}`],
    ['a short key among good ones', `2:${text(a)},1:short`],
    ['an empty entry', `${text(a)},`],
  ])('refuse %s, and do not show it', (_what, given) => {
    const parsing = () => parseVersionedKeys('KEY_PEPPER', given);
    expect(parsing).toThrow(StartError);
    expect(parsing).toThrow(
      /^KEY_PEPPER is "\*\*\* \(\d+ characters\)", which cannot be used: it takes at least 32 bytes of base64url[^\n]*2:<new>,1:<old>\.$/,
    );
    expect(parsing).not.toThrow(new RegExp(text(a).slice(0, 12)));
  });
});

describe('key files', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'latchkey-keys-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('hold one key of 32 random bytes, for their owner alone, and are read back', () => {
    const path = join(folder, 'deep', 'pepper.key');
    expect(readKeyFile('KEY_PEPPER', path)).toBeNull();
    const key = newKey();
    writeKeyFile(path, [key]);
    expect(key.key).toHaveLength(32);
    expect(newKey().key.equals(key.key)).toBe(false);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'deep')).mode & 0o777).toBe(0o700);
    expect(readFileSync(path, 'utf8')).toBe(`1:${text(key.key)}\n`);
    expect(readKeyFile('KEY_PEPPER', path)).toEqual([key]);
  });

  it('may be edited by hand: another version in front', () => {
    const path = join(folder, 'pepper.key');
    writeFileSync(path, `2:${text(b)},1:${text(a)}\r\n\n`);
    expect(readKeyFile('KEY_PEPPER', path)?.map(({ version }) => version)).toEqual([2, 1]);
  });

  it('that cannot be read are named with what is wrong', () => {
    const path = join(folder, 'pepper.key');
    writeFileSync(path, 'too short');
    expect(() => readKeyFile('KEY_PEPPER', path)).toThrow(`KEY_PEPPER (in ${path}) is "*** (9`);
  });

  it('replace what was there as a whole, whatever its mode, and leave nothing unfinished', () => {
    const path = join(folder, 'operator.key');
    writeFileSync(path, 'old');
    chmodSync(path, 0o644);
    writeSecretFile(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['operator.key']);
  });
});
