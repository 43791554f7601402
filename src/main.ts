import { existsSync } from 'node:fs';
import { StartError } from './core/start-error.js';
import { startLatchkey, type RunningLatchkey } from './latchkey.js';
import { readSettings } from './platform/config/settings.js';

try {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const settings = readSettings(process.env);
  const running = await startLatchkey(settings);
  stopOnSignals(running);
  console.log(`Access listener:     ${running.accessUrl}`);
  console.log(`Management listener: ${running.managementUrl}  (API description at ${running.managementUrl}/docs)`);
  for (const file of running.madeFiles) console.log(`Made ${file} (readable by you alone; keep a backup)`);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** In-flight calls are finished and the log is flushed before the process ends. */
function stopOnSignals(running: RunningLatchkey): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      void running.close().finally(() => process.exit());
    });
  }
}
