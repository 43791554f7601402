import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { AccessChangeEntity } from '../../src/store/entities/access-change.entity.js';
import { AccessRevisionEntity } from '../../src/store/entities/access-revision.entity.js';
import { AccountEntity } from '../../src/store/entities/account.entity.js';
import { ApiKeyEntity } from '../../src/store/entities/api-key.entity.js';
import { AuditEventEntity } from '../../src/store/entities/audit-event.entity.js';
import { AuditHeadEntity } from '../../src/store/entities/audit-head.entity.js';
import { BindingEntity } from '../../src/store/entities/binding.entity.js';
import { GrantEntity } from '../../src/store/entities/grant.entity.js';
import { IdempotencyRecordEntity } from '../../src/store/entities/idempotency-record.entity.js';
import { InstallationEntity } from '../../src/store/entities/installation.entity.js';
import { LinkMailEntity } from '../../src/store/entities/link-mail.entity.js';
import { MemberEntity } from '../../src/store/entities/member.entity.js';
import { NoticeAttemptEntity } from '../../src/store/entities/notice-attempt.entity.js';
import { NoticeDeliveryEntity } from '../../src/store/entities/notice-delivery.entity.js';
import { NoticeEntity } from '../../src/store/entities/notice.entity.js';
import { OneTimeLinkEntity } from '../../src/store/entities/one-time-link.entity.js';
import { PasskeyEntity } from '../../src/store/entities/passkey.entity.js';
import { PersonEntity } from '../../src/store/entities/person.entity.js';
import { RateLimitUseEntity } from '../../src/store/entities/rate-limit-use.entity.js';
import { RecoveryCodeEntity } from '../../src/store/entities/recovery-code.entity.js';
import { RotationEntity } from '../../src/store/entities/rotation.entity.js';
import { RouteEntity } from '../../src/store/entities/route.entity.js';
import { ScopeEntity } from '../../src/store/entities/scope.entity.js';
import { SecondFactorEntity } from '../../src/store/entities/second-factor.entity.js';
import { SecretEntity } from '../../src/store/entities/secret.entity.js';
import { ServiceEntity } from '../../src/store/entities/service.entity.js';
import { SessionEntity } from '../../src/store/entities/session.entity.js';
import { WebhookEntity } from '../../src/store/entities/webhook.entity.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  type TestDatabase,
  openStore,
  wholeDatabase,
  type TestStore,
} from '../support/store.js';

/** Four-byte characters, right-to-left, a combining accent, quotes, and what SQL and LIKE would read as their own. */
const words = `🗝️ 𝔘nicode עברית é '"\`;--%_\\ \t\n$1 :id ? {x}`;
const big = Number.MAX_SAFE_INTEGER;
const json = { '🗝️': words, list: [1, null, { deep: [big, -1, 0.1] }], empty: {}, no: null };
const allowlist = {
  mode: 'enforce' as const,
  entries: [{ cidr: '10.0.0.0/8', note: words }, { cidr: '2001:db8::/32' }],
};
const credential = { in: 'header' as const, name: words, sealed: words, sealingVersion: 7 };

