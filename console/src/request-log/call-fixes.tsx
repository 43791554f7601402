import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { asSeen } from '../api/change-as-seen.js';
import { answered, api, taggedAnswer } from '../api/client.js';
import { keyQuery } from '../api-keys/keys.js';
import { accountAllowlistQuery } from '../ip-allowlists/allowlists.js';
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

/** To those that can have refused it: a list that is off refuses nobody. */
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
  return (
    <Group gap="xs" mt="xs">
      {key.data?.ipAllowlist.mode !== 'off' && (
        <PageButton
          variant="default"
          size="xs"
          to="/accounts/$accountId/keys/$keyId"
          params={{ accountId, keyId }}
          search={{ add: callerIp }}
        >
          To the key’s list
        </PageButton>
      )}
      {ofAccount.data?.mode !== 'off' && (
        <PageButton
          variant="default"
          size="xs"
          to="/accounts/$accountId/ip-allowlist"
          params={{ accountId }}
          search={{ add: callerIp }}
        >
          To the account’s list
        </PageButton>
      )}
    </Group>
  );
}

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
  const grant = useMutation({
    mutationFn: async () => {
      const path = '/v1/accounts/{accountId}/keys/{keyId}';
      // Added to what it has now, which may be more than it had at the call.
      const key = await taggedAnswer(api.GET(path, { params }));
      const all = [...new Set([...key.scopes, ...scopes])];
      const headers = asSeen(key);
      return await answered(api.PATCH(path, { params, body: { scopes: all }, headers }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['key', accountId, keyId] }),
  });
  if (grant.data)
    return (
      <Text fz="sm" fw={600} role="status" mt="xs">
        The key has {scopes.join(', ')} now.
      </Text>
    );
  return (
    <>
      {grant.error && <ProblemAlert error={grant.error} title="The key was not changed" />}
      <Group mt="xs">
        <Button
          variant="default"
          size="xs"
          loading={grant.isPending}
          onClick={() => grant.mutate()}
        >
          Give the key {scopes.join(', ')}
        </Button>
      </Group>
    </>
  );
}
