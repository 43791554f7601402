import { Inject, Injectable } from '@nestjs/common';
import { checkMayChangeKey, type Caller } from '../../access/guard/caller.js';
import { policyOf, type AccountPolicy } from '../../core/account-policy.js';
import { limitsBeyond, scopesBeyond, type Limits } from '../../core/delegation.js';
import { noAllowlist } from '../../core/ip-allowlist.js';
import { secretStateAt } from '../../core/key-state.js';
import type { Clock } from '../../core/ports.js';
import {
  conflict,
  limitNotGrantable,
  notFound,
  scopeNotGrantable,
  unknownScopes,
} from '../../platform/errors/api-error.js';
import { ipAllowlistOf } from '../../platform/http/ip-allowlist.dto.js';
import { rateLimitsOf } from '../../platform/http/rate-limits.dto.js';
import { requireMatch, withRevision } from '../../platform/http/revision.js';
import { creationCursor, creationPlace, pageOf, type Page } from '../../platform/http/pages.js';
import { ApiKeysStore, type ApiKeyChanges, type ApiKeyRecord } from '../../store/api-keys.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { withoutLog } from '../../store/call-log/without-log.js';
import { UsageStore, type HourSums, type LastUse } from '../../store/call-log/usage/usage.store.js';
import { Database, type Change } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { IdempotencyStore } from '../../store/idempotency.store.js';
import { NoticesStore } from '../../store/notices.store.js';
import { RotationsStore } from '../../store/rotations.store.js';
import { ScopesStore } from '../../store/scopes.store.js';
import { SecretsStore, type IssuedSecret } from '../../store/secrets.store.js';
import { CLOCK, POLICY_DEFAULTS } from '../../store/tokens.js';
import type {
  ApiKeyResponse,
  CreateApiKeyRequest,
  IssuedApiKeyResponse,
  ListApiKeysQuery,
  ListedApiKeyResponse,
  UpdateApiKeyRequest,
} from './api-keys.dto.js';
import { apiKeyFacts, apiKeyResponse, keyHourResponse } from './api-key.response.js';
import { expiryOf } from './key-expiry.js';

const hourMs = 3_600_000;

/** What may become of a key by an action. */
export type KeyAction = 'suspend' | 'resume' | 'revoke';

