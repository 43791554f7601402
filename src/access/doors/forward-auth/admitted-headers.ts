import type { AccessOutcome } from '../../../core/check-access.js';
import type { Allowed } from '../../../core/decision.js';
import type { PublishedService } from '../../../store/service-catalog.js';
import { identityFor, identityHeaders } from '../../identity.js';
import { rateLimitHeaders } from '../../rate-limit-headers.js';
import { retiringHeaders } from '../../retiring-headers.js';
import type { AskingProxy } from './asking-proxy.js';
import type { Question } from './question.js';

const nothing = {
  ...{ 'X-Latchkey-Account': '', 'X-Latchkey-Key': '', 'X-Latchkey-Key-Name': '' },
  ...{ 'X-Latchkey-Environment': '', 'X-Latchkey-Scopes': '', 'X-Latchkey-Cache-Control': '' },
  ...{ 'Latchkey-Secret-Retires': '', Link: '', Deprecation: '', Sunset: '' },
};

/**
 * What a proxy is told of a call that may pass: for the upstream who called and what to send on, for the caller what the gateway
 * would add to the answer.
 */
export function admittedHeaders(
  { attempt: { id, at, credential: reading }, uriInstead }: Question,
  { credential, decision, limits }: AccessOutcome & { readonly decision: Allowed },
  service: PublishedService,
  { needsEveryHeader }: AskingProxy,
): Record<string, string> {
  const identity = identityFor(service, credential, decision.usedScopes);
  // A shared cache knows of Authorization that the answer is not for everyone, and of nothing else (RFC 9111 §3.5).
  const isUncommon = reading.kind === 'found' && reading.method !== 'bearer';
  return {
    ...(needsEveryHeader && nothing),
    'X-Correlation-Id': id,
    ...(identity && identityHeaders(identity)),
    ...(uriInstead !== null && { 'X-Latchkey-Uri': uriInstead }),
    ...(isUncommon && { 'X-Latchkey-Cache-Control': 'private' }),
    ...retiringHeaders(credential, at),
    ...rateLimitHeaders(limits, at),
  };
}
