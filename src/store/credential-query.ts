import type { DataSource, EntityManager } from 'typeorm';
import { policyOf, type AccountPolicy } from '../core/account-policy.js';
import { CompiledAllowlist } from '../core/ip-allowlist.js';
import { isManagementScope, isOperatorOnlyScope } from '../core/management-scopes.js';
import type {
  HeldAccount,
  HeldBinding,
  HeldCredential,
  HeldKey,
  HeldRotation,
} from '../core/ports.js';
import { overlapEndOf, retiringIsOver, watchedUntil, type RotationSide } from '../core/rotation.js';
import type { Environment } from '../core/secret-format.js';
import { AccountEntity } from './entities/account.entity.js';
import { ApiKeyEntity } from './entities/api-key.entity.js';
import { BindingEntity } from './entities/binding.entity.js';
import type { GrantEntity } from './entities/grant.entity.js';
import { RotationEntity } from './entities/rotation.entity.js';
import { SecretEntity } from './entities/secret.entity.js';
import { EntityColumns } from './entity-columns.js';
import { rawQuery } from './raw-query.js';
import type { SealedCredentials } from './sealed-credentials.js';

/** How a statement finds a secret with all that belongs to it; by the data source whose entities it names. */
const statements = new WeakMap<DataSource, CredentialStatement>();

interface CredentialStatement {
  readonly sql: (marks: string) => string;
  readonly secret: EntityColumns<SecretEntity>;
  readonly key: EntityColumns<ApiKeyEntity>;
  readonly account: EntityColumns<AccountEntity>;
  readonly rotation: EntityColumns<RotationEntity>;
}

/**
 * Reads everything a decision needs of the secret with one of these digests, and makes it ready to be asked. A caller waits for it
 * whose secret is not remembered, and everybody may present one that does not exist.
 */
export async function readCredential(
  manager: EntityManager,
  digests: readonly string[],
  credentials: SealedCredentials,
  policyDefaults: AccountPolicy,
): Promise<HeldCredential | null> {
  const statement = statementOf(manager.dataSource);
  const sql = statement.sql(digests.map(() => '?').join(', '));
  const [record] = await rawQuery(manager, sql, digests);
  if (record === undefined) return null;
  const secret = statement.secret.of(record) as SecretEntity;
  const key = statement.key.of(record) as ApiKeyEntity;
  const account = statement.account.of(record) as AccountEntity;
  const rotation = statement.rotation.of(record);
  const grants = await rawQuery(manager, grantsOfKey, [key.id]);
  const bindings =
    Number(record['bindings']) === 0
      ? []
      : await manager.findBy(BindingEntity, { accountId: account.id });
  const isRetiring = secret.rotationId !== null;
  return {
    id: secret.id,
    start: secret.start,
    createdAt: secret.createdAt,
    endsAt: secret.endsAt,
    revokedAt: secret.revokedAt,
    over: isRetiring && rotation !== null && retiringIsOver(rotation, secret.endsAt),
    retiresAt: isRetiring && rotation !== null ? rotation.startedAt : null,
    rotation: rotation && heldRotation(rotation, isRetiring ? 'retiring' : 'replacing'),
    used: secret.firstUsedAt !== null,
    key: heldKey(
      key,
      account,
      grants as unknown as Grant[],
      heldBindings(bindings, key.environment, credentials),
    ),
    account: heldAccount(account, policyDefaults),
  };
}

/** As far as a decision needs it. */
type Grant = Pick<GrantEntity, 'scope' | 'power'>;

const grantsOfKey = 'SELECT scope, power FROM api_key_grant WHERE key_id = ?';

function statementOf(dataSource: DataSource): CredentialStatement {
  const known = statements.get(dataSource);
  if (known !== undefined) return known;
  const secret = new EntityColumns(dataSource, SecretEntity, 'secret');
  const key = new EntityColumns(dataSource, ApiKeyEntity, 'api_key');
  const account = new EntityColumns(dataSource, AccountEntity, 'account');
  const rotation = new EntityColumns(dataSource, RotationEntity, 'rotation');
  const selected = [secret, key, account, rotation].map((each) => each.selected).join(', ');
  // The rotation that set the secret's end, or else the one that brought it.
  const sql = (marks: string) => `SELECT ${selected},
      (SELECT count(*) FROM binding WHERE binding.account_id = account.id) AS bindings
    FROM secret
    JOIN api_key ON api_key.id = secret.key_id
    JOIN account ON account.id = api_key.account_id
    LEFT JOIN rotation ON rotation.id = coalesce(secret.rotation_id, (
      SELECT brought.id FROM rotation AS brought
      WHERE brought.key_id = secret.key_id AND brought.replacing_secret_id = secret.id
      ORDER BY brought.started_at DESC LIMIT 1))
    WHERE secret.digest IN (${marks})`;
  const statement = { sql, secret, key, account, rotation };
  statements.set(dataSource, statement);
  return statement;
}

function heldRotation(rotation: RotationEntity, side: RotationSide): HeldRotation {
  return {
    ...{ id: rotation.id, side, startedAt: rotation.startedAt },
    ...{ endsAt: overlapEndOf(rotation), watchedUntil: watchedUntil(rotation) },
    brownouts: side === 'retiring' ? rotation.brownouts : [],
  };
}

export function heldAccount(account: AccountEntity, policyDefaults: AccountPolicy): HeldAccount {
  return {
    id: account.id,
    name: account.name,
    isOperator: account.isOperator,
    suspended: account.suspended,
    allowHapikey: account.allowHapikey,
    entitledScopes: account.entitledScopes,
    ipAllowlist: CompiledAllowlist.of(account.ipAllowlist),
    policy: policyOf(account, policyDefaults),
    rateLimits: account.rateLimits,
    timeZone: account.timeZone,
  };
}

function heldKey(
  key: ApiKeyEntity,
  account: AccountEntity,
  grants: readonly Grant[],
  bindings: ReadonlyMap<string, HeldBinding>,
): HeldKey {
  const scopesWith = (power: GrantEntity['power']) =>
    grants
      .filter((grant) => grant.power === power && mayCount(grant.scope, account))
      .map((grant) => grant.scope);
  return {
    id: key.id,
    name: key.name,
    environment: key.environment,
    standing: key.standing,
    expiresAt: key.expiresAt,
    scopes: new Set(scopesWith('use')),
    grantableScopes: new Set(scopesWith('hand_out')),
    ipAllowlist: CompiledAllowlist.of(key.ipAllowlist),
    rateLimits: key.rateLimits,
    bindings,
  };
}

/** Those that hold in an environment; one that is made for it goes before one for all. */
function heldBindings(
  bindings: readonly BindingEntity[],
  environment: Environment,
  credentials: SealedCredentials,
): ReadonlyMap<string, HeldBinding> {
  const held = new Map<string, HeldBinding>();
  const forAll = bindings.filter((binding) => binding.environment === null);
  const forThis = bindings.filter((binding) => binding.environment === environment);
  for (const { id, serviceId, upstream, credential } of [...forAll, ...forThis]) {
    held.set(serviceId, {
      upstream: upstream === null ? null : new URL(upstream),
      credential: credential && credentials.open(credential, `binding:${id}`),
    });
  }
  return held;
}

/** Whether a grant counts in this account: the operator's scopes for the operator alone, others within the entitlement. */
function mayCount(scope: string, account: AccountEntity): boolean {
  if (isManagementScope(scope)) return account.isOperator || !isOperatorOnlyScope(scope);
  return account.entitledScopes === null || account.entitledScopes.includes(scope);
}
