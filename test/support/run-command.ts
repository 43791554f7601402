import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { refuseSecrets, secretsIn } from './met-secrets.js';

/** What a command printed, and how it ended. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const program = fileURLToPath(new URL('../../scripts/latchkey.mjs', import.meta.url));

/**
 * Runs `npx latchkey …` as a process of its own. What it prints is looked through for secrets.
 *
 * @param folder where it is run
 * @param environment all that it gets beside the path
 * @param options `mayTellLink` if it is asked for one
 */
export async function runCommand(
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {},
  { mayTellLink = false }: { readonly mayTellLink?: boolean } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  // The link is what was asked for, and stands on a line of its own.
  const told = mayTellLink ? stdout.replace(/^http\S+#lkl_\w{38}$/m, '') : stdout;
  refuseSecrets(secretsIn('what a command printed', told + stderr));
  return { code, stdout, stderr };
}
