import { Inject, Injectable } from '@nestjs/common';
import { keptFrom, policyOf, type AccountPolicy } from '../../core/account-policy.js';
import { findingsOf, type KeyInUse } from '../../core/hygiene.js';
import { keyStateAt, secretStateAt } from '../../core/key-state.js';
import type { Clock } from '../../core/ports.js';
import { noTraffic, watched, type SecretUse } from '../../core/rotation-traffic.js';
import { rotationStateAt } from '../../core/rotation.js';
import type { WatchedRotation } from '../../core/rotation-verdict.js';
import {
  creationCursor,
  creationPlace,
  pageOf,
  type Page,
  type PageQuery,
} from '../../platform/http/pages.js';
import { ApiKeysStore, retiresAt, type ApiKeyRecord } from '../../store/api-keys.store.js';
import { RotationUsageStore } from '../../store/call-log/usage/rotation-usage.store.js';
import { UsageStore, type LastUse } from '../../store/call-log/usage/usage.store.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { SecretEntity } from '../../store/entities/secret.entity.js';
import { CLOCK, POLICY_DEFAULTS } from '../../store/tokens.js';
import { findingResponse } from './finding.response.js';
import type { KeyHygieneResponse } from './hygiene.dto.js';

/** What the keys of a page were used for. */
interface PageUse {
  readonly lastUses: ReadonlyMap<string, LastUse>;
  readonly scopes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly scopesCountedSince: number;
  readonly rotations: ReadonlyMap<string, ReadonlyMap<string, SecretUse>>;
  readonly rotationsCountedSince: number;
}

/** Looks through an account's keys for what wants attention. It reads counters and never the log's rows. */
@Injectable()
export class HygieneService {
  constructor(
    private readonly keys: ApiKeysStore,
    private readonly rotationUsage: RotationUsageStore,
    private readonly usage: UsageStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(POLICY_DEFAULTS) private readonly policyDefaults: AccountPolicy,
  ) {}

  /** Where the call log cannot be asked, this fails: a key would be called unused that is not. */
  async report(
    account: AccountEntity,
    { limit, after }: PageQuery,
  ): Promise<Page<KeyHygieneResponse>> {
    const now = this.clock.now();
    const policy = policyOf(account, this.policyDefaults);
    const place = creationPlace(after);
    const live = { state: 'live' } as const;
    const records = await this.keys.list(account.id, live, now, limit + 1, place);
    const use = await this.useOf(records, keptFrom(now, policy, 'retentionDaysCounters'));
    const show = (record: ApiKeyRecord): KeyHygieneResponse => ({
      keyId: record.key.id,
      keyName: record.key.name,
      environment: record.key.environment,
      state: keyStateAt(record.key, now),
      findings: findingsOf(keyInUse(record, account, use, now), policy, now).map((finding) =>
        findingResponse({ record, finding, policy, now }),
      ),
    });
    const page = pageOf(records, limit, show, ({ key }) => creationCursor(key));
    return { ...page, results: page.results.filter(({ findings }) => findings.length > 0) };
  }

  /** @param countersKeptFrom what was used before may have been forgotten since */
  private async useOf(
    records: readonly ApiKeyRecord[],
    countersKeptFrom: number,
  ): Promise<PageUse> {
    const keyIds = records.map(({ key }) => key.id);
    const rotationIds = records.flatMap(({ openRotation }) => openRotation?.id ?? []);
    return {
      lastUses: await this.usage.lastUseOf(keyIds),
      scopes: await this.usage.scopesUsedByKeys(keyIds),
      scopesCountedSince: Math.max(await this.usage.countingSince(), countersKeptFrom),
      rotations: await this.rotationUsage.useOfRotations(rotationIds),
      rotationsCountedSince: await this.rotationUsage.countingSince(),
    };
  }
}

function keyInUse(
  record: ApiKeyRecord,
  account: AccountEntity,
  use: PageUse,
  now: number,
): KeyInUse {
  const { key, scopes, secrets } = record;
  return {
    createdAt: key.createdAt,
    expiresAt: key.expiresAt,
    scopes,
    isLimitedToAddresses: [key, account].some(({ ipAllowlist }) => ipAllowlist.mode === 'enforce'),
    secret: secrets.find((secret) => isCurrent(secret, record, now)) ?? null,
    lastUsedAt: lastUseOf(record, use),
    scopeUse: { since: use.scopesCountedSince, lastUsedAt: use.scopes.get(key.id) ?? new Map() },
    rotation: watchedRotationOf(record, use, now),
  };
}

/** The old secret of a rotation that is only scheduled is current as well, and the one that is refused for its age. */
function isCurrent(secret: SecretEntity, record: ApiKeyRecord, now: number): boolean {
  return secretStateAt({ ...secret, retiresAt: retiresAt(secret, record) }, now) === 'current';
}

/** That a secret was used at all is on record in the main database, whatever the log has kept. */
function lastUseOf({ key, secrets }: ApiKeyRecord, { lastUses }: PageUse): number | null {
  const counted = lastUses.get(key.id)?.at ?? null;
  const times = [counted, ...secrets.map(({ firstUsedAt }) => firstUsedAt)].filter(
    (time) => time !== null,
  );
  return times.length === 0 ? null : Math.max(...times);
}

function watchedRotationOf(
  { openRotation }: ApiKeyRecord,
  { rotations, rotationsCountedSince }: PageUse,
  now: number,
): WatchedRotation | null {
  if (openRotation === null || rotationStateAt(openRotation, now) !== 'open') return null;
  const { id, retiringSecretId, replacingSecretId } = openRotation;
  const useOf = (secretId: string) => rotations.get(id)?.get(secretId) ?? noTraffic;
  return watched(openRotation, {
    retiring: useOf(retiringSecretId),
    replacing: useOf(replacingSecretId),
    countedSince: rotationsCountedSince,
  });
}
