import { rotationStateAt } from '../../core/rotation.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import type { SecretTraffic } from '../../store/call-log/calls.store.js';
import type { RotationEntity } from '../../store/entities/rotation.entity.js';
import type { RotationResponse, RotationSideResponse } from './rotations.dto.js';

const none: SecretTraffic = { calls: 0, lastUsedAt: null, callers: [] };

/** What the secrets of a rotation that has just been opened were used for. */
export const noTraffic = { retiring: none, replacing: none };

/** A rotation as the API shows it, with what each of its two secrets was used for since it was opened. */
export function rotationResponse(
  rotation: RotationEntity,
  traffic: { readonly retiring: SecretTraffic; readonly replacing: SecretTraffic },
  now: number,
): RotationResponse {
  return {
    id: rotation.id,
    keyId: rotation.keyId,
    state: rotationStateAt(rotation, now),
    startedAt: iso(rotation.startedAt),
    graceEndsAt: iso(rotation.graceEndsAt),
    endedAt: isoOrNull(rotation.endedAt),
    retiring: sideResponse(rotation.retiringSecretId, traffic.retiring),
    replacing: sideResponse(rotation.replacingSecretId, traffic.replacing),
  };
}

export function sideResponse(secretId: string, traffic: SecretTraffic): RotationSideResponse {
  return {
    secretId,
    calls: traffic.calls,
    lastUsedAt: isoOrNull(traffic.lastUsedAt),
    callers: traffic.callers.map(({ firstSeenAt, lastSeenAt, ...who }) => ({
      ...who,
      firstSeenAt: iso(firstSeenAt),
      lastSeenAt: iso(lastSeenAt),
    })),
  };
}

/** What the audit trail keeps of a rotation. */
export function rotationFacts(rotation: RotationEntity): object {
  const { id, standing, retiringSecretId, replacingSecretId } = rotation;
  const { startedAt, graceEndsAt, endedAt } = rotation;
  const times = {
    startedAt: iso(startedAt),
    graceEndsAt: iso(graceEndsAt),
    endedAt: isoOrNull(endedAt),
  };
  return { id, standing, ...times, retiringSecretId, replacingSecretId };
}
