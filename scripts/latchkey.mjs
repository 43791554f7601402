#!/usr/bin/env node
/** `npx latchkey …`: the commands, of the program as it was built last. They may run beside a server, so they build nothing. */
import { existsSync } from 'node:fs';

const program = new URL('../dist/command-line.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error('Latchkey is not built yet: run npm run build, or start it once (npm start).');
  process.exitCode = 2;
}
