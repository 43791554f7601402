import { latestExpiry, type AccountPolicy } from '../../core/account-policy.js';
import type { Finding, FindingKind } from '../../core/hygiene.js';
import { isUnderway } from '../../core/rotation.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import type { ApiKeyRecord } from '../../store/api-keys.store.js';
import type { FindingActionResponse, FindingResponse } from './hygiene.dto.js';

/** What an action is worked out from. */
interface Case {
  readonly record: ApiKeyRecord;
  readonly finding: Finding;
  readonly policy: AccountPolicy;
  readonly now: number;
}

/** As `FindingActionResponse`, with the path from the key on. */
type Action = FindingActionResponse;

const actions: Readonly<Record<FindingKind, (one: Case) => Action>> = {
  never_used: () => ({
    advice: 'If whoever it was made for does not need it, revoke it.',
    ...{ method: 'POST', path: '/revoke', body: {} },
  }),
  unused: () => ({
    advice: 'Suspend it, which can be taken back, and revoke it if nobody misses it.',
    ...{ method: 'POST', path: '/suspend', body: {} },
  }),
  secret_over_age: rotate,
  secret_soon_over_age: rotate,
  no_expiry: (one) => ({
    advice: 'Give it an expiry, so that it ends if it is forgotten.',
    ...{ method: 'PATCH', path: '', body: latestBody(one) },
  }),
  expires_soon: (one) => ({
    advice:
      'If it is still needed, give it a later expiry, or have its user change to another key.',
    ...{ method: 'PATCH', path: '', body: latestBody(one) },
  }),
  unused_scopes: ({ record: { scopes }, finding }) => ({
    advice: 'Take the scopes away that it does not use.',
    ...{ method: 'PATCH', path: '' },
    body: { scopes: scopes.filter((scope) => !finding.scopes.includes(scope)) },
  }),
  no_ip_allowlist: () => ({
    advice:
      'Limit it to the addresses that it is used from. A list that only reports (mode report) shows first who would be refused.',
    ...{ method: 'PUT', path: '/ip-allowlist', body: null },
  }),
  rotation_safe_to_finish: ({ record: { openRotation } }) => ({
    advice:
      'The old secret is quiet: finish the rotation, if no system is left that calls more rarely.',
    ...{
      method: 'POST',
      path: `/rotations/${openRotation?.id}/finish`,
      body: { onlyIfSafe: true },
    },
  }),
};

function rotate({ record: { openRotation }, now }: Case): Action {
  if (openRotation !== null && isUnderway(openRotation, now)) {
    return {
      advice: 'Its key is being rotated: have the new secret in use, and finish.',
      ...{
        method: 'POST',
        path: `/rotations/${openRotation.id}/finish`,
        body: { onlyIfSafe: true },
      },
    };
  }
  return {
    advice: 'Open a rotation, and have the new secret in use before its grace is over.',
    ...{ method: 'POST', path: '/rotations', body: {} },
  };
}

/** The latest expiry that the key may have, if that is limited and later than what it has. */
function latestBody({ record: { key }, policy, now }: Case): object | null {
  const latest = latestExpiry(key.createdAt, policy);
  if (latest === null || latest <= Math.max(key.expiresAt ?? 0, now)) return null;
  return { expiresAt: iso(latest) };
}

/** A finding as the API shows it, with the call that deals with it. */
export function findingResponse(one: Case): FindingResponse {
  const { kind, since, dueAt, scopes } = one.finding;
  const { id, accountId } = one.record.key;
  const action = actions[kind](one);
  return {
    kind,
    since: iso(since),
    dueAt: isoOrNull(dueAt),
    scopes: [...scopes],
    action: { ...action, path: `/v1/accounts/${accountId}/keys/${id}${action.path}` },
  };
}
