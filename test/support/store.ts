import { describe } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { policyUnlessSet } from '../../src/core/account-policy.js';
import { MonotonicClock } from '../../src/core/monotonic-clock.js';
import type { Pepper } from '../../src/core/secret-digest.js';
import { AccountsStore, type NewAccount } from '../../src/store/accounts.store.js';
import { ApiKeysStore, type NewApiKey } from '../../src/store/api-keys.store.js';
import { AuditChainsStore } from '../../src/store/audit-chains.store.js';
import { AuditTrailStore } from '../../src/store/audit-trail.store.js';
import {
  parseDatabaseUrl,
  readerOptions,
  writerOptions,
  type DatabaseUrl,
} from '../../src/store/data-source-options.js';
import { Database } from '../../src/store/database.js';
import type { AccountEntity } from '../../src/store/entities/account.entity.js';
import { BindingsStore } from '../../src/store/bindings.store.js';
import { CachedKeyDirectory } from '../../src/store/key-directory.js';
import { Lease } from '../../src/store/lease.js';
import { migrateMainDatabase } from '../../src/store/migrate.js';
import { EndingsStore } from '../../src/store/endings.store.js';
import { LinkMailsStore } from '../../src/store/link-mails.store.js';
import { MembersStore } from '../../src/store/members.store.js';
import { NoticeDeliveriesStore } from '../../src/store/notice-deliveries.store.js';
import { NoticesStore } from '../../src/store/notices.store.js';
import { OneTimeLinksStore } from '../../src/store/one-time-links.store.js';
import { PasskeysStore } from '../../src/store/passkeys.store.js';
import { PeopleStore } from '../../src/store/people.store.js';
import { PersonTrail } from '../../src/store/person-trail.js';
import { LimitUsesStore } from '../../src/store/rate-limits/limit-uses.store.js';
import { RotationsStore } from '../../src/store/rotations.store.js';
import { ScopesStore } from '../../src/store/scopes.store.js';
import { SealedCredentials } from '../../src/store/sealed-credentials.js';
import { SecretsStore, type IssuedSecret } from '../../src/store/secrets.store.js';
import { StoredSessions } from '../../src/store/session-directory.js';
import { SessionsStore } from '../../src/store/sessions.store.js';
import { TokenDigests } from '../../src/store/token-digests.js';
import { ServiceCatalog } from '../../src/store/service-catalog.js';
import { ServicesStore } from '../../src/store/services.store.js';
import { RecoveryCodesStore } from '../../src/store/recovery-codes.store.js';
import { SecondFactorsStore } from '../../src/store/second-factors.store.js';
import { WebhooksStore } from '../../src/store/webhooks.store.js';
import { tablesOf, type Tables } from './main-tables.js';
import { meetKey } from './met-secrets.js';
import { describeWithPostgres, makePostgres, type TestPostgres } from './postgres.js';
import { makeFolder, removeFolder, type Damaged } from './swept-folder.js';

export type DatabaseKind = 'sqlite' | 'postgres';

/** Runs the same tests on SQLite and on a real PostgreSQL. */
export function describeOnEachDatabase(title: string, tests: (kind: DatabaseKind) => void): void {
  describe(`${title}, on SQLite`, () => tests('sqlite'));
  describeWithPostgres(`${title}, on PostgreSQL`, () => tests('postgres'));
}

/** A database of a test's own, empty and not yet migrated. */
export interface TestDatabase {
  readonly kind: DatabaseKind;
  /** As `DATABASE_URL` has it. */
  readonly url: string;
  readonly databaseUrl: DatabaseUrl;
  /** Only on PostgreSQL. */
  readonly postgres: TestPostgres | null;
  /** @throws if a secret lies in it */
  remove(damaged?: Damaged): Promise<void>;
}

export async function makeDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  if (kind === 'postgres') {
    const postgres = await makePostgres();
    return { ...urlsOf(kind, postgres.url), postgres, remove: () => postgres.drop() };
  }
  const folder = makeFolder('store');
  const remove = async (damaged?: Damaged) => removeFolder(folder, damaged);
  return { ...urlsOf(kind, `sqlite:${join(folder, 'latchkey.db')}`), postgres: null, remove };
}

