import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Latchkey as `npm start` runs it: the built program in a process of its own. */
export interface LatchkeyProcess {
  /** What it has printed for people. */
  stdout(): string;
  /** Its log lines and complaints. */
  stderr(): string;
  /** Resolves when it has told that it is running; rejects if it ends before. */
  readonly running: Promise<void>;
  /** Where its listeners are, once it is running. */
  urls(): { readonly accessUrl: string; readonly managementUrl: string };
  /** Resolves when it has ended, with its exit code, or `null` if a signal ended it. */
  readonly ended: Promise<number | null>;
  /** @returns its exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const program = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

/** @param environment all it gets beside the path: nothing of the test run's own settings */
export function runLatchkey(
  folder: string,
  environment: Record<string, string> = {},
): LatchkeyProcess {
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ACCESS_PORT: '0', MANAGEMENT_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const running = new Promise<void>((resolve, reject) => {
    // It prints all it has to say in one piece.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.includes('Latchkey is running') && stdout.endsWith('\n')) resolve();
    });
    void ended.then(() => reject(new Error(`It ended before it was running: ${stderr}`)));
  });
  // Whoever kills it early does not wait for this.
  running.catch(() => {});
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    running,
    urls: () => ({
      accessUrl: /Access listener +(\S+)/.exec(stdout)?.[1] ?? '',
      managementUrl: /Management listener +(\S+)/.exec(stdout)?.[1] ?? '',
    }),
    ended,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}