/** In an order in which they can be inserted; each with everything set, then with everything empty that may be. */
const rows: readonly [EntityTarget<ObjectLiteral>, readonly ObjectLiteral[]][] = [
  [InstallationEntity, [{ name: words, value: words }]],
  [AccessChangeEntity, [{ revision: big, subject: 'key', subjectId: words, at: big }]],
  [
    AccountEntity,
    [
      {
        ...{ id: 'acc_1', name: words, kind: 'sandbox', isOperator: true, suspended: true },
        ...{ allowHapikey: true, entitledScopes: [words, 'b'], ipAllowlist: allowlist },
        ...{ policy: { overAge: 'refuse', quietSeconds: 0 }, createdAt: big, revision: big },
        ...{ noticeEmails: [words, 'b'], timeZone: words },
        rateLimits: { rolling: { requests: big, windowSeconds: 1 }, daily: { requests: big } },
      },
      {
        ...{ id: 'acc_2', name: '', kind: 'developer', isOperator: false, suspended: false },
        ...{ allowHapikey: false, entitledScopes: null, createdAt: 0, revision: 0 },
        ...{ ipAllowlist: { mode: 'off', entries: [] }, policy: {} },
        ...{ noticeEmails: [], timeZone: '', rateLimits: null },
      },
      {
        ...{ id: 'acc_3', name: 'x', kind: 'production', isOperator: false, suspended: false },
        ...{ allowHapikey: true, entitledScopes: [], ipAllowlist: allowlist },
        ...{ policy: {}, createdAt: 1, revision: 1 },
        ...{ noticeEmails: [], timeZone: 'UTC', rateLimits: { rolling: null, daily: null } },
      },
    ],
  ],
  [
    ScopeEntity,
    [
      { name: 'a.read', description: words, sensitive: true, dataCategories: [words] },
      { name: 'a.write', description: '', sensitive: false, dataCategories: [] },
    ],
  ],
  [
    ApiKeyEntity,
    [
      {
        ...{ id: 'key_1', accountId: 'acc_1', name: words, description: words, purpose: words },
        ...{ environment: 'qa', standing: 'suspended', expiresAt: big, ipAllowlist: allowlist },
        ...{
          createdAt: big,
          createdBy: words,
          revision: big,
          contactEmail: words,
          recipient: words,
          rateLimits: { rolling: { requests: 1, windowSeconds: big }, daily: null },
        },
      },
      {
        ...{ id: 'key_2', accountId: 'acc_1', name: '', description: null, purpose: null },
        ...{ environment: 'production', standing: 'active', expiresAt: null },
        ...{ ipAllowlist: { mode: 'report', entries: [] }, createdAt: 0 },
        ...{ createdBy: null, revision: 0, contactEmail: null, recipient: null },
        rateLimits: null,
      },
    ],
  ],
  [
    GrantEntity,
    [
      {
        ...{ id: 'grt_1', keyId: 'key_1', scope: 'a.read', power: 'use' },
        ...{ serviceId: words, resources: json },
      },
      {
        ...{ id: 'grt_2', keyId: 'key_1', scope: 'a.read', power: 'hand_out' },
        ...{ serviceId: null, resources: null },
      },
    ],
  ],
  [
    RotationEntity,
    [
      {
        ...{ id: 'rot_1', keyId: 'key_1', standing: 'open', startedAt: big, graceEndsAt: big },
        ...{ endedAt: big, retiringSecretId: words, replacingSecretId: words, openedBy: words },
        brownouts: [{ startsAt: big, endsAt: big }],
      },
      {
        ...{ id: 'rot_2', keyId: 'key_1', standing: 'finished', startedAt: 0, graceEndsAt: 0 },
        ...{ endedAt: null, retiringSecretId: '', replacingSecretId: '', openedBy: null },
        brownouts: [],
      },
    ],
  ],
  [
    SecretEntity,
    [
      {
        ...{ id: 'sec_1', keyId: 'key_1', format: 'legacy', digest: words, start: words },
        ...{ digestAlgorithm: words, pepperVersion: 2_147_483_647, createdAt: big, endsAt: big },
        ...{ revokedAt: big, rotationId: 'rot_1', firstUsedAt: big },
      },
      {
        ...{ id: 'sec_2', keyId: 'key_1', format: 'ours', digest: 'b', start: '', endsAt: null },
        ...{ digestAlgorithm: '', pepperVersion: 0, createdAt: 0, revokedAt: null },
        ...{ rotationId: null, firstUsedAt: null },
      },
    ],
  ],
  [
    ServiceEntity,
    [
      {
        ...{ id: 'svc_1', name: words, upstream: words, mount: words, open: true },
        ...{
          stripMount: true,
          identityHeaders: null,
          timeoutMs: 2_147_483_647,
          credential,
          createdAt: big,
        },
        revision: big,
      },
      {
        ...{ id: 'svc_2', name: 'b', upstream: 'u', mount: '/', open: false, stripMount: false },
        ...{ identityHeaders: true },
        ...{ timeoutMs: 0, credential: null, createdAt: 0, revision: 0 },
      },
    ],
  ],
  [
    RouteEntity,
    [
      {
        ...{ id: 'rte_1', serviceId: 'svc_1', ordinal: 2_147_483_647, method: 'GET' },
        ...{ path: words, scopeSets: [[words, 'b'], []], public: true },
      },
      {
        ...{ id: 'rte_2', serviceId: 'svc_1', ordinal: 0, method: 'POST' },
        ...{ path: '/', scopeSets: [], public: false },
      },
    ],
  ],
  [
    BindingEntity,
    [
      {
        ...{ id: 'bnd_1', accountId: 'acc_1', serviceId: 'svc_1', environment: 'qa' },
        ...{ upstream: words, credential, revision: big },
      },
      {
        ...{ id: 'bnd_2', accountId: 'acc_1', serviceId: 'svc_1', environment: null },
        ...{ upstream: null, credential: null, revision: 0 },
      },
    ],
  ],
  [
    IdempotencyRecordEntity,
    [
      {
        ...{ callerId: words, path: words, idempotencyKey: words, bodyDigest: words },
        ...{ answer: json, createdAt: big },
      },
    ],
  ],
  [
    RateLimitUseEntity,
    [
      {
        ...{ holderId: words, writerId: words, recent: [big, 1, 0, big], callsOfDay: big },
        ...{ dayEndsAt: big, countsUntil: big },
      },
      {
        ...{ holderId: '', writerId: '', recent: [], callsOfDay: 0, dayEndsAt: 0 },
        countsUntil: 0,
      },
    ],
  ],
  [AuditHeadEntity, [{ accountId: 'acc_1', seq: big, digest: words }]],
  [
    AuditEventEntity,
    [
      {
        ...{ id: 'evt_1', accountId: 'acc_1', seq: big, at: big, action: words, callerIp: '::1' },
        ...{ actor: { kind: 'key', id: words, name: words }, targetType: words, targetId: words },
        ...{ before: json, after: json, previousDigest: words, digest: words },
      },
      {
        ...{ id: 'evt_2', accountId: 'acc_1', seq: 1, at: 0, action: '', callerIp: null },
        ...{ actor: { kind: 'installation', id: null, name: '' }, targetType: '', targetId: '' },
        ...{ before: null, after: null, previousDigest: '', digest: '' },
      },
    ],
  ],
  [
    NoticeEntity,
    [
      {
        ...{ id: 'ntc_1', accountId: 'acc_1', kind: 'rotation.opened', keyId: words },
        ...{ rotationId: words, data: json, dedupeKey: words, createdAt: big },
      },
      {
        ...{ id: 'ntc_2', accountId: 'acc_1', kind: 'webhook.test', keyId: null },
        ...{ rotationId: null, data: {}, dedupeKey: '', createdAt: 0 },
      },
    ],
  ],
  [
    NoticeDeliveryEntity,
    [
      {
        ...{ id: 'dlv_1', noticeId: 'ntc_1', accountId: 'acc_1', channel: 'email' },
        ...{ recipient: words, state: 'delivered', attempts: 2_147_483_647, nextAttemptAt: big },
        ...{ claimedUntil: big, deliveredAt: big, memberId: words },
      },
      {
        ...{ id: 'dlv_2', noticeId: 'ntc_1', accountId: 'acc_1', channel: 'webhook' },
        ...{ recipient: '', state: 'pending', attempts: 0, nextAttemptAt: 0 },
        ...{ claimedUntil: null, deliveredAt: null, memberId: null },
      },
    ],
  ],
  [
    NoticeAttemptEntity,
    [
      {
        ...{ id: 'att_1', deliveryId: 'dlv_1', at: big, outcome: 'failed' },
        ...{ code: 2_147_483_647, durationMs: 2_147_483_647, error: words },
      },
      {
        ...{ id: 'att_2', deliveryId: 'dlv_1', at: 0, outcome: 'delivered' },
        ...{ code: null, durationMs: 0, error: null },
      },
    ],
  ],
  [
    WebhookEntity,
    [
      {
        ...{ id: 'whk_1', accountId: 'acc_1', url: words, kinds: ['key.revoked'], enabled: true },
        ...{ secret: { sealed: words, sealingVersion: 7 }, createdAt: big, revision: big },
        previousSecret: { sealed: words, sealingVersion: 6, signsUntil: big },
      },
      {
        ...{ id: 'whk_2', accountId: 'acc_1', url: '', kinds: null, enabled: false },
        ...{ secret: { sealed: '', sealingVersion: 0 }, createdAt: 0, revision: 0 },
        previousSecret: null,
      },
    ],
  ],
  [
    PersonEntity,
    [
      {
        ...{ id: 'per_1', email: words, emailFolded: words, name: words, passwordHash: words },
        ...{ passwordChangedAt: big, createdAt: big, revision: big },
      },
      {
        ...{ id: 'per_2', email: '', emailFolded: '', name: '', passwordHash: '' },
        ...{ passwordChangedAt: 0, createdAt: 0, revision: 0 },
      },
    ],
  ],
  [
    MemberEntity,
    [
      {
        ...{ id: 'mem_1', accountId: 'acc_1', personId: 'per_1', role: 'auditor' },
        ...{ getsNoticeEmails: false, createdAt: big, revision: big },
      },
    ],
  ],
  [
    SessionEntity,
    [
      {
        ...{ id: 'ses_1', personId: 'per_1', digest: words, digestAlgorithm: words },
        ...{ pepperVersion: 2_147_483_647, createdAt: big, lastUsedAt: big, expiresAt: big },
        ...{ endedAt: big, ip: '2001:db8::1', userAgent: words },
      },
      {
        ...{ id: 'ses_2', personId: 'per_1', digest: '', digestAlgorithm: '', pepperVersion: 0 },
        ...{ createdAt: 0, lastUsedAt: 0, expiresAt: 0, endedAt: null, ip: null, userAgent: null },
      },
    ],
  ],
  [
    OneTimeLinkEntity,
    [
      {
        ...{ id: 'lnk_1', purpose: 'invitation', digest: words, digestAlgorithm: words },
        ...{ pepperVersion: 2_147_483_647, accountId: 'acc_1', role: 'developer' },
        ...{ personId: 'per_1', email: words, madeBy: { kind: 'key', id: words, name: words } },
        ...{ createdAt: big, expiresAt: big, usedAt: big, revokedAt: big },
      },
      {
        ...{ id: 'lnk_2', purpose: 'recovery', digest: '', digestAlgorithm: '', pepperVersion: 0 },
        ...{ accountId: null, role: null, personId: null, email: null },
        ...{ madeBy: { kind: 'installation', id: null, name: '' }, createdAt: 0, expiresAt: 0 },
        ...{ usedAt: null, revokedAt: null },
      },
    ],
  ],
  [
    LinkMailEntity,
    [
      {
        ...{ id: 'lml_1', purpose: 'invitation', recipient: words, linkId: 'lnk_1' },
        ...{ askedFrom: '2001:db8::1', state: 'given_up', attempts: 2_147_483_647 },
        ...{ attemptId: words, nextAttemptAt: big, claimedUntil: big, deliveredAt: big },
        ...{ error: words, createdAt: big },
      },
      {
        ...{ id: 'lml_2', purpose: 'recovery', recipient: '', linkId: null, askedFrom: null },
        ...{ state: 'pending', attempts: 0, attemptId: null, nextAttemptAt: 0 },
        ...{ claimedUntil: null, deliveredAt: null, error: null, createdAt: 0 },
      },
    ],
  ],
  [
    SecondFactorEntity,
    [
      {
        ...{ id: 'fac_1', personId: 'per_1', secret: { sealed: words, sealingVersion: 7 } },
        ...{ createdAt: big, confirmedAt: big, lastStep: big, failures: 2_147_483_647 },
      },
      {
        ...{ id: 'fac_2', personId: 'per_2', secret: { sealed: '', sealingVersion: 0 } },
        ...{ createdAt: 0, confirmedAt: null, lastStep: 0, failures: 0 },
      },
    ],
  ],
  [
    RecoveryCodeEntity,
    [
      {
        ...{ id: 'rcv_1', personId: 'per_1', digest: words, digestAlgorithm: words },
        ...{ pepperVersion: 2_147_483_647, usedAt: big },
      },
      {
        ...{ id: 'rcv_2', personId: 'per_1', digest: '', digestAlgorithm: '' },
        ...{ pepperVersion: 0, usedAt: null },
      },
    ],
  ],
  [
    PasskeyEntity,
    [
      {
        ...{ id: 'pky_1', personId: 'per_1', credentialId: words, publicKey: words, counter: big },
        ...{ transports: [words, 'usb'], name: words, isSynced: true, createdAt: big },
        ...{ lastUsedAt: big, lastChallengeAt: big },
      },
      {
        ...{ id: 'pky_2', personId: 'per_1', credentialId: '', publicKey: '', counter: 0 },
        ...{ transports: [], name: '', isSynced: false, createdAt: 0 },
        ...{ lastUsedAt: null, lastChallengeAt: 0 },
      },
    ],
  ],
];

