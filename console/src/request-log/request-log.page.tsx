import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemberNames } from '../members/members.js';
import { useStanding } from '../session/session.js';
import { RequestLog } from './request-log.js';

/** The calls of one account. */
export function RequestLogPage() {
  const standing = useStanding();
  const members = useMemberNames(standing);
  const search = useSearch({ from: '/inside/accounts/$accountId/request-log' });
  const navigate = useNavigate({ from: '/accounts/$accountId/request-log' });
  return (
    <RequestLog
      // Another account is another page: nothing of the one before stays in view.
      key={standing.accountId}
      owner={standing.accountId}
      title="Request log"
      says="Every call that was made with a key of this account, or by a member in this console: from where, and what became of it."
      search={search}
      go={(to, replace) => void navigate({ search: to, replace })}
      members={members}
    />
  );
}
