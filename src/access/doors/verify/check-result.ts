import type { AccessOutcome } from '../../../core/check-access.js';
import { denialKinds, type Decision } from '../../../core/decision.js';
import { denialAnswer, denialHeaders } from '../../../platform/errors/denial-answer.js';
import { limitStandingResponse } from '../../../platform/http/rate-limits.dto.js';
import type { PublishedService } from '../../../store/service-catalog.js';
import type { Attempt } from '../../arrival.js';
import { scopesOf, type CallPlace } from '../../call-row.js';
import { describeCredential } from '../../describe-credential.js';
import { rateLimitHeaders } from '../../rate-limit-headers.js';
import { retiringHeaders } from '../../retiring-headers.js';

/** A check that was judged: its row and its result are made of it. */
export interface JudgedCheck {
  readonly attempt: Attempt;
  readonly outcome: AccessOutcome;
  readonly place: CallPlace;
  readonly service: PublishedService | null;
}

/** What whoever asked is told: the decision, and what to answer the caller with. */
export function resultOf({ attempt, outcome, place, service }: JudgedCheck): object {
  const { decision, credential, secretState, wouldDeny, limits } = outcome;
  // Whose secret it was when the store was last heard of is for the log alone.
  const isKnown = credential !== null && secretState !== null;
  const described = isKnown ? describeCredential(credential, secretState, attempt.at) : nobody;
  const scopes = scopesOf(decision);
  return {
    decision: decision.allowed ? 'allowed' : 'denied',
    reason: decision.allowed ? null : decision.reason,
    status: statusOf(decision),
    message: messageOf(attempt, decision),
    retryAfterSeconds: decision.allowed ? undefined : decision.context.retryAfterSeconds,
    wouldDeny,
    account: described.account,
    key: described.key,
    scopes: described.scopes,
    secret: described.secret,
    requiredScopes: scopes.requiredScopes,
    usedScopes: scopes.usedScopes,
    missingScopes: scopes.missingScopes,
    limits: limits.map(limitStandingResponse),
    service: service && { id: service.id, name: service.name },
    route: place.route,
    headers: {
      ...(!decision.allowed && denialHeaders(decision)),
      ...retiringHeaders(credential, attempt.at),
      ...rateLimitHeaders(limits, attempt.at),
    },
    correlationId: attempt.id,
  };
}

/** What a door of ours would have answered; of an allowed call the answer is not ours, and 200 stands for it. */
export function statusOf(decision: Decision): number {
  return decision.allowed ? 200 : denialKinds[decision.reason].status;
}

const nobody = { account: null, key: null, scopes: [], secret: null } as const;

/** In the words of the other doors. */
function messageOf({ id, credential }: Attempt, decision: Decision): string | null {
  return decision.allowed ? null : denialAnswer(decision, id, credential.engagement).body.message;
}
