#!/usr/bin/env node
/**
 * Fails if there is a secret of ours in a file: `node scripts/no-secret-in.mjs <file>…`, or `--tracked` for every file that
 * git tracks or would. It tells the file, the place and the secret's display start, never the secret.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { findSecrets } from './secret-search.mjs';

const given = process.argv.slice(2);
if (given.length === 0) stop('Usage: node scripts/no-secret-in.mjs <file>… | --tracked');
const files = given[0] === '--tracked' ? trackedFiles() : given;

const lines = files.flatMap((file) =>
  findSecrets(readFileSync(file, 'latin1')).map(
    ({ start, dress, at }) => `  ${file}, at ${at}: ${start}… (${dress})`,
  ),
);
if (lines.length > 0) {
  stop(
    `A secret that may be genuine is where none may be:\n${lines.join('\n')}\n` +
      'Tests make theirs as they run; a printed one was printed by mistake.',
  );
}

/** @returns {string[]} */
function trackedFiles() {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { status, stdout, stderr } = spawnSync('git', args, { encoding: 'utf8', maxBuffer: 1e8 });
  if (status !== 0) stop(`git does not tell which files it tracks: ${stderr}`);
  // A file that was removed and not yet committed is listed all the same.
  return stdout
    .split('\0')
    .filter((file) => file !== '' && statSync(file, { throwIfNoEntry: false })?.isFile());
}

/** @param {string} line @returns {never} */
function stop(line) {
  console.error(line);
  process.exit(1);
}
