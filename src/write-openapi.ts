import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { describedApi } from './described-api.js';

/** Writes `openapi.json` from the code, or with `--check` says whether it still fits. */
const path = new URL('../../openapi.json', import.meta.url);
const text = await describedApi();

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write(
    'openapi.json does not fit the code any more: run `npm run openapi` and commit it.\n',
  );
  process.exitCode = 1;
}
