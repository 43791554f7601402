import { Injectable } from '@nestjs/common';
import { In, MoreThan, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import { newId } from '../core/ids.js';
import type { IpAllowlist } from '../core/ip-allowlist.js';
import type { RateLimits } from '../core/rate-limits.js';
import type { KeyState } from '../core/key-state.js';
import type { Environment } from '../core/secret-format.js';
import { Database, type Change } from './database.js';
import { ApiKeyEntity } from './entities/api-key.entity.js';
import { GrantEntity } from './entities/grant.entity.js';
import { RotationEntity } from './entities/rotation.entity.js';
import { SecretEntity } from './entities/secret.entity.js';
import { given } from './given.js';
import { groupBy } from './group-by.js';
import { pageAfter, pageBefore, type Place } from './pages.js';

/** A key with everything that belongs to it. */
export interface ApiKeyRecord {
  readonly key: ApiKeyEntity;
  readonly scopes: readonly string[];
  readonly grantableScopes: readonly string[];
  /** Oldest first. */
  readonly secrets: readonly SecretEntity[];
  /** The last rotation that nobody has closed; its grace may have run out. */
  readonly openRotation: RotationEntity | null;
}

export interface NewApiKey {
  readonly accountId: string;
  readonly name: string;
  readonly description: string | null;
  readonly purpose: string | null;
  readonly recipient: string | null;
  readonly contactEmail: string | null;
  readonly environment: Environment;
  readonly scopes: readonly string[];
  readonly grantableScopes: readonly string[];
  readonly ipAllowlist: IpAllowlist;
  readonly rateLimits: RateLimits | null;
  readonly expiresAt: number | null;
  readonly createdBy: string | null;
}

export type ApiKeyChanges = Partial<
  Pick<
    ApiKeyEntity,
    | ('name' | 'description' | 'purpose' | 'recipient' | 'contactEmail')
    | ('standing' | 'expiresAt' | 'ipAllowlist' | 'rateLimits')
  >
> & { readonly scopes?: readonly string[]; readonly grantableScopes?: readonly string[] };

export interface ApiKeyFilter {
  /** `live` is neither revoked nor expired. */
  readonly state?: KeyState | 'live';
  readonly environment?: Environment;
  readonly scope?: string;
  /** Text in the name, the description, the purpose or the recipient; a to z match in either case. */
  readonly q?: string;
  /** Those whose rotation can still be finished, cancelled and moved. */
  readonly rotation?: 'underway';
}

const grantsPerInsertMax = 1000;

@Injectable()
export class ApiKeysStore {
  constructor(private readonly database: Database) {}

  /** @param manager the transaction of the change that needs it, or nothing for what is committed */
  async find(
    accountId: string,
    id: string,
    manager: EntityManager = this.database.read,
  ): Promise<ApiKeyRecord | null> {
    const key = await manager.findOneBy(ApiKeyEntity, { id, accountId });
    if (key === null) return null;
    return (await this.#complete([key], manager))[0] ?? null;
  }

  /** Who made a key, or made the key that made it: the id of a member; `null` if it was made by none. @param id of a key, or of who made one */
  async makerOf(id: string, manager: EntityManager): Promise<string | null> {
    const key = await manager.findOneBy(ApiKeyEntity, given({ id }));
    if (key === null) return id;
    // Each key is younger than the one that made it, so this comes to an end.
    return key.createdBy === null ? null : this.makerOf(key.createdBy, manager);
  }

  /** Of every key of an account, in the order of their ids. @param after an id, or nothing */
  async idsOf(accountId: string, limit: number, after: string | null): Promise<string[]> {
    const rows = await this.database.read.find(ApiKeyEntity, {
      select: { id: true },
      where: { accountId, ...(after !== null && { id: MoreThan(after) }) },
      order: { id: 'ASC' },
      take: limit,
    });
    return rows.map(({ id }) => id);
  }

  async list(
    accountId: string,
    filter: ApiKeyFilter,
    now: number,
    limit: number,
    after: Place | null,
    order: 'oldest' | 'newest' = 'oldest',
  ): Promise<ApiKeyRecord[]> {
    const query = this.database.read
      .createQueryBuilder(ApiKeyEntity, 'row')
      .where('row.accountId = :accountId', given({ accountId }));
    narrow(query, filter, now);
    const page = order === 'oldest' ? pageAfter : pageBefore;
    return this.#complete(await page(query, limit, after).getMany(), this.database.read);
  }

  /** Every scope that some key of the account holds or may hand out, and can still use. */
  async scopesInUse({ manager }: Change, accountId: string): Promise<string[]> {
    const rows = await manager
      .createQueryBuilder(GrantEntity, 'grant')
      .select('DISTINCT grant.scope', 'scope')
      .innerJoin(ApiKeyEntity, 'key', 'key.id = grant.keyId')
      .where("key.accountId = :accountId AND key.standing <> 'revoked'", given({ accountId }))
      .getRawMany<{ scope: string }>();
    return rows.map((row) => row.scope);
  }

  async create(change: Change, { scopes, grantableScopes, ...key }: NewApiKey): Promise<string> {
    const id = newId('key');
    await change.touch('key', id);
    const { now: createdAt, revision } = change;
    await change.manager.insert(ApiKeyEntity, {
      ...key,
      id,
      standing: 'active',
      createdAt,
      revision,
    });
    await grant(change, id, 'use', scopes);
    await grant(change, id, 'hand_out', grantableScopes);
    return id;
  }

  /** Changes exactly what is named. */
  async change(
    change: Change,
    id: string,
    { scopes, grantableScopes, ...columns }: ApiKeyChanges,
  ): Promise<void> {
    await change.touch('key', id);
    await change.manager.update(ApiKeyEntity, { id }, { ...columns, revision: change.revision });
    if (scopes !== undefined) await regrant(change, id, 'use', scopes);
    if (grantableScopes !== undefined) await regrant(change, id, 'hand_out', grantableScopes);
  }

  async #complete(keys: readonly ApiKeyEntity[], manager: EntityManager): Promise<ApiKeyRecord[]> {
    if (keys.length === 0) return [];
    const keyId = In(keys.map((key) => key.id));
    const grants = groupBy(
      await manager.find(GrantEntity, { where: { keyId }, order: { scope: 'ASC' } }),
      ofKey,
    );
    const secrets = groupBy(
      await manager.find(SecretEntity, { where: { keyId }, order: { createdAt: 'ASC' } }),
      ofKey,
    );
    const open = groupBy(await manager.findBy(RotationEntity, { keyId, standing: 'open' }), ofKey);
    return keys.map((key) => ({
      key,
      scopes: scopesWith(grants.get(key.id), 'use'),
      grantableScopes: scopesWith(grants.get(key.id), 'hand_out'),
      secrets: secrets.get(key.id) ?? [],
      openRotation: open.get(key.id)?.[0] ?? null,
    }));
  }
}

/** When a secret begins to retire, or began, by the rotation that its key is in. */
export function retiresAt({ id }: SecretEntity, { openRotation }: ApiKeyRecord): number | null {
  return openRotation?.retiringSecretId === id ? openRotation.startedAt : null;
}

function ofKey(row: { readonly keyId: string }): string {
  return row.keyId;
}

function scopesWith(grants: readonly GrantEntity[] = [], power: GrantEntity['power']): string[] {
  return grants.filter((grant) => grant.power === power).map((grant) => grant.scope);
}

async function grant(
  change: Change,
  keyId: string,
  power: GrantEntity['power'],
  scopes: readonly string[],
): Promise<void> {
  const rows = scopes.map((scope) => ({
    id: newId('grt'),
    keyId,
    scope,
    power,
    serviceId: null,
    resources: null,
  }));
  for (let i = 0; i < rows.length; i += grantsPerInsertMax) {
    await change.manager.insert(GrantEntity, rows.slice(i, i + grantsPerInsertMax));
  }
}

async function regrant(
  change: Change,
  keyId: string,
  power: GrantEntity['power'],
  scopes: readonly string[],
): Promise<void> {
  await change.manager.delete(GrantEntity, { keyId, power });
  await grant(change, keyId, power, scopes);
}

const notExpired = '(row.expiresAt IS NULL OR row.expiresAt > :now)';

function narrow(query: SelectQueryBuilder<ApiKeyEntity>, filter: ApiKeyFilter, now: number): void {
  switch (filter.state) {
    case undefined:
      break;
    case 'expired':
      query.andWhere("row.standing <> 'revoked' AND row.expiresAt <= :now", { now });
      break;
    case 'revoked':
      query.andWhere("row.standing = 'revoked'");
      break;
    case 'live':
      query.andWhere("row.standing <> 'revoked'").andWhere(notExpired, { now });
      break;
    default:
      query
        .andWhere('row.standing = :standing', { standing: filter.state })
        .andWhere(notExpired, { now });
  }
  if (filter.environment !== undefined)
    query.andWhere('row.environment = :environment', { environment: filter.environment });
  if (filter.rotation === 'underway')
    query.andWhere(
      "EXISTS (SELECT 1 FROM rotation r WHERE r.key_id = row.id AND r.standing = 'open' AND r.grace_ends_at > :now)",
      { now },
    );
  if (filter.scope !== undefined) {
    query.andWhere(
      "EXISTS (SELECT 1 FROM api_key_grant g WHERE g.key_id = row.id AND g.power = 'use' AND g.scope = :scope)",
      { scope: filter.scope },
    );
  }
  if (filter.q !== undefined) {
    // Not LOWER(): SQLite's knows A to Z only, so that a name would not be found by its own text.
    const like = query.connection.options.type === 'postgres' ? 'ILIKE' : 'LIKE';
    const q = `%${filter.q.replace(/[\\%_]/g, '\\$&')}%`;
    const columns = ['name', 'description', 'purpose', 'recipient'].map(
      (name) => `row.${name} ${like} :q ESCAPE '\\'`,
    );
    query.andWhere(`(${columns.join(' OR ')})`, { q });
  }
}
