import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { AccountPolicy } from '../core/account-policy.js';
import type { CallLog, Clock, JunkCounts } from '../core/ports.js';
import { CountingMeter } from '../core/rate-meter.js';
import type { Pepper } from '../core/secret-digest.js';
import type { SealingKey } from '../core/sealing.js';
import type { SessionTerms } from '../core/session-life.js';
import { AccountsStore } from './accounts.store.js';
import { ApiKeysStore } from './api-keys.store.js';
import { AuditChainsStore } from './audit-chains.store.js';
import { AuditTrailStore } from './audit-trail.store.js';
import { BindingsStore } from './bindings.store.js';
import { CallGapsStore } from './call-log/read/call-gaps.store.js';
import { CallLogPruner } from './call-log/prune/call-log-pruner.js';
import { CallSumsStore } from './call-log/read/call-sums.store.js';
import { CallsStore } from './call-log/read/calls.store.js';
import { RotationUsageStore } from './call-log/usage/rotation-usage.store.js';
import { UsageStore } from './call-log/usage/usage.store.js';
import { CallsKeptStore } from './calls-kept.store.js';
import { ChangeFollower } from './change-follower.js';
import { readerOptions, writerOptions, type DatabaseUrl } from './data-source-options.js';
import { Database, readerName } from './database.js';
import { EndingsStore } from './endings.store.js';
import { IdempotencyStore } from './idempotency.store.js';
import { JunkCountsStore } from './junk-counts/junk-counts.store.js';
import { CachedKeyDirectory } from './key-directory.js';
import { Lease } from './lease.js';
import { LinkMailsStore } from './link-mails.store.js';
import { LogWholeness } from './log-wholeness.js';
import { MembersStore } from './members.store.js';
import { NoticeDeliveriesStore } from './notice-deliveries.store.js';
import { NoticesStore } from './notices.store.js';
import { OneTimeLinksStore } from './one-time-links.store.js';
import { PasskeysStore } from './passkeys.store.js';
import { PeopleStore } from './people.store.js';
import { PersonTrail } from './person-trail.js';
import { RecoveryCodesStore } from './recovery-codes.store.js';
import { LimitUseSaver } from './rate-limits/limit-use-saver.js';
import { LimitUsesStore } from './rate-limits/limit-uses.store.js';
import { RotationOpening } from './rotation-opening.js';
import { RotationsStore } from './rotations.store.js';
import { ScopesStore } from './scopes.store.js';
import { SecondFactorsStore } from './second-factors.store.js';
import { SecretsStore } from './secrets.store.js';
import { ServiceCatalog } from './service-catalog.js';
import { ServicesStore } from './services.store.js';
import { SessionsStore } from './sessions.store.js';
import { StoredSessions } from './session-directory.js';
import { TokenDigests } from './token-digests.js';
import { SealedCredentials } from './sealed-credentials.js';
import { SecretSightings } from './secret-sightings.js';
import { SealingStore } from './sealing.store.js';
import { WatchedUntilStore } from './watched-until.store.js';
import { WebhooksStore } from './webhooks.store.js';
import { Turns } from './turns.js';
import {
  AUDIT_KEY,
  CALL_LOG,
  CLOCK,
  JUNK_COUNTS,
  KEY_PREFIXES,
  NODE_ID,
  PEPPERS,
  POLICY_DEFAULTS,
  RATE_METER,
  SEALING_KEYS,
  SESSION_TERMS,
} from './tokens.js';