function urlsOf(
  kind: DatabaseKind,
  url: string,
): Pick<TestDatabase, 'kind' | 'url' | 'databaseUrl'> {
  const databaseUrl = parseDatabaseUrl(url);
  if (databaseUrl === null) throw new Error(`This is no database URL: ${url}`);
  return { kind, url, databaseUrl };
}

/** The store's classes over a migrated database, put together as `store.module.ts` does. */
export interface TestStore {
  readonly writer: DataSource;
  readonly reader: DataSource;
  readonly database: Database;
  readonly accounts: AccountsStore;
  readonly keys: ApiKeysStore;
  readonly secrets: SecretsStore;
  readonly rotations: RotationsStore;
  readonly scopes: ScopesStore;
  readonly services: ServicesStore;
  readonly bindings: BindingsStore;
  readonly audit: AuditTrailStore;
  readonly chains: AuditChainsStore;
  readonly notices: NoticesStore;
  readonly deliveries: NoticeDeliveriesStore;
  readonly webhooks: WebhooksStore;
  readonly endings: EndingsStore;
  readonly people: PeopleStore;
  readonly members: MembersStore;
  readonly sessions: SessionsStore;
  readonly links: OneTimeLinksStore;
  readonly linkMails: LinkMailsStore;
  readonly factors: SecondFactorsStore;
  readonly recoveryCodes: RecoveryCodesStore;
  readonly passkeys: PasskeysStore;
  readonly trail: PersonTrail;
  readonly sessionDirectory: StoredSessions;
  readonly limitUses: LimitUsesStore;
  readonly auditKey: Buffer;
  readonly peppers: readonly Pepper[];
  readonly prefixes: readonly string[];
  readonly clock: MonotonicClock;
  /** Moves the clock on. */
  sleep(milliseconds: number): void;
  /** A key directory of this node's; like the catalog, one per call. */
  makeDirectory(): Promise<CachedKeyDirectory>;
  makeCatalog(): Promise<ServiceCatalog>;
  openAccount(settings?: Partial<NewAccount>): Promise<AccountEntity>;
  /** A key of that account with a secret of its own. */
  issueKey(
    accountId: string,
    settings?: Partial<NewApiKey>,
  ): Promise<{ id: string; secret: IssuedSecret }>;
  /** Binds an account to a service, which is published if it is not yet. */
  bindAccount(accountId: string): Promise<void>;
  /** Adds scopes to the catalogue. */
  addScopes(...names: string[]): Promise<void>;
  close(): Promise<void>;
}

export interface StoreSettings {
  readonly peppers?: readonly Pepper[];
  readonly prefixes?: readonly string[];
  /** Without one the node needs no confirmation. */
  readonly lease?: Lease;
}

