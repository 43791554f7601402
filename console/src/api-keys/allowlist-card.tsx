import { Card, Title } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { AllowlistEditor } from '../ip-allowlists/allowlist-editor.js';
import type { Tagged } from '../api/client.js';
import type { Standing } from '../session/session.js';
import { keyQuery, mayChangeKey, type ApiKey } from './keys.js';

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
  const card = useRef<HTMLDivElement>(null);
  // Whoever comes to add an address comes for this card, far down the page.
  useEffect(() => {
    if (add !== undefined) card.current?.scrollIntoView({ block: 'center' });
  }, [add]);
  return (
    <Card withBorder id="from-where" ref={card}>
      <Title order={2} fz="h4" mb="xs">
        From where
      </Title>
      <AllowlistEditor
        key={keyId}
        owner={{ accountId, keyId }}
        list={{ ...key.ipAllowlist, etag: key.etag }}
        mayWrite={mayChangeKey(standing, key) && key.state !== 'revoked'}
        mayReadLog={standing.may('latchkey.request_log.read')}
        toAdd={add}
        onChanged={() =>
          queries.invalidateQueries({ queryKey: keyQuery(accountId, keyId).queryKey })
        }
      />
    </Card>
  );
}
