import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { meetSettings } from './met-secrets.js';
import { watchOutput } from './swept-output.js';

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
  /**
   * Only with `withFaultPoints`: has it die at this point, or (`null`) at none.
   *
   * @returns the statements that have changed the main database since this was last asked
   */
  dieAt(faultPoint: FaultPoint | null): Promise<string[]>;
}

/** Where a process kills itself: the `index`-th of the statements to come, if it is this one. */
export interface FaultPoint {
  readonly index: number;
  /** What it does to which table, such as `UPDATE secret`. */
  readonly statement: string;
  /** `unanswered` is for PostgreSQL: sent, and nothing has come back. */
  readonly moment: 'before' | 'unanswered' | 'after';
}

export interface ProcessOptions {
  readonly withFaultPoints?: boolean;
}

const faultPoints = new URL('fault-points.mjs', import.meta.url);
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** @param environment all it gets beside the path: nothing of the test run's own settings */
export function runLatchkey(
  folder: string,
  environment: Record<string, string> = {},
  { withFaultPoints = false }: ProcessOptions = {},
): LatchkeyProcess {
  meetSettings(environment);
  const preloaded = withFaultPoints ? ['--import', faultPoints.href] : [];
  const child = spawn(process.execPath, [...preloaded, program], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ACCESS_PORT: '0', MANAGEMENT_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', withFaultPoints ? 'ipc' : 'ignore'],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  let stdout = '';
  let stderr = '';
  watchOutput('standard output', () => stdout);
  watchOutput('standard error', () => stderr);
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
    dieAt: (faultPoint) =>
      new Promise((resolve, reject) => {
        child.once('message', (told: { statements: string[] }) => resolve(told.statements));
        child.send({ faultPoint }, (error) => error && reject(error));
      }),
  };
}