/** @param database migrated here, if it is not yet */
export async function openStore(
  database: TestDatabase,
  settings: StoreSettings = {},
): Promise<TestStore> {
  const { databaseUrl } = database;
  await migrateMainDatabase(databaseUrl);
  const writer = await new DataSource(writerOptions(databaseUrl)).initialize();
  const reader = await new DataSource(readerOptions(databaseUrl)).initialize();
  const { peppers = [{ version: 1, key: randomBytes(32) }], prefixes = ['lk'] } = settings;
  const { lease = Lease.endless() } = settings;
  let slept = 0;
  const clock = new MonotonicClock(() => Date.now() + slept);
  const auditKey = randomBytes(32);
  const main = new Database(writer, reader, clock);
  const sealingKey = { version: 1, key: randomBytes(32) };
  for (const { key } of [...peppers, sealingKey, { key: auditKey }]) meetKey(key);
  const credentials = new SealedCredentials([sealingKey]);
  const digests = new TokenDigests(peppers);
  const recoveryCodes = new RecoveryCodesStore(main, digests);
  const audit = new AuditTrailStore(main, auditKey);
  const stores = {
    accounts: new AccountsStore(main),
    keys: new ApiKeysStore(main),
    secrets: new SecretsStore(peppers, prefixes),
    scopes: new ScopesStore(main),
    bindings: new BindingsStore(main, credentials),
    services: new ServicesStore(main, credentials),
    audit,
    chains: new AuditChainsStore(reader, auditKey),
    notices: new NoticesStore(main),
    deliveries: new NoticeDeliveriesStore(main),
    webhooks: new WebhooksStore(main, credentials),
    endings: new EndingsStore(main),
    people: new PeopleStore(main),
    members: new MembersStore(main),
    sessions: new SessionsStore(main, digests, sessionTerms),
    links: new OneTimeLinksStore(main, digests),
    linkMails: new LinkMailsStore(main),
    factors: new SecondFactorsStore(main, credentials, recoveryCodes),
    recoveryCodes,
    passkeys: new PasskeysStore(main),
    trail: new PersonTrail(audit),
    sessionDirectory: new StoredSessions(
      ...([main, digests, lease, clock, sessionTerms, policyUnlessSet] as const),
    ),
    limitUses: new LimitUsesStore(main, 'nod_1'),
  };
  const rotations = new RotationsStore(main, stores.secrets, stores.notices, stores.audit);
  const catalogs: ServiceCatalog[] = [];
  return {
    ...{ writer, reader, database: main, ...stores, rotations },
    ...{ auditKey, peppers, prefixes, clock },
    sleep: (milliseconds) => {
      slept += milliseconds;
    },
    makeDirectory: async () => {
      const directory = new CachedKeyDirectory(
        ...([main, clock, peppers, prefixes, credentials, lease, policyUnlessSet] as const),
      );
      await directory.onModuleInit();
      return directory;
    },
    makeCatalog: async () => {
      const catalog = new ServiceCatalog(main, credentials, lease);
      await catalog.onModuleInit();
      catalogs.push(catalog);
      return catalog;
    },
    openAccount: (account = {}) =>
      main.change((change) => stores.accounts.create(change, { ...newAccount, ...account })),
    issueKey: (accountId, key = {}) =>
      main.change(async (change) => {
        const made = { ...newKey, accountId, ...key };
        const id = await stores.keys.create(change, made);
        return { id, secret: await stores.secrets.issue(change, id, made.environment) };
      }),
    bindAccount: (accountId) =>
      main.change(async (change) => {
        const { id: serviceId } = await stores.services.put(change, 'bound', {
          ...{ upstream: 'http://127.0.0.1:9', mount: '/bound', open: false, stripMount: true },
          timeoutMs: 1000,
        });
        const place = { accountId, serviceId, environment: null };
        await stores.bindings.put(change, place, { upstream: null, credential: null });
      }),
    addScopes: (...names) =>
      main.change(async (change) => {
        const scopes = names.map((name) => ({ name, description: name }));
        await stores.scopes.addMissing(change, scopes);
      }),
    close: async () => {
      for (const catalog of catalogs) catalog.onModuleDestroy();
      await reader.destroy();
      await writer.destroy();
    },
  };
}

/** An hour without being used, a day at most. */
export const sessionTerms = { idleMs: 3_600_000, longestMs: 86_400_000 };

export const newAccount: NewAccount = {
  name: 'Rolling Donut Ltd',
  kind: 'production',
  isOperator: false,
  allowHapikey: true,
  entitledScopes: null,
  rateLimits: null,
  timeZone: 'UTC',
};

export const newKey: Omit<NewApiKey, 'accountId'> = {
  name: 'Vendor',
  description: null,
  purpose: null,
  recipient: null,
  contactEmail: null,
  environment: 'production',
  scopes: [],
  grantableScopes: [],
  ipAllowlist: { mode: 'off', entries: [] },
  rateLimits: null,
  expiresAt: null,
  createdBy: null,
};

/** Every row of every table, by table: what a change may have touched without being asked to. */
export function wholeDatabase(store: TestStore): Promise<Tables> {
  return tablesOf(store.reader);
}
