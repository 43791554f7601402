import { In, type EntityManager } from 'typeorm';
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
import { GrantEntity } from './entities/grant.entity.js';
import { RotationEntity } from './entities/rotation.entity.js';
import { SecretEntity } from './entities/secret.entity.js';
import type { SealedCredentials } from './sealed-credentials.js';

/** Reads everything a decision needs of the secret with one of these digests, and makes it ready to be asked. */
export async function readCredential(
  manager: EntityManager,
  digests: readonly string[],
  credentials: SealedCredentials,
  policyDefaults: AccountPolicy,
): Promise<HeldCredential | null> {
  const secret = await manager.findOneBy(SecretEntity, { digest: In(digests) });
  if (secret === null) return null;
  const key = await manager.findOneByOrFail(ApiKeyEntity, { id: secret.keyId });
  const account = await manager.findOneByOrFail(AccountEntity, { id: key.accountId });
  const grants = await manager.findBy(GrantEntity, { keyId: key.id });
  const bindings = await manager.findBy(BindingEntity, { accountId: account.id });
  const isRetiring = secret.rotationId !== null;
  const rotation = await rotationOf(manager, secret);
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
    key: heldKey(key, account, grants, heldBindings(bindings, key.environment, credentials)),
    account: heldAccount(account, policyDefaults),
  };
}

/** The rotation that set the secret's end, or else the one that brought it. */
function rotationOf(
  manager: EntityManager,
  { id, keyId, rotationId }: SecretEntity,
): Promise<RotationEntity | null> {
  return manager.findOne(RotationEntity, {
    where: rotationId === null ? { keyId, replacingSecretId: id } : { id: rotationId },
    order: { startedAt: 'DESC' },
  });
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
  grants: GrantEntity[],
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
