import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import {
  guideUrlOf,
  policyNames,
  policyOf,
  policySourceOf,
  type AccountPolicy,
  type OwnPolicy,
  type PolicyHolder,
} from '../../core/account-policy.js';
import { invalidField } from '../../platform/errors/api-error.js';
import { requireMatch, withRevision } from '../../platform/http/revision.js';
import { AccountsStore } from '../../store/accounts.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database } from '../../store/database.js';
import { AccountEntity } from '../../store/entities/account.entity.js';
import { POLICY_DEFAULTS } from '../../store/tokens.js';
import type { PolicyResponse, PutPolicyRequest } from './policies.dto.js';

/** What an account's keys and secrets are held to. The operator sets it; whoever may read the account can see it. */
@Injectable()
export class PoliciesService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsStore,
    private readonly audit: AuditTrailStore,
    @Inject(POLICY_DEFAULTS) private readonly defaults: AccountPolicy,
  ) {}

  show(account: AccountEntity): PolicyResponse {
    const answer = {
      set: perName((name) => account.policy[name] ?? null),
      inForce: policyOf(account, this.defaults),
      source: perName((name) => policySourceOf(account, name)),
    };
    return withRevision(answer as PolicyResponse, account.revision);
  }

  /** Replaces the account's own policy. What was made under the one before stays as it is. */
  put(
    caller: Caller,
    accountId: string,
    request: PutPolicyRequest,
    ifMatch: string | undefined,
  ): Promise<PolicyResponse> {
    const policy = ownPolicyOf(request);
    return this.database.change(async (change) => {
      const before = await change.manager.findOneByOrFail(AccountEntity, { id: accountId });
      requireMatch(ifMatch, before.revision);
      this.check({ isOperator: before.isOperator, policy });
      const after = await this.accounts.change(change, accountId, { policy });
      await this.audit.append(change, {
        accountId,
        action: 'account.policy_changed',
        actor: caller.actor,
        callerIp: caller.callerIp,
        target: { type: 'account', id: accountId },
        before: before.policy,
        after: after.policy,
      });
      return this.show(after);
    });
  }

  /** What would not come into force as it is asked for is refused. @throws ApiError 400 */
  private check(holder: PolicyHolder): void {
    const { overAge, graceSecondsDefault } = holder.policy;
    if (holder.isOperator && overAge === 'refuse') {
      throw invalidField(
        'overAge',
        "the operator's own secrets are never refused for their age: nobody could rotate the last of them.",
      );
    }
    const { graceSecondsMax } = policyOf(holder, this.defaults);
    if (graceSecondsDefault !== undefined && graceSecondsDefault > graceSecondsMax) {
      throw invalidField(
        'graceSecondsDefault',
        `graceSecondsDefault must be at most graceSecondsMax, which is ${graceSecondsMax}.`,
        { graceSecondsMax },
      );
    }
  }
}

/** @throws ApiError 400 */
function ownPolicyOf(request: PutPolicyRequest): OwnPolicy {
  const asked = { ...request, rotationGuideUrl: guideOf(request.rotationGuideUrl ?? null) };
  const given = policyNames
    .map((name) => [name, asked[name]] as const)
    .filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(given) as OwnPolicy;
}

function guideOf(text: string | null): string | null {
  const url = text === null ? null : guideUrlOf(text);
  if (text !== null && url === null) {
    throw invalidField(
      'rotationGuideUrl',
      'rotationGuideUrl must be an http:// or https:// URL without user name and password.',
    );
  }
  return url;
}

function perName<T>(tell: (name: keyof AccountPolicy) => T): Record<keyof AccountPolicy, T> {
  const told = policyNames.map((name) => [name, tell(name)] as const);
  return Object.fromEntries(told) as Record<keyof AccountPolicy, T>;
}
