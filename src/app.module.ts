import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { AccessModule } from './access/access.module.js';
import { AccessGuard } from './access/guard/access.guard.js';
import { ErrorFilter } from './access/guard/error.filter.js';
import { OwnSecretGuard } from './access/guard/own-secret.guard.js';
import { RevisionInterceptor } from './access/guard/revision.interceptor.js';
import { TenancyGuard } from './access/guard/tenancy.guard.js';
import { CourierModule } from './courier/courier.module.js';
import type { CourierSurroundings } from './courier/surroundings.js';
import { DemoModule } from './demo/demo.module.js';
import { AccountsModule } from './management/accounts/accounts.module.js';
import { ApiKeysModule } from './management/api-keys/api-keys.module.js';
import { AuditModule } from './management/audit/audit.module.js';
import { BindingsModule } from './management/bindings/bindings.module.js';
import { FirstStartModule } from './management/first-start/first-start.module.js';
import { HygieneModule } from './management/hygiene/hygiene.module.js';
import { IpAllowlistsModule } from './management/ip-allowlists/ip-allowlists.module.js';
import { MembersModule } from './management/members/members.module.js';
import { NoticesModule } from './management/notices/notices.module.js';
import { PoliciesModule } from './management/policies/policies.module.js';
import { RateLimitsModule } from './management/rate-limits/rate-limits.module.js';
import { RegistersModule } from './management/registers/registers.module.js';
import { RequestLogModule } from './management/request-log/request-log.module.js';
import { RotationsModule } from './management/rotations/rotations.module.js';
import { ScopesModule } from './management/scopes/scopes.module.js';
import { SealingKeyModule } from './management/sealing-key/sealing-key.module.js';
import { SessionModule } from './management/session/session.module.js';
import { ServicesModule } from './management/services/services.module.js';
import { WebhooksModule } from './management/webhooks/webhooks.module.js';
import type { Settings } from './platform/config/settings.js';
import { RequestValidationPipe } from './platform/http/request-validation.pipe.js';
import { StrayInputGuard } from './platform/http/stray-input.guard.js';
import { PlatformModule } from './platform/platform.module.js';
import { RetentionModule } from './retention/retention.module.js';
import type { RetentionSurroundings } from './retention/surroundings.js';
import { StoreModule, type StoreParts } from './store/store.module.js';

const management = [
  AccountsModule,
  ApiKeysModule,
  AuditModule,
  BindingsModule,
  FirstStartModule,
  HygieneModule,
  IpAllowlistsModule,
  MembersModule,
  NoticesModule,
  PoliciesModule,
  RateLimitsModule,
  RegistersModule,
  RequestLogModule,
  RotationsModule,
  ScopesModule,
  SealingKeyModule,
  ServicesModule,
  SessionModule,
  WebhooksModule,
];

@Module({})
export class AppModule {
  static forRoot(
    settings: Settings,
    parts: StoreParts,
    courier?: Partial<CourierSurroundings>,
    retention?: Partial<RetentionSurroundings>,
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.forRoot(settings),
        StoreModule.forRoot(parts),
        PassportModule,
        AccessModule,
        ...management,
        CourierModule.forRoot(courier),
        RetentionModule.forRoot(retention),
        DemoModule,
      ],
      providers: [
        // In this order: who is it and may they, then on which account, then what is asked.
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_GUARD, useClass: TenancyGuard },
        { provide: APP_GUARD, useClass: StrayInputGuard },
        { provide: APP_GUARD, useClass: OwnSecretGuard },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
        { provide: APP_INTERCEPTOR, useClass: RevisionInterceptor },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
