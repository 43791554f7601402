import { existsSync } from 'node:fs';
import { StartError } from './core/start-error.js';
import { startLatchkey, type RunningLatchkey } from './latchkey.js';
import { readSettings } from './platform/config/settings.js';
import { setUpLines, welcomeLines } from './platform/welcome-lines.js';

// Databases and key files are their owner's alone.
process.umask(0o077);

try {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const settings = readSettings(process.env);
  const running = await startLatchkey(settings);
  stopOnSignals(running);
  const sections = [
    welcomeLines(running, bold),
    running.tryLines(bold),
    setUpLines(running.setUpLink, bold),
  ].filter((lines) => lines.length > 0);
  process.stdout.write(`${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** Only for eyes: whoever reads it from a pipe or a file gets plain text. */
function bold(text: string): string {
  return process.stdout.isTTY && !process.env['NO_COLOR'] ? `\u001b[1m${text}\u001b[22m` : text;
}

/** In-flight calls are finished and the log is flushed before the process ends. */
function stopOnSignals(running: RunningLatchkey): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      running.close().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`It did not stop in good order: ${String(error)}\n`);
          process.exit(1);
        },
      );
    });
  }
}
