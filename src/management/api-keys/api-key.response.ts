import { keyStateAt, secretStateAt } from '../../core/key-state.js';
import { rotationStateAt } from '../../core/rotation.js';
import { withRevision } from '../../platform/http/revision.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import type { ApiKeyRecord } from '../../store/api-keys.store.js';
import type { SecretUsage } from '../../store/call-log/calls.store.js';
import type { ApiKeyResponse, OpenRotationResponse } from './api-keys.dto.js';

/** A key as the API shows it. */
export function apiKeyResponse(
  record: ApiKeyRecord,
  usage: ReadonlyMap<string, SecretUsage>,
  now: number,
): ApiKeyResponse {
  const { key, secrets } = record;
  const lastUse = latestOf(secrets.map((secret) => usage.get(secret.id)));
  const answer: ApiKeyResponse = {
    id: key.id,
    accountId: key.accountId,
    name: key.name,
    description: key.description,
    purpose: key.purpose,
    environment: key.environment,
    state: keyStateAt(key, now),
    scopes: [...record.scopes],
    grantableScopes: [...record.grantableScopes],
    ipAllowlist: { mode: key.ipAllowlist.mode, entries: [...key.ipAllowlist.entries] },
    expiresAt: isoOrNull(key.expiresAt),
    createdAt: iso(key.createdAt),
    createdBy: key.createdBy,
    lastUsedAt: isoOrNull(lastUse?.lastUsedAt ?? null),
    lastUsedIp: lastUse?.lastUsedIp ?? null,
    secrets: secrets.map((secret) => ({
      id: secret.id,
      start: secret.start,
      state: secretStateAt(secret, now),
      createdAt: iso(secret.createdAt),
      expiresAt: isoOrNull(secret.endsAt),
      lastUsedAt: isoOrNull(usage.get(secret.id)?.lastUsedAt ?? null),
    })),
    openRotation: openRotationOf(record, now),
  };
  return withRevision(answer, key.revision);
}

/** What the audit trail keeps of a key: its settings, not its use. */
export function apiKeyFacts(record: ApiKeyRecord): object {
  const { key, scopes, grantableScopes, secrets } = record;
  const { name, description, purpose, environment, standing, ipAllowlist } = key;
  return {
    name,
    description,
    purpose,
    environment,
    standing,
    scopes,
    grantableScopes,
    ipAllowlist,
    expiresAt: isoOrNull(key.expiresAt),
    secrets: secrets.map(({ id, start }) => ({ id, start })),
  };
}

function openRotationOf({ openRotation }: ApiKeyRecord, now: number): OpenRotationResponse | null {
  if (openRotation === null || rotationStateAt(openRotation, now) !== 'open') return null;
  const { id, startedAt, graceEndsAt } = openRotation;
  return { id, startedAt: iso(startedAt), graceEndsAt: iso(graceEndsAt) };
}

function latestOf(uses: readonly (SecretUsage | undefined)[]): SecretUsage | null {
  return uses.reduce<SecretUsage | null>(
    (latest, use) =>
      use !== undefined && use.lastUsedAt > (latest?.lastUsedAt ?? 0) ? use : latest,
    null,
  );
}