const standingAfter = { suspend: 'suspended', resume: 'active', revoke: 'revoked' } as const;
const auditNames = {
  suspend: 'key.suspended',
  resume: 'key.resumed',
  revoke: 'key.revoked',
} as const;

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysStore,
    private readonly secrets: SecretsStore,
    private readonly rotations: RotationsStore,
    private readonly scopes: ScopesStore,
    private readonly audit: AuditTrailStore,
    private readonly usage: UsageStore,
    private readonly idempotency: IdempotencyStore,
    private readonly notices: NoticesStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(POLICY_DEFAULTS) private readonly policyDefaults: AccountPolicy,
  ) {}

  async create(
    caller: Caller,
    account: AccountEntity,
    request: CreateApiKeyRequest,
  ): Promise<IssuedApiKeyResponse> {
    const ipAllowlist =
      request.ipAllowlist === undefined
        ? noAllowlist
        : ipAllowlistOf(request.ipAllowlist, 'ipAllowlist');
    const grantableScopes = request.grantableScopes ?? [];
    const environment = request.environment ?? 'production';
    const rateLimits = rateLimitsOf(request.rateLimits ?? null);
    const policy = policyOf(account, this.policyDefaults);
    const { record, secret } = await this.database.change(async (change) => {
      const expiresAt = expiryOf(request.expiresAt ?? null, policy, change.now);
      await this.checkScopes(change, caller, account, { scopes: request.scopes, grantableScopes });
      checkLimits(caller, { ipAllowlist, expiresAt, rateLimits });
      const id = await this.keys.create(change, {
        accountId: account.id,
        name: request.name,
        description: request.description ?? null,
        purpose: request.purpose ?? null,
        recipient: request.recipient ?? null,
        contactEmail: request.contactEmail ?? null,
        environment,
        scopes: request.scopes,
        grantableScopes,
        ipAllowlist,
        rateLimits,
        expiresAt,
        createdBy: caller.id,
      });
      const issued = await this.secrets.issue(change, id, environment);
      const created = await this.reload(change, account.id, id);
      await this.record(change, caller, 'key.created', null, created);
      await this.idempotency.complete(change, caller.idempotency, this.show(created, new Map()));
      return { record: created, secret: issued.text };
    });
    return withRevision({ ...this.show(record, new Map()), secret }, record.key.revision);
  }

  async list(
    account: AccountEntity,
    { limit, after, order, with: more, ...filter }: ListApiKeysQuery,
  ): Promise<Page<ListedApiKeyResponse>> {
    const place = creationPlace(after);
    const now = this.clock.now();
    const records = await this.keys.list(account.id, filter, now, limit + 1, place, order);
    const lastUses = await this.lastUsesOf(records);
    const hours = more === 'hours' ? await this.hoursOf(records, now) : null;
    return pageOf(
      records,
      limit,
      (record) => ({
        ...this.show(record, lastUses),
        ...(hours && { hours: (hours.get(record.key.id) ?? []).map(keyHourResponse) }),
      }),
      ({ key }) => creationCursor(key),
    );
  }

  async read(account: AccountEntity, id: string): Promise<ApiKeyResponse> {
    const record = await this.keys.find(account.id, id);
    if (record === null) throw notFound('key');
    return this.show(record, await this.lastUsesOf([record]));
  }

  /** Changes exactly what the request names. */
  async update(
    caller: Caller,
    account: AccountEntity,
    id: string,
    request: UpdateApiKeyRequest,
    ifMatch: string | undefined,
  ): Promise<ApiKeyResponse> {
    const { expiresAt, rateLimits, ...rest } = request;
    const policy = policyOf(account, this.policyDefaults);
    const record = await this.database.change(async (change) => {
      const before = await this.forChange(change, caller, account, id);
      requireMatch(ifMatch, before.key.revision);
      if (before.key.standing === 'revoked')
        throw conflict('A revoked key cannot be changed.', 'KEY_REVOKED');
      const changes: ApiKeyChanges = {
        ...rest,
        ...(expiresAt !== undefined && {
          expiresAt: expiryOf(expiresAt, policy, change.now, before.key),
        }),
        ...(rateLimits !== undefined && { rateLimits: rateLimitsOf(rateLimits) }),
      };
      await this.checkScopes(change, caller, account, {
        scopes: request.scopes ?? before.scopes,
        grantableScopes: request.grantableScopes ?? before.grantableScopes,
      });
      // What it was made with stays; only what is changed has to be the caller's to give.
      checkLimits(caller, changes);
      await this.keys.change(change, id, changes);
      const after = await this.reload(change, account.id, id);
      await this.record(change, caller, 'key.changed', before, after);
      return after;
    });
    return this.show(record, await this.lastUsesOf([record]));
  }

  /** Suspends, resumes or revokes. Asking for what already is changes nothing. */
  async act(
    caller: Caller,
    account: AccountEntity,
    id: string,
    action: KeyAction,
  ): Promise<ApiKeyResponse> {
    const standing = standingAfter[action];
    const record = await this.database.change(async (change) => {
      const before = await this.forChange(change, caller, account, id);
      if (before.key.standing === standing) {
        // Whoever asks again may have been told of a failure that was none.
        change.refresh('key', id);
        return before;
      }
      if (before.key.standing === 'revoked')
        throw conflict('A revoked key stays revoked.', 'KEY_REVOKED');
      if (action === 'resume') await this.checkScopes(change, caller, account, before);
      await this.keys.change(change, id, { standing });
      if (action === 'revoke') await this.rotations.endWithKey(change, id);
      const after = await this.reload(change, account.id, id);
      await this.record(change, caller, auditNames[action], before, after);
      if (action !== 'resume') await this.notices.putOfKey(change, auditNames[action], after.key);
      return after;
    });
    return this.show(record, await this.lastUsesOf([record]));
  }

  /** Gives the key another current secret in the place of one that was lost on its way, as long as that was never used. */
  async reissue(caller: Caller, account: AccountEntity, id: string): Promise<IssuedApiKeyResponse> {
    const { record, secret } = await this.database.change(async (change) => {
      await this.rotations.writeDownExpired(change, id);
      const before = await this.forChange(change, caller, account, id);
      if (before.key.standing === 'revoked')
        throw conflict('A revoked key gets no new secret.', 'KEY_REVOKED');
      await this.checkScopes(change, caller, account, before);
      const issued = await this.replaceUnusedSecret(change, before);
      if (issued === null) {
        throw conflict(
          'The secret was used, so it did not get lost. Open a rotation for a new one.',
          'SECRET_USED',
        );
      }
      const after = await this.reload(change, account.id, id);
      await this.record(change, caller, 'key.reissued', before, after);
      return { record: after, secret: issued.text };
    });
    return withRevision(
      { ...this.show(record, await this.lastUsesOf([record])), secret },
      record.key.revision,
    );
  }

  private async replaceUnusedSecret(
    change: Change,
    { key, secrets, openRotation }: ApiKeyRecord,
  ): Promise<IssuedSecret | null> {
    if (openRotation !== null) return this.rotations.reissue(change, key, openRotation);
    const current = secrets.find((secret) => secretStateAt(secret, change.now) === 'current');
    if (current === undefined || !(await this.rotations.revokeUnused(change, current.id)))
      return null;
    await this.keys.change(change, key.id, {});
    return this.secrets.issue(change, key.id, key.environment);
  }

  private async forChange(
    change: Change,
    caller: Caller,
    account: AccountEntity,
    id: string,
  ): Promise<ApiKeyRecord> {
    const record = await this.keys.find(account.id, id, change.manager);
    if (record === null) throw notFound('key');
    checkMayChangeKey(caller, record.key);
    return record;
  }

  private async reload(change: Change, accountId: string, id: string): Promise<ApiKeyRecord> {
    const record = await this.keys.find(accountId, id, change.manager);
    if (record === null) throw new Error('A key vanished within its own transaction.');
    return record;
  }

  private async checkScopes(
    change: Change,
    caller: Caller,
    account: AccountEntity,
    wanted: { readonly scopes: readonly string[]; readonly grantableScopes: readonly string[] },
  ): Promise<void> {
    for (const field of ['scopes', 'grantableScopes'] as const) {
      const unknown = await this.scopes.unknownOf(change, wanted[field]);
      if (unknown.length > 0) throw unknownScopes(field, unknown);
    }
    const beyond = scopesBeyond(caller, [...wanted.scopes, ...wanted.grantableScopes], account);
    if (beyond.length > 0) throw scopeNotGrantable(beyond);
  }

  private record(
    change: Change,
    { actor, callerIp }: Caller,
    action: string,
    before: ApiKeyRecord | null,
    after: ApiKeyRecord,
  ): Promise<void> {
    return this.audit.append(change, {
      accountId: after.key.accountId,
      action,
      actor,
      callerIp,
      target: { type: 'key', id: after.key.id },
      ...(before !== null && { before: apiKeyFacts(before) }),
      after: apiKeyFacts(after),
    });
  }

  /** By secret. */
  private lastUsesOf(records: readonly ApiKeyRecord[]): Promise<ReadonlyMap<string, LastUse>> {
    const secretIds = records.flatMap((record) => record.secrets.map((secret) => secret.id));
    return withoutLog(this.usage.lastUseOfSecrets(secretIds), new Map());
  }

  /** By key, the last 24 hours with this one; `null` where the log cannot be asked. */
  private hoursOf(
    records: readonly ApiKeyRecord[],
    now: number,
  ): Promise<ReadonlyMap<string, readonly HourSums[]> | null> {
    const keyIds = records.map(({ key }) => key.id);
    return withoutLog<ReadonlyMap<string, readonly HourSums[]> | null>(
      this.usage.hoursOfKeys(keyIds, now - 23 * hourMs),
      null,
    );
  }

  private show(record: ApiKeyRecord, lastUses: ReadonlyMap<string, LastUse>): ApiKeyResponse {
    return apiKeyResponse(record, lastUses, this.clock.now());
  }
}

function checkLimits(caller: Caller, wanted: Partial<Limits>): void {
  const beyond = limitsBeyond(caller, wanted);
  if (beyond.length > 0) throw limitNotGrantable(beyond);
}
