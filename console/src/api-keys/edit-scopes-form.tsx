import { Alert, Button, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '@latchkey/sdk';
import { Problem, type Tagged } from '../api/client.js';
import { counted } from '../parts/counted.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { SaveProblem } from '../parts/save-problem.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { CopyScopes } from './copy-scopes.js';
import { copiableScopes, keyQuery, scopesQuery, useKeyEdit, type ApiKey } from './keys.js';
import { ScopePicker } from './scope-picker.js';

/** Other scopes for a key, with what would break. @param used by the names of those that were */
export function EditScopesForm({
  apiKey: key,
  used,
  onDone,
}: {
  apiKey: Tagged<ApiKey>;
  used: ReadonlyMap<string, Schemas['ScopeUsageResponse']>;
  onDone: () => void;
}) {
  const { accountId, id: keyId } = key;
  const [seen] = useState(key);
  const [chosen, setChosen] = useState<string[]>([...seen.scopes]);
  const queries = useQueryClient();
  const catalogue = useQuery(scopesQuery);
  const edit = useKeyEdit(accountId, keyId);
  const offered = catalogue.data ?? [];
  const missed = seen.scopes
    .filter((scope) => !chosen.includes(scope))
    .flatMap((scope) => used.get(scope) ?? []);
  const isChanged = [...chosen].sort().join() !== [...seen.scopes].sort().join();
  if (catalogue.error) return <ProblemAlert error={catalogue.error} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        edit.mutate(
          { seen, part: ({ scopes }) => scopes, body: { scopes: chosen } },
          { onSuccess: onDone },
        );
      }}
    >
      <Stack>
        <CopyScopes
          accountId={accountId}
          offered={copiableScopes(offered, seen.scopes)}
          onCopy={setChosen}
        />
        <ScopePicker
          offered={offered}
          isLoading={catalogue.isPending}
          chosen={chosen}
          onChange={setChosen}
          description="In force with the next call; the secret stays."
          error={edit.error instanceof Problem ? edit.error.messageFor('scopes') : undefined}
        />
        {missed.length > 0 && (
          <Alert color="orange" title="It uses what it would lose" role="status">
            {missed.map(({ scope, calls, lastUsedAt }) => (
              <div key={scope}>
                {scope}: {counted(calls, 'call')}, the last <Time at={lastUsedAt} />
              </div>
            ))}
          </Alert>
        )}
        {edit.error && (
          <SaveProblem
            error={edit.error}
            title="The key was not changed"
            onLookAgain={() => {
              void queries.invalidateQueries({ queryKey: keyQuery(accountId, keyId).queryKey });
              onDone();
            }}
          />
        )}
        <DialogEnd onNo={onDone}>
          <Button type="submit" disabled={!isChanged} loading={edit.isPending}>
            Save
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
