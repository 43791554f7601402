import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { verifyAuditTrail } from './commands/audit-verify.js';
import { readKeptHeads } from './commands/kept-heads.js';
import { makeMemberLink } from './commands/member-link.js';
import { StartError } from './core/start-error.js';
import { openInspection } from './inspection.js';
import { readInspectionSettings, readRescueSettings } from './platform/config/settings.js';
import { openRescue } from './rescue.js';
import { AuditChainsStore } from './store/audit-chains.store.js';

const usage = `Usage: latchkey audit verify [--account <id>] [--head <file or JSON>] [--json]
       latchkey members link [--for <e-mail> [--reset-second-factor]]

members link: makes a link, which works once, for who cannot sign in. With --for it sets that person's password; without, whoever
uses it becomes an admin of the operator's account. Whoever has a second factor is asked for a code by the link as well: for who
has lost the app and the recovery codes, --reset-second-factor turns it off, takes their passkeys away and signs them out everywhere. Run it where the server runs, beside it or while it is stopped: it reads
DATABASE_URL, KEY_PEPPER, SEALING_KEY and CONSOLE_URL as the server does. The link is a secret: it is printed this once.

audit verify: checks that no event of the audit trail was edited, removed or cut off, and says where. It changes nothing, and can be run
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
      for: { type: 'string' },
      'reset-second-factor': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (existsSync('.env')) process.loadEnvFile('.env');
  switch (positionals.join(' ')) {
    case 'audit verify':
      return verify(values);
    case 'members link':
      return printMemberLink(values.for, values['reset-second-factor']);
    default:
      process.stderr.write(usage);
      return 2;
  }
}

async function printMemberLink(
  email: string | undefined,
  resetsSecondFactor: boolean,
): Promise<number> {
  if (email === undefined && resetsSecondFactor)
    throw new StartError('--reset-second-factor needs --for: whose is it?');
  const whom = email === undefined ? null : { email, resetsSecondFactor };
  const rescue = await openRescue(readRescueSettings(process.env));
  try {
    process.stdout.write(`${(await makeMemberLink(rescue, whom)).join('\n')}\n`);
    return 0;
  } finally {
    await rescue.close();
  }
}

interface VerifyOptions {
  readonly account?: string | undefined;
  readonly head?: string | undefined;
  readonly json: boolean;
}

/** @returns the exit code */
async function verify(values: VerifyOptions): Promise<number> {
  const keptHeads = values.head === undefined ? new Map() : readKeptHeads(values.head);
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
