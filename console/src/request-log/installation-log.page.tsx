import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { accountsQuery } from '../accounts/accounts.js';
import { RequestLog } from './request-log.js';

/** The calls of all accounts, and those that nobody is known for. */
export function InstallationLogPage() {
  const accounts = useQuery({ ...accountsQuery, staleTime: 60_000 });
  const search = useSearch({ from: '/inside/installation/request-log' });
  const navigate = useNavigate({ from: '/installation/request-log' });
  return (
    <RequestLog
      owner={null}
      title="All calls"
      says="Of every account, and those whose key is not known: what a listener was asked, from where, and what became of it."
      search={search}
      go={(to, replace) => void navigate({ search: to, replace })}
      accounts={new Map(accounts.data?.map(({ id, name }) => [id, name]))}
    />
  );
}
