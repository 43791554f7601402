import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The commit that is measured. */
export function commitNow() {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd }).toString().trim();
}