/** Each breaks one promise of the schema; the message is the database's own. */
const refusals: [string, EntityTarget<ObjectLiteral>, ObjectLiteral][] = [
  ['a key of no account', ApiKeyEntity, { id: 'key_9', accountId: 'acc_9' }],
  ['a grant to no key', GrantEntity, { id: 'grt_9', keyId: 'key_9' }],
  ['a grant of no scope', GrantEntity, { id: 'grt_9', scope: 'no.such' }],
  ['a rotation of no key', RotationEntity, { id: 'rot_9', keyId: 'key_9', standing: 'finished' }],
  ['a secret of no key', SecretEntity, { id: 'sec_9', keyId: 'key_9', digest: '9' }],
  ['a secret ended by no rotation', SecretEntity, { id: 'sec_9', rotationId: 'x', digest: '9' }],
  ['a route of no service', RouteEntity, { id: 'rte_9', serviceId: 'svc_9' }],
  ['a binding of no account', BindingEntity, { id: 'bnd_9', accountId: 'acc_9' }],
  ['a binding to no service', BindingEntity, { id: 'bnd_9', serviceId: 'svc_9' }],
  ['an audit event of no account', AuditEventEntity, { id: 'evt_9', accountId: 'acc_9', seq: 9 }],
  ['an audit chain of no account', AuditHeadEntity, { accountId: 'acc_9' }],
  ['a second operator', AccountEntity, { id: 'acc_9' }],
  ['a second open rotation of a key', RotationEntity, { id: 'rot_9' }],
  ['a second secret of one digest', SecretEntity, { id: 'sec_9' }],
  ['a second service of one name', ServiceEntity, { id: 'svc_9', mount: '/9' }],
  ['a second service at one mount', ServiceEntity, { id: 'svc_9', name: '9' }],
  ['a second binding in one place', BindingEntity, { id: 'bnd_9' }],
  ['a second audit event of one number', AuditEventEntity, { id: 'evt_9' }],
  ['a second row of the revision', AccessRevisionEntity, { id: 2, revision: 1 }],
  ['a standing that no key has', ApiKeyEntity, { id: 'key_9', standing: 'expired' }],
  ['an environment that is none', ApiKeyEntity, { id: 'key_9', environment: 'prod' }],
  ['a kind that no account has', AccountEntity, { id: 'acc_9', isOperator: false, kind: 'x' }],
  ['a power that no grant has', GrantEntity, { id: 'grt_9', power: 'both' }],
  ['a notice of no account', NoticeEntity, { id: 'ntc_9', accountId: 'acc_9', dedupeKey: '9' }],
  ['a second notice of the same', NoticeEntity, { id: 'ntc_9' }],
  ['a delivery of no notice', NoticeDeliveryEntity, { id: 'dlv_9', noticeId: 'ntc_9' }],
  ['a second delivery to one recipient', NoticeDeliveryEntity, { id: 'dlv_9' }],
  [
    'a state that no delivery has',
    NoticeDeliveryEntity,
    { id: 'dlv_9', recipient: '9', state: 'x' },
  ],
  ['an attempt of no delivery', NoticeAttemptEntity, { id: 'att_9', deliveryId: 'dlv_9' }],
  ['a webhook of no account', WebhookEntity, { id: 'whk_9', accountId: 'acc_9' }],
  ['a second person of one address', PersonEntity, { id: 'per_9' }],
  ['a member of no account', MemberEntity, { id: 'mem_9', accountId: 'acc_9' }],
  ['a member who is nobody', MemberEntity, { id: 'mem_9', personId: 'per_9' }],
  ['a person twice in an account', MemberEntity, { id: 'mem_9' }],
  ['a role that there is not', MemberEntity, { id: 'mem_9', accountId: 'acc_2', role: 'owner' }],
  ['a session of nobody', SessionEntity, { id: 'ses_9', personId: 'per_9', digest: '9' }],
  ['a second session of one digest', SessionEntity, { id: 'ses_9' }],
  ['a second link of one digest', OneTimeLinkEntity, { id: 'lnk_9' }],
  ['a link into no account', OneTimeLinkEntity, { id: 'lnk_9', accountId: 'acc_9', digest: '9' }],
  ['a link for nothing', OneTimeLinkEntity, { id: 'lnk_9', purpose: 'x', digest: '9' }],
  ['a mail with no link that there is', LinkMailEntity, { id: 'lml_9', linkId: 'lnk_9' }],
  ['a second mail of one link', LinkMailEntity, { id: 'lml_9' }],
  ['a mail for nothing', LinkMailEntity, { id: 'lml_9', linkId: null, purpose: 'set_up' }],
  ['a state that no mail has', LinkMailEntity, { id: 'lml_9', linkId: null, state: 'kept' }],
  ['a second factor of nobody', SecondFactorEntity, { id: 'fac_9', personId: 'per_9' }],
  ['a second one of one person', SecondFactorEntity, { id: 'fac_9' }],
  [
    'a recovery code of nobody',
    RecoveryCodeEntity,
    { id: 'rcv_9', personId: 'per_9', digest: '9' },
  ],
  ['a second recovery code of one digest', RecoveryCodeEntity, { id: 'rcv_9' }],
  ['a passkey of nobody', PasskeyEntity, { id: 'pky_9', personId: 'per_9', credentialId: '9' }],
  ['a second passkey of one credential', PasskeyEntity, { id: 'pky_9' }],
  ['a key without a name', ApiKeyEntity, { id: 'key_9', name: null }],
];

