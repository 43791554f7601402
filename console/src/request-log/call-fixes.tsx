import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { asSeen } from '../api/change-as-seen.js';
import { answered, api, taggedAnswer } from '../api/client.js';
import { keyQuery } from '../api-keys/keys.js';
import type { Allowlist } from '../ip-allowlists/allowlist-fields.js';
import { accountAllowlistQuery } from '../ip-allowlists/allowlists.js';
import { holdsAddress } from '../ip-allowlists/holds-address.js';
import { PageButton } from '../parts/links.js';
import { ProblemAlert } from '../parts/states.js';
import type { Standing } from '../session/session.js';
import type { Call } from './calls.js';

/** What somebody who may can do at once, so that such a call passes. */
export function CallFixes({ call, standing }: { call: Call; standing: Standing }) {
  const { accountId } = standing;
  const { keyId, callerIp, reason, wouldDeny, missingScopes } = call;
  if (!standing.may('latchkey.keys.write') || keyId === null) return null;
  if (reason === 'SCOPE_MISSING' && missingScopes.length > 0)
    return <GrantScopes accountId={accountId} keyId={keyId} scopes={missingScopes} />;
  if ((reason === 'IP_NOT_ALLOWED' || wouldDeny === 'IP_NOT_ALLOWED') && callerIp !== null)
    return <ToTheLists accountId={accountId} keyId={keyId} callerIp={callerIp} />;
  return (
    <Group mt="xs">
      <PageButton
        variant="default"
        size="xs"
        to="/accounts/$accountId/keys/$keyId"
        params={{ accountId, keyId }}
      >
        To the key
      </PageButton>
    </Group>
  );
}

/** To those that would refuse it now. */
function ToTheLists({
  accountId,
  keyId,
  callerIp,
}: {
  accountId: string;
  keyId: string;
  callerIp: string;
}) {
  const key = useQuery(keyQuery(accountId, keyId));
  const ofAccount = useQuery(accountAllowlistQuery(accountId));
  if (key.isPending || ofAccount.isPending) return null;
  const lets = (list: Allowlist | undefined) =>
    list !== undefined && (list.mode === 'off' || holdsAddress(list.entries, callerIp));
  if (lets(key.data?.ipAllowlist) && lets(ofAccount.data))
    return (
      <Text fz="sm" fw={600} mt="xs">
        It would pass now: the lists have changed since.
      </Text>
    );
  return (
    <Group gap="xs" mt="xs">
      {!lets(key.data?.ipAllowlist) && (
        <PageButton
          variant="default"
          size="xs"
          to="/accounts/$accountId/keys/$keyId"
          params={{ accountId, keyId }}
          search={{ add: callerIp }}
        >
          Add it to the key’s list…
        </PageButton>
      )}
      {!lets(ofAccount.data) && (
        <PageButton
          variant="default"
          size="xs"
          to="/accounts/$accountId/ip-allowlist"
          params={{ accountId }}
          search={{ add: callerIp }}
        >
          Add it to the account’s list…
        </PageButton>
      )}
    </Group>
  );
}

/** Given at once, and taken back as easily: only what it did not have anyway. */
function GrantScopes({
  accountId,
  keyId,
  scopes,
}: {
  accountId: string;
  keyId: string;
  scopes: readonly string[];
}) {
  const queries = useQueryClient();
  const params = { path: { accountId, keyId } };
  const change = useMutation({
    mutationFn: async ({ give, take }: { give: readonly string[]; take: readonly string[] }) => {
      const path = '/v1/accounts/{accountId}/keys/{keyId}';
      // From what it has now, which may be more than it had at the call.
      const key = await taggedAnswer(api.GET(path, { params }));
      const lacked = give.filter((scope) => !key.scopes.includes(scope));
      const all = [...key.scopes.filter((scope) => !take.includes(scope)), ...lacked];
      const headers = asSeen(key);
      await answered(api.PATCH(path, { params, body: { scopes: all }, headers }));
      return { given: lacked, hasThem: give.length > 0 };
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['key', accountId, keyId] }),
  });
  const { data: done } = change;
  const button = { variant: 'default', size: 'xs', loading: change.isPending } as const;
  return (
    <>
      {change.error && <ProblemAlert error={change.error} title="The key was not changed" />}
      <Group mt="xs" gap="xs">
        {done && (
          <Text fz="sm" fw={600} role="status" className="breakable">
            The key has {scopes.join(', ')} {done.hasThem ? 'now' : 'no more'}.
          </Text>
        )}
        {!done?.hasThem && (
          <Button {...button} onClick={() => change.mutate({ give: scopes, take: [] })}>
            Give the key {scopes.join(', ')}
          </Button>
        )}
        {done?.hasThem && done.given.length > 0 && (
          <Button {...button} onClick={() => change.mutate({ give: [], take: done.given })}>
            Take it back
          </Button>
        )}
      </Group>
    </>
  );
}
