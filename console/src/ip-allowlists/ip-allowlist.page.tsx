import { Card, Skeleton } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { PageHead } from '../parts/page-head.js';
import { ProblemAlert } from '../parts/states.js';
import { useStanding } from '../session/session.js';
import { AllowlistEditor } from './allowlist-editor.js';
import { accountAllowlistQuery } from './allowlists.js';

/** From where all keys of the account may be used, and its members come. */
export function IpAllowlistPage() {
  const standing = useStanding();
  const { accountId } = standing;
  const { add } = useSearch({ from: '/inside/accounts/$accountId/ip-allowlist' });
  const queries = useQueryClient();
  const query = accountAllowlistQuery(accountId);
  const list = useQuery(query);
  return (
    <>
      <PageHead title="IP allowlist">
        From where the keys of this account may be used, and its members come in. A key can have a
        list of its own beside it: then a call has to be on both. Let it report for a week before it
        is enforced.
      </PageHead>
      {list.error && <ProblemAlert error={list.error} title="The list cannot be shown" />}
      {list.isPending && <Skeleton height={200} aria-label="Loading the list" />}
      {list.data && (
        <Card withBorder>
          <AllowlistEditor
            key={accountId}
            owner={{ accountId, keyId: null }}
            list={list.data}
            mayWrite={standing.may('latchkey.keys.write') && standing.role === 'admin'}
            mayReadLog={standing.may('latchkey.request_log.read')}
            toAdd={add}
            onChanged={() => queries.invalidateQueries({ queryKey: query.queryKey })}
          />
        </Card>
      )}
    </>
  );
}