describeOnEachDatabase('the tables', (kind) => {
  let home: TestDatabase;
  let store: TestStore;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    await store.database.write(async (manager) => {
      for (const [entity, samples] of rows) {
        for (const sample of samples) await manager.insert(entity, structuredClone(sample));
      }
    });
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  it('are all tried here', () => {
    const tried = rows.map(([entity]) => entity);
    const known = store.reader.entityMetadatas.map(({ target }) => target);
    expect(known.filter((entity) => !tried.includes(entity))).toEqual([AccessRevisionEntity]);
  });

  it.each(
    rows.map(([entity, samples]) => ({ entity, samples, name: (entity as { name: string }).name })),
  )('give back what was put into $name, column by column', async ({ entity, samples }) => {
    const { primaryColumns, columns } = store.reader.getMetadata(entity);
    for (const sample of samples) {
      expect(Object.keys(sample).sort()).toEqual(
        columns.map((column) => column.propertyName).sort(),
      );
      const key = Object.fromEntries(
        primaryColumns.map(({ propertyName }) => [propertyName, sample[propertyName]]),
      );
      const found = await store.database.read.findOneByOrFail(entity, key);
      expect({ ...found }).toEqual(sample);
    }
  });

  it.each(refusals)('refuse %s', async (_what, entity, changes) => {
    const sample = rows.find(([known]) => known === entity)?.[1][0];
    const row = structuredClone({ ...sample, ...changes });
    const before = await wholeDatabase(store);
    const inserting = store.database.write((manager) => manager.insert(entity, row));
    await expect(inserting).rejects.toThrow(/constraint/i);
    expect(await wholeDatabase(store)).toEqual(before);
  });

  it('refuse to let go of what something else still names', async () => {
    for (const [entity, key] of [
      [AccountEntity, { id: 'acc_1' }],
      [ApiKeyEntity, { id: 'key_1' }],
      [ScopeEntity, { name: 'a.read' }],
      [RotationEntity, { id: 'rot_1' }],
      [ServiceEntity, { id: 'svc_1' }],
      [PersonEntity, { id: 'per_1' }],
    ] as const) {
      const deleting = store.database.write((manager) => manager.delete(entity, key));
      await expect(deleting).rejects.toThrow(/foreign key/i);
    }
  });
});
