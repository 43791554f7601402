import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { verifyAuditTrail } from './commands/audit-verify.js';
import { readKeptHeads } from './commands/kept-heads.js';
import { openInspection } from './inspection.js';
import { readInspectionSettings } from './platform/config/settings.js';
import { AuditChainsStore } from './store/audit-chains.store.js';

const usage = `Usage: latchkey audit verify [--account <id>] [--head <file or JSON>] [--json]

Checks that no event of the audit trail was edited, removed or cut off, and says where. It changes nothing, and can be run
beside the server or on a copy of its database.

  --account <id>         only this account
  --head <file or JSON>  compare with heads that were kept elsewhere: answers of GET …/audit-events/head or /v1/audit-heads
  --json                 one JSON object for each account

Reads DATABASE_URL and SEALING_KEY from the environment or .env, as the server does.
Exit code: 0 all intact, 1 something is broken, 2 it could not be looked at.
`;

/** @returns the exit code */
async function run(given: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      account: { type: 'string' },
      head: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (positionals.join(' ') !== 'audit verify') {
    process.stderr.write(usage);
    return 2;
  }
  const keptHeads = values.head === undefined ? new Map() : readKeptHeads(values.head);
  if (existsSync('.env')) process.loadEnvFile('.env');
  const inspection = await openInspection(readInspectionSettings(process.env));
  try {
    const isIntact = await verifyAuditTrail(
      new AuditChainsStore(inspection.reader, inspection.auditKey),
      { accountId: values.account ?? null, keptHeads, json: values.json },
      {
        found: (text) => process.stdout.write(text),
        progress: (text) => process.stderr.write(text),
      },
    );
    return isIntact ? 0 : 1;
  } finally {
    await inspection.close();
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  // Also what parseArgs says of an option that there is not, and what a database says that went away meanwhile.
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
