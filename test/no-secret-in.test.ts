import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newSecret } from '../src/core/secret-format.js';
import { makeFolder } from './support/swept-folder.js';

const script = fileURLToPath(new URL('../scripts/no-secret-in.mjs', import.meta.url));

describe('#28 the check of what the tests print and of what is committed', () => {
  let folder: string;
  const secret = newSecret('lk', 'staging');

  beforeEach(() => {
    folder = makeFolder('printed');
    writeFileSync(join(folder, 'clean'), `lk_stg_4fGh… and no more\nPASS\n`);
    writeFileSync(join(folder, 'full'), `Expected: 401\nReceived: {"secret":"${secret}"}\n`);
  });

  // Nothing here was ever an installation's.
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  const check = (...args: string[]) => run(process.execPath, script, ...args);

  it('passes what holds none, without a word', () => {
    expect(check('clean')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('fails with the file, the place and the display start, and no more', () => {
    const { status, stdout, stderr } = check('clean', 'full');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`\n  full, at 35: ${secret.slice(0, 11)}… (plain)\n`);
    expect(stderr).not.toContain(secret.slice(0, 12));
  });

  it('fails if it is given nothing, or a file that is not there', () => {
    expect(check()).toMatchObject({ status: 1, stderr: expect.stringContaining('Usage') });
    expect(check('gone').status).not.toBe(0);
  });

  it('looks through what git tracks or would, and not through what it ignores', () => {
    expect(check('--tracked')).toMatchObject({ status: 1, stderr: expect.stringContaining('git') });
    expect(run('git', 'init', '--quiet').status).toBe(0);
    expect(check('--tracked').stderr).toContain('full, at');
    expect(run('git', 'add', 'clean', 'full').status).toBe(0);
    expect(check('--tracked').stderr).toContain('full, at');
    rmSync(join(folder, 'full'));
    expect(check('--tracked').status).toBe(0);
    writeFileSync(join(folder, 'data'), secret);
    writeFileSync(join(folder, '.gitignore'), 'data\n');
    expect(check('--tracked').status).toBe(0);
  });
});
