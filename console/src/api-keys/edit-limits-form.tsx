import { Button, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Tagged } from '../api/client.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { SaveProblem } from '../parts/save-problem.js';
import { LimitFields } from '../rate-limits/limit-fields.js';
import { limitsDraftOf, limitsOf, limitsQuery } from '../rate-limits/limits.js';
import { keyQuery, useKeyEdit, type ApiKey } from './keys.js';

/** How often a key may call. */
export function EditLimitsForm({
  apiKey: key,
  onDone,
}: {
  apiKey: Tagged<ApiKey>;
  onDone: () => void;
}) {
  const { accountId, id: keyId } = key;
  const [seen] = useState(key);
  const [draft, setDraft] = useState(() => limitsDraftOf(seen.rateLimits));
  const queries = useQueryClient();
  const edit = useKeyEdit(accountId, keyId);
  const finish = () => {
    void queries.invalidateQueries({ queryKey: limitsQuery({ accountId, keyId }).queryKey });
    onDone();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        edit.mutate(
          {
            seen,
            part: ({ rateLimits }) => rateLimits,
            body: { rateLimits: limitsOf(draft) },
          },
          { onSuccess: finish },
        );
      }}
    >
      <Stack>
        <Text>
          A call beyond a limit is answered with 429, and says when there is room again. What was
          used stays used. The limits of the account hold beside these.
        </Text>
        <LimitFields
          draft={draft}
          onChange={setDraft}
          errors={edit.error ? fieldErrorsOf(edit.error) : {}}
        />
        {edit.error && (
          <SaveProblem
            error={edit.error}
            title="The limits were not changed"
            onLookAgain={() => {
              void queries.invalidateQueries({ queryKey: keyQuery(accountId, keyId).queryKey });
              finish();
            }}
          />
        )}
        <DialogEnd onNo={onDone}>
          <Button type="submit" loading={edit.isPending}>
            Save
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
