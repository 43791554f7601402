import { DataSource } from 'typeorm';
import { StartError } from './core/start-error.js';
import type { LinkMaking } from './commands/member-link.js';
import { openInspection } from './inspection.js';
import { pepperSource } from './platform/config/key-files.js';
import type { RescueSettings } from './platform/config/settings.js';
import { parseVersionedKeys, readKeyFile } from './platform/config/versioned-keys.js';
import { ConsoleAddress } from './platform/http/console-address.js';
import { AccountsStore } from './store/accounts.store.js';
import { AuditTrailStore } from './store/audit-trail.store.js';
import { Database } from './store/database.js';
import { parseDatabaseUrl, writerOptions, type DatabaseUrl } from './store/data-source-options.js';
import { checkFingerprints } from './store/key-fingerprints.js';
import { MembersStore } from './store/members.store.js';
import { OneTimeLinksStore } from './store/one-time-links.store.js';
import { PasskeysStore } from './store/passkeys.store.js';
import { PeopleStore } from './store/people.store.js';
import { RecoveryCodesStore } from './store/recovery-codes.store.js';
import { SealedCredentials } from './store/sealed-credentials.js';
import { SecondFactorsStore } from './store/second-factors.store.js';
import { SessionsStore } from './store/sessions.store.js';
import { TokenDigests } from './store/token-digests.js';

/** An installation that is changed for who is locked out of it, beside its server: which reads what is changed here each time. */
export interface Rescue extends LinkMaking {
  close(): Promise<void>;
}

/** @throws StartError of one readable line */
export async function openRescue(settings: RescueSettings): Promise<Rescue> {
  const { reader, auditKey, sealingKeys, close } = await openInspection(settings);
  const writer = new DataSource(
    writerOptions(parseDatabaseUrl(settings.databaseUrl) as DatabaseUrl),
  );
  const closeBoth = async (): Promise<void> => {
    if (writer.isInitialized) await writer.destroy();
    await close();
  };
  try {
    await writer.initialize();
    if (await writer.showMigrations())
      throw new StartError(
        'This database is not of this version yet: start the server once, which brings it there.',
      );
    const peppers = readPeppers(settings);
    await checkFingerprints(writer, 'pepper', peppers);
    const database = new Database(writer, reader, { now: Date.now });
    const digests = new TokenDigests(peppers);
    const recoveryCodes = new RecoveryCodesStore(database, digests);
    const console = new ConsoleAddress(settings);
    const { host, port } = settings.management;
    console.listensAt(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
    return {
      database,
      accounts: new AccountsStore(database),
      people: new PeopleStore(database),
      members: new MembersStore(database),
      links: new OneTimeLinksStore(database, digests),
      factors: new SecondFactorsStore(database, new SealedCredentials(sealingKeys), recoveryCodes),
      passkeys: new PasskeysStore(database),
      sessions: new SessionsStore(database, digests, settings.sessionTerms),
      audit: new AuditTrailStore(database, auditKey),
      linkFor: (purpose, token) => console.linkFor(purpose, token),
      close: closeBoth,
    };
  } catch (error) {
    await closeBoth();
    throw error;
  }
}

function readPeppers(settings: RescueSettings) {
  const { variable, given, path } = pepperSource(settings);
  const keys =
    given === undefined ? readKeyFile(variable, path) : parseVersionedKeys(variable, given);
  if (keys === null)
    throw new StartError(
      `${variable} is not set, and there is no ${path}: without it no link could be told again.`,
    );
  return keys;
}
