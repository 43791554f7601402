import type { AccessOutcome } from '../../../core/check-access.js';
import { withoutHapikey } from '../../../core/credential.js';
import type { Allowed } from '../../../core/decision.js';
import type { PublishedService } from '../../../store/service-catalog.js';
import type { Attempt } from '../../arrival.js';
import { identityFor, identityLines } from '../../identity.js';
import { retiringHeaders } from '../../retiring-headers.js';
import type { AskingProxy } from './asking-proxy.js';

/**
 * What a proxy is told of a call that may pass, names and values in turn: for the upstream who called and what to send on, for
 * the caller what the gateway would add to the answer.
 */
export function admittedHeaders(
  { id, at, target, credential: reading }: Attempt,
  { credential, decision }: AccessOutcome & { readonly decision: Allowed },
  service: PublishedService,
  { takesHapikeyOut }: AskingProxy,
): string[] {
  const identity = identityFor(service, credential, decision.usedScopes);
  const query = withoutHapikey(target.rawQuery);
  const uri = target.path.raw + (query === null ? '' : `?${query}`);
  // A shared cache knows of Authorization that the answer is not for everyone, and of nothing else (RFC 9111 §3.5).
  const isUncommon = reading.kind === 'found' && reading.method !== 'bearer';
  return [
    ...['X-Correlation-Id', id],
    ...(identity === null ? [] : identityLines(identity)),
    ...(takesHapikeyOut ? ['X-Latchkey-Uri', uri] : []),
    ...(isUncommon ? ['X-Latchkey-Cache-Control', 'private'] : []),
    ...Object.entries(retiringHeaders(credential, at) ?? {}).flat(),
  ];
}
