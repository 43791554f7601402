import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { CallLog, Clock } from '../core/ports.js';
import type { Pepper } from '../core/secret-digest.js';
import type { SealingKey } from '../core/sealing.js';
import { AccountsStore } from './accounts.store.js';
import { ApiKeysStore } from './api-keys.store.js';
import { AuditTrailStore } from './audit-trail.store.js';
import { BindingsStore } from './bindings.store.js';
import { CallsStore } from './call-log/calls.store.js';
import { readerOptions, writerOptions, type DatabaseUrl } from './data-source-options.js';
import { Database, readerName } from './database.js';
import { IdempotencyStore } from './idempotency.store.js';
import { CachedKeyDirectory } from './key-directory.js';
import { RotationsStore } from './rotations.store.js';
import { ScopesStore } from './scopes.store.js';
import { SecretsStore } from './secrets.store.js';
import { ServiceCatalog } from './service-catalog.js';
import { ServicesStore } from './services.store.js';
import { SealedCredentials } from './sealed-credentials.js';
import { AUDIT_KEY, CALL_LOG, CLOCK, KEY_PREFIXES, PEPPERS, SEALING_KEYS } from './tokens.js';

/** What the store needs that is not in the database: opened and checked before the application is built. */
export interface StoreParts {
  readonly databaseUrl: DatabaseUrl;
  readonly clock: Clock;
  readonly callLog: CallLog;
  readonly calls: CallsStore;
  readonly peppers: readonly Pepper[];
  readonly sealingKeys: readonly SealingKey[];
  readonly keyPrefixes: readonly string[];
  readonly auditKey: Buffer;
}

const stores = [
  Database,
  CachedKeyDirectory,
  ServiceCatalog,
  AccountsStore,
  ApiKeysStore,
  SecretsStore,
  RotationsStore,
  ScopesStore,
  ServicesStore,
  AuditTrailStore,
  IdempotencyStore,
  BindingsStore,
  SealedCredentials,
];

/** The memory of the installation, for every other module. */
@Global()
@Module({})
export class StoreModule {
  static forRoot(parts: StoreParts): DynamicModule {
    const given: Provider[] = [
      { provide: CLOCK, useValue: parts.clock },
      { provide: CALL_LOG, useValue: parts.callLog },
      { provide: CallsStore, useValue: parts.calls },
      { provide: PEPPERS, useValue: parts.peppers },
      { provide: SEALING_KEYS, useValue: parts.sealingKeys },
      { provide: KEY_PREFIXES, useValue: parts.keyPrefixes },
      { provide: AUDIT_KEY, useValue: parts.auditKey },
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
      providers: [...given, ...stores],
      exports: [...given, ...stores],
    };
  }
}
