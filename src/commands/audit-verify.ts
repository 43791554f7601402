import { StartError } from '../core/start-error.js';
import type { AuditChainsStore } from '../store/audit-chains.store.js';
import { linesOf, reportOf, type ChainReport } from './chain-report.js';
import type { KeptHeads } from './kept-heads.js';

export interface VerifyOptions {
  /** The one account to look at; `null`: every one. */
  readonly accountId: string | null;
  readonly keptHeads: KeptHeads;
  readonly json: boolean;
}

/** Where the command writes: what it found, and meanwhile how far it is. */
export interface VerifyOutput {
  found(text: string): void;
  progress(text: string): void;
}

const accountsPerRead = 500;
const progressEveryMs = 2_000;

/**
 * Checks the audit chains of accounts, one after the other, and says what was found of each.
 *
 * @returns whether all of them are intact
 * @throws StartError if there is no such account
 */
export async function verifyAuditTrail(
  chains: AuditChainsStore,
  options: VerifyOptions,
  output: VerifyOutput,
): Promise<boolean> {
  let accounts = 0;
  let broken = 0;
  for await (const accountId of accountsToCheck(chains, options)) {
    const report = await check(chains, accountId, options, output);
    accounts += 1;
    if (!report.intact) broken += 1;
  }
  const { json } = options;
  if (!json)
    output.found(
      broken === 0
        ? `${accounts} accounts, all intact.\n`
        : `${accounts} accounts, ${broken} BROKEN.\n`,
    );
  return broken === 0;
}

async function check(
  chains: AuditChainsStore,
  accountId: string,
  { keptHeads, json }: VerifyOptions,
  output: VerifyOutput,
): Promise<ChainReport> {
  const keptHead = keptHeads.get(accountId) ?? null;
  let toldAt = performance.now();
  const onProgress = (events: number, ofEvents: number): void => {
    if (performance.now() - toldAt < progressEveryMs) return;
    toldAt = performance.now();
    output.progress(`${accountId}: ${events} of ${ofEvents} events\n`);
  };
  const report = reportOf(
    accountId,
    await chains.check(accountId, { keptHead, onProgress }),
    keptHead,
  );
  output.found(json ? `${JSON.stringify(report)}\n` : linesOf(report, keptHead));
  return report;
}

/** Those of whom only a head that was kept elsewhere knows come last. */
async function* accountsToCheck(
  chains: AuditChainsStore,
  { accountId, keptHeads }: VerifyOptions,
): AsyncGenerator<string> {
  if (accountId !== null) {
    if (!(await chains.isKnown(accountId)) && !keptHeads.has(accountId))
      throw new StartError(`There is no account ${accountId} in this database.`);
    yield accountId;
    return;
  }
  const onlyKept = new Set(keptHeads.keys());
  for (let after = ''; ;) {
    const ids = await chains.accountIds(accountsPerRead, after);
    for (const id of ids) {
      onlyKept.delete(id);
      yield id;
    }
    const last = ids.at(-1);
    if (last === undefined) break;
    after = last;
  }
  yield* onlyKept;
}