/** What the store needs that is not in the database: opened and checked before the application is built. */
export interface StoreParts {
  readonly databaseUrl: DatabaseUrl;
  readonly clock: Clock;
  /** Under which this process writes what it has counted. */
  readonly nodeId: string;
  readonly callLog: CallLog;
  readonly callLogPruner: CallLogPruner;
  readonly calls: CallsStore;
  readonly callSums: CallSumsStore;
  readonly usage: UsageStore;
  readonly rotationUsage: RotationUsageStore;
  readonly gaps: CallGapsStore;
  readonly junkCounts: JunkCounts;
  readonly junkCountsStore: JunkCountsStore;
  readonly peppers: readonly Pepper[];
  readonly sealingKeys: readonly SealingKey[];
  readonly keyPrefixes: readonly string[];
  readonly auditKey: Buffer;
  readonly policyDefaults: AccountPolicy;
  readonly sessionTerms: SessionTerms;
  /** On PostgreSQL; the usual one unless given. */
  readonly leaseMs: number | undefined;
}

const stores = [
  Database,
  CachedKeyDirectory,
  ServiceCatalog,
  AccountsStore,
  ApiKeysStore,
  SecretsStore,
  RotationsStore,
  RotationOpening,
  ScopesStore,
  ServicesStore,
  AuditTrailStore,
  AuditChainsStore,
  IdempotencyStore,
  BindingsStore,
  SealedCredentials,
  SealingStore,
  SecretSightings,
  PeopleStore,
  PersonTrail,
  MembersStore,
  SessionsStore,
  StoredSessions,
  OneTimeLinksStore,
  LinkMailsStore,
  SecondFactorsStore,
  RecoveryCodesStore,
  PasskeysStore,
  TokenDigests,
  NoticesStore,
  NoticeDeliveriesStore,
  WebhooksStore,
  EndingsStore,
  WatchedUntilStore,
  CallsKeptStore,
  LogWholeness,
  LimitUsesStore,
  LimitUseSaver,
  Turns,
];

/** The memory of the installation, for every other module. */
@Global()
@Module({})
export class StoreModule {
  static forRoot(parts: StoreParts): DynamicModule {
    const given: Provider[] = [
      { provide: CLOCK, useValue: parts.clock },
      { provide: NODE_ID, useValue: parts.nodeId },
      { provide: RATE_METER, useClass: CountingMeter },
      { provide: CALL_LOG, useValue: parts.callLog },
      { provide: CallLogPruner, useValue: parts.callLogPruner },
      { provide: CallsStore, useValue: parts.calls },
      { provide: CallSumsStore, useValue: parts.callSums },
      { provide: UsageStore, useValue: parts.usage },
      { provide: RotationUsageStore, useValue: parts.rotationUsage },
      { provide: CallGapsStore, useValue: parts.gaps },
      { provide: JUNK_COUNTS, useValue: parts.junkCounts },
      { provide: JunkCountsStore, useValue: parts.junkCountsStore },
      { provide: PEPPERS, useValue: parts.peppers },
      { provide: SEALING_KEYS, useValue: parts.sealingKeys },
      { provide: KEY_PREFIXES, useValue: parts.keyPrefixes },
      { provide: AUDIT_KEY, useValue: parts.auditKey },
      { provide: POLICY_DEFAULTS, useValue: parts.policyDefaults },
      { provide: SESSION_TERMS, useValue: parts.sessionTerms },
    ];
    return {
      module: StoreModule,
      imports: [
        TypeOrmModule.forRoot({ ...writerOptions(parts.databaseUrl), retryAttempts: 0 }),
        TypeOrmModule.forRoot({
          ...readerOptions(parts.databaseUrl),
          name: readerName,
          retryAttempts: 0,
        }),
      ],
      providers: [...given, ...stores, ...freshness(parts)],
      exports: [...given, ...stores, Lease],
    };
  }
}

/** On SQLite a lock keeps other processes away: there is nobody to follow. */
function freshness({ databaseUrl, leaseMs }: StoreParts): Provider[] {
  if (databaseUrl.kind === 'sqlite') return [{ provide: Lease, useValue: Lease.endless() }];
  const follow = (database: Database, lease: Lease): ChangeFollower =>
    new ChangeFollower(databaseUrl.url, database, lease);
  return [
    { provide: Lease, useValue: new Lease(leaseMs) },
    { provide: ChangeFollower, useFactory: follow, inject: [Database, Lease] },
  ];
}
