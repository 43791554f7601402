import { Card, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { AllowlistEditor } from '../ip-allowlists/allowlist-editor.js';
import type { Tagged } from '../api/client.js';
import type { Standing } from '../session/session.js';
import { keyQuery, type ApiKey } from './keys.js';

/** From where the key may be used. */
export function AllowlistCard({
  apiKey: key,
  standing,
}: {
  apiKey: Tagged<ApiKey>;
  standing: Standing;
}) {
  const { accountId, id: keyId } = key;
  const { add } = useSearch({ from: '/inside/accounts/$accountId/keys/$keyId' });
  const queries = useQueryClient();
  return (
    <Card withBorder id="from-where">
      <Title order={2} fz="h4" mb="xs">
        From where
      </Title>
      <AllowlistEditor
        key={keyId}
        owner={{ accountId, keyId }}
        list={{ ...key.ipAllowlist, etag: key.etag }}
        mayWrite={standing.may('latchkey.keys.write') && key.state !== 'revoked'}
        mayReadLog={standing.may('latchkey.request_log.read')}
        toAdd={add}
        onChanged={() =>
          queries.invalidateQueries({ queryKey: keyQuery(accountId, keyId).queryKey })
        }
      />
    </Card>
  );
}
