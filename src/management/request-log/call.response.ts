import type { Call } from '../../core/call.js';
import { iso } from '../../platform/http/times.js';
import type { CallResponse } from './request-log.dto.js';

/** A call as the API shows it. */
export function callResponse({ position: _position, at, ...call }: Call): CallResponse {
  return {
    ...call,
    at: iso(at),
    requiredScopes: [...call.requiredScopes],
    usedScopes: [...call.usedScopes],
    missingScopes: [...call.missingScopes],
  };
}
