import { AccessChangeEntity } from './access-change.entity.js';
import { AccessRevisionEntity } from './access-revision.entity.js';
import { AccountEntity } from './account.entity.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { AuditEventEntity } from './audit-event.entity.js';
import { AuditHeadEntity } from './audit-head.entity.js';
import { BindingEntity } from './binding.entity.js';
import { GrantEntity } from './grant.entity.js';
import { IdempotencyRecordEntity } from './idempotency-record.entity.js';
import { InstallationEntity } from './installation.entity.js';
import { LinkMailEntity } from './link-mail.entity.js';
import { MemberEntity } from './member.entity.js';
import { NoticeAttemptEntity } from './notice-attempt.entity.js';
import { NoticeDeliveryEntity } from './notice-delivery.entity.js';
import { NoticeEntity } from './notice.entity.js';
import { OneTimeLinkEntity } from './one-time-link.entity.js';
import { PasskeyEntity } from './passkey.entity.js';
import { PersonEntity } from './person.entity.js';
import { RateLimitUseEntity } from './rate-limit-use.entity.js';
import { RecoveryCodeEntity } from './recovery-code.entity.js';
import { RotationEntity } from './rotation.entity.js';
import { RouteEntity } from './route.entity.js';
import { ScopeEntity } from './scope.entity.js';
import { SecondFactorEntity } from './second-factor.entity.js';
import { SecretEntity } from './secret.entity.js';
import { ServiceEntity } from './service.entity.js';
import { SessionEntity } from './session.entity.js';
import { WebhookEntity } from './webhook.entity.js';

/** Every table of the main database. */
export const entities = [
  AccessChangeEntity,
  AccessRevisionEntity,
  AccountEntity,
  ApiKeyEntity,
  AuditEventEntity,
  AuditHeadEntity,
  BindingEntity,
  GrantEntity,
  IdempotencyRecordEntity,
  InstallationEntity,
  LinkMailEntity,
  MemberEntity,
  NoticeAttemptEntity,
  NoticeDeliveryEntity,
  NoticeEntity,
  OneTimeLinkEntity,
  PasskeyEntity,
  PersonEntity,
  RateLimitUseEntity,
  RecoveryCodeEntity,
  RotationEntity,
  RouteEntity,
  ScopeEntity,
  SecondFactorEntity,
  SecretEntity,
  ServiceEntity,
  SessionEntity,
  WebhookEntity,
];
