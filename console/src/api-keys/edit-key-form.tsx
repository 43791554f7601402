import { Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Tagged } from '../api/client.js';
import { dayOf, startOfDay } from '../parts/day.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { SaveProblem } from '../parts/save-problem.js';
import { policyQuery } from '../settings/policy.js';
import {
  faultOfName,
  KeyNameField,
  KeyTextFields,
  saidOf,
  textsOf,
  type KeyTexts,
} from './key-texts.js';
import { keyQuery, useKeyEdit, type ApiKey } from './keys.js';

const dayMs = 86_400_000;

/** What is told of a key, and when it ends. */
export function EditKeyForm({
  apiKey: key,
  onDone,
}: {
  apiKey: Tagged<ApiKey>;
  onDone: () => void;
}) {
  const { accountId, id: keyId } = key;
  const [seen] = useState(key);
  const queries = useQueryClient();
  const policy = useQuery(policyQuery(accountId));
  const lastDay = seen.expiresAt === null ? '' : dayOf(new Date(seen.expiresAt));
  const form = useForm({
    initialValues: { ...textsOf(seen), expiresAt: lastDay },
    validate: { name: faultOfName },
  });
  const edit = useKeyEdit(accountId, keyId);
  const save = ({ expiresAt, ...texts }: KeyTexts & { expiresAt: string }) =>
    edit.mutate(
      {
        seen,
        part: (now) => [textsOf(now), now.expiresAt],
        body: {
          ...saidOf(texts),
          // What stays as it is may be past already, or later than could be given now.
          ...(expiresAt !== lastDay && {
            expiresAt: expiresAt === '' ? null : startOfDay(expiresAt).toISOString(),
          }),
        },
      },
      { onSuccess: onDone, onError: (error) => form.setErrors(fieldErrorsOf(error)) },
    );
  const daysMax = policy.data?.inForce.keyLifetimeDaysMax ?? null;
  const latest = daysMax === null ? null : new Date(Date.parse(seen.createdAt) + daysMax * dayMs);
  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack>
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
        <KeyNameField inputProps={(field) => form.getInputProps(field)} />
        <KeyTextFields inputProps={(field) => form.getInputProps(field)} />
        <TextInput
          type="date"
          label="It expires on"
          description={[
            'As the day begins where you are; left empty, it never expires.',
            ...(latest === null
              ? []
              : [`The policy of this account allows ${dayOf(latest)} at the latest.`]),
          ].join(' ')}
          {...(form.values.expiresAt !== lastDay && { min: dayOf(new Date(Date.now() + dayMs)) })}
          {...form.getInputProps('expiresAt')}
        />
        <DialogEnd onNo={onDone}>
          <Button type="submit" loading={edit.isPending}>
            Save
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
