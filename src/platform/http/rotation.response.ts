import type { Brownout } from '../../core/brownout.js';
import { isUnderway, rotationStateAt, type Rotation } from '../../core/rotation.js';
import {
  noTraffic,
  watched,
  type RotationTraffic,
  type SecretTraffic,
} from '../../core/rotation-traffic.js';
import { quietSince, verdictOn } from '../../core/rotation-verdict.js';
import type { BrownoutResponse, RotationResponse, RotationSideResponse } from './rotation.dto.js';
import { iso, isoOrNull } from './times.js';

/** A rotation as it is kept. */
export interface RotationRecord extends Rotation {
  readonly id: string;
  readonly keyId: string;
  readonly retiringSecretId: string;
  readonly replacingSecretId: string;
  readonly brownouts: readonly Brownout[];
}

/**
 * A rotation as the API shows it, with what each of its two secrets was used for since it was opened.
 *
 * @param traffic `null` where the log could not be asked
 * @param quietSeconds for how long the account's old secrets must be quiet
 */
export function rotationResponse(
  rotation: RotationRecord,
  traffic: RotationTraffic | null,
  quietSeconds: number,
  now: number,
): RotationResponse {
  return {
    id: rotation.id,
    keyId: rotation.keyId,
    state: rotationStateAt(rotation, now),
    ...judgement(rotation, traffic, quietSeconds, now),
    quietSeconds,
    startedAt: iso(rotation.startedAt),
    graceEndsAt: iso(rotation.graceEndsAt),
    endedAt: isoOrNull(rotation.endedAt),
    brownouts: rotation.brownouts.map(brownoutResponse),
    retiring: sideResponse(rotation.retiringSecretId, traffic?.retiring ?? noTraffic),
    replacing: sideResponse(rotation.replacingSecretId, traffic?.replacing ?? noTraffic),
  };
}

function brownoutResponse({ startsAt, endsAt }: Brownout): BrownoutResponse {
  return { startsAt: iso(startsAt), endsAt: iso(endsAt) };
}

/** Only a rotation that is not over asks whether it can be finished. @param traffic `null` where the log could not be asked */
function judgement(
  rotation: RotationRecord,
  traffic: RotationTraffic | null,
  quietSeconds: number,
  now: number,
): Pick<RotationResponse, 'verdict' | 'quietSince'> {
  if (traffic === null) return { verdict: null, quietSince: null };
  const use = watched(rotation, traffic);
  return {
    verdict: isUnderway(rotation, now) ? verdictOn(use, quietSeconds, now) : null,
    quietSince: iso(quietSince(use)),
  };
}

export function sideResponse(secretId: string, traffic: SecretTraffic): RotationSideResponse {
  return {
    secretId,
    calls: traffic.calls,
    deniedCalls: traffic.deniedCalls,
    brownoutCalls: traffic.brownoutCalls,
    lastUsedAt: isoOrNull(traffic.lastUsedAt),
    callers: traffic.callers.map(({ firstSeenAt, lastSeenAt, routes, ...who }) => ({
      ...who,
      firstSeenAt: iso(firstSeenAt),
      lastSeenAt: iso(lastSeenAt),
      routes: [...routes],
    })),
  };
}
