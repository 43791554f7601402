import { keyStateAt, secretStateAt } from '../../core/key-state.js';
import { isUnderway, rotationStateAt } from '../../core/rotation.js';
import { rateLimitsResponse } from '../../platform/http/rate-limits.dto.js';
import { withRevision } from '../../platform/http/revision.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import { retiresAt, type ApiKeyRecord } from '../../store/api-keys.store.js';
import type { HourSums, LastUse } from '../../store/call-log/usage/usage.store.js';
import type { ApiKeyResponse, KeyHourResponse, OpenRotationResponse } from './api-keys.dto.js';

/** A key as the API shows it. @param lastUses by secret */
export function apiKeyResponse(
  record: ApiKeyRecord,
  lastUses: ReadonlyMap<string, LastUse>,
  now: number,
): ApiKeyResponse {
  const { key, secrets } = record;
  const lastUse = latestOf(secrets.map((secret) => lastUses.get(secret.id)));
  const answer: ApiKeyResponse = {
    id: key.id,
    accountId: key.accountId,
    name: key.name,
    description: key.description,
    purpose: key.purpose,
    recipient: key.recipient,
    contactEmail: key.contactEmail,
    environment: key.environment,
    state: keyStateAt(key, now),
    scopes: [...record.scopes],
    grantableScopes: [...record.grantableScopes],
    ipAllowlist: { mode: key.ipAllowlist.mode, entries: [...key.ipAllowlist.entries] },
    rateLimits: rateLimitsResponse(key.rateLimits),
    expiresAt: isoOrNull(key.expiresAt),
    createdAt: iso(key.createdAt),
    createdBy: key.createdBy,
    lastUsedAt: isoOrNull(lastUse?.at ?? null),
    lastUsedIp: lastUse?.ip ?? null,
    secrets: secrets.map((secret) => ({
      id: secret.id,
      start: secret.start,
      state: secretStateAt({ ...secret, retiresAt: retiresAt(secret, record) }, now),
      createdAt: iso(secret.createdAt),
      expiresAt: isoOrNull(secret.endsAt),
      lastUsedAt: isoOrNull(lastUses.get(secret.id)?.at ?? null),
    })),
    openRotation: openRotationOf(record, now),
  };
  return withRevision(answer, key.revision);
}

export function keyHourResponse({ hour, ...sums }: HourSums): KeyHourResponse {
  return { hour: iso(hour), ...sums };
}

/** What the audit trail keeps of a key: its settings, not its use. */
export function apiKeyFacts(record: ApiKeyRecord): object {
  const { key, scopes, grantableScopes, secrets } = record;
  const { name, description, purpose, recipient, contactEmail } = key;
  const { environment, standing, ipAllowlist } = key;
  return {
    name,
    description,
    purpose,
    recipient,
    contactEmail,
    environment,
    standing,
    scopes,
    grantableScopes,
    ipAllowlist,
    rateLimits: rateLimitsResponse(key.rateLimits),
    expiresAt: isoOrNull(key.expiresAt),
    secrets: secrets.map(({ id, start }) => ({ id, start })),
  };
}

function openRotationOf({ openRotation }: ApiKeyRecord, now: number): OpenRotationResponse | null {
  if (openRotation === null || !isUnderway(openRotation, now)) return null;
  const { id, startedAt, graceEndsAt } = openRotation;
  const state = rotationStateAt(openRotation, now);
  return { id, state, startedAt: iso(startedAt), graceEndsAt: iso(graceEndsAt) };
}

function latestOf(uses: readonly (LastUse | undefined)[]): LastUse | null {
  return uses.reduce<LastUse | null>(
    (latest, use) => (use !== undefined && use.at > (latest?.at ?? 0) ? use : latest),
    null,
  );
}
