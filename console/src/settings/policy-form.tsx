import { Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeAsSeen } from '../api/change-as-seen.js';
import { api, taggedAnswer, type Tagged } from '../api/client.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { SaveProblem } from '../parts/save-problem.js';
import { partNames, parts, policyOf, policyQuery, typedOf, valueInWords, type Part, type Policy } from './policy.js'; // prettier-ignore

/** The account's own rules; what is left empty is as in the whole installation. */
export function PolicyForm({
  accountId,
  policy,
  onDone,
}: {
  accountId: string;
  policy: Tagged<Policy>;
  onDone: () => void;
}) {
  const queries = useQueryClient();
  const [seen] = useState(policy);
  const form = useForm<Record<Part, string>>({
    initialValues: Object.fromEntries(
      partNames.map((part) => [part, typedOf(part, seen.set[part])]),
    ) as Record<Part, string>,
  });
  const save = useMutation({
    mutationFn: (typed: Record<Part, string>) =>
      changeAsSeen({
        seen,
        part: ({ set }) => set,
        read: () => queries.fetchQuery({ ...policyQuery(accountId), staleTime: 0 }),
        change: (headers) =>
          taggedAnswer(
            api.PUT('/v1/accounts/{accountId}/policy', {
              params: { path: { accountId } },
              body: policyOf(typed),
              headers,
            }),
          ),
      }),
    onSuccess: async (saved) => {
      queries.setQueryData(policyQuery(accountId).queryKey, saved);
      notifications.show({ message: 'The policy is in force.', color: 'green' });
      onDone();
    },
    onError: (error) => form.setErrors(fieldErrorsOf(error)),
  });
  return (
    <form onSubmit={form.onSubmit((typed) => save.mutate(typed))}>
      <Stack>
        <Text c="dimmed">What is left empty is as in the whole installation.</Text>
        {save.error && (
          <SaveProblem
            error={save.error}
            title="The policy was not changed"
            onLookAgain={() => {
              void queries.invalidateQueries({ queryKey: policyQuery(accountId).queryKey });
              onDone();
            }}
          />
        )}
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {partNames.map((part) => {
            const { label, says, unit, choices } = parts[part];
            const common = {
              label: unit === undefined ? label : `${label}, in ${unit.name}`,
              description: says,
              placeholder:
                policy.source[part] === 'account'
                  ? 'as in the installation'
                  : `${valueInWords(part, policy.inForce[part])}, as in the installation`,
              ...form.getInputProps(part),
            };
            return choices === undefined ? (
              <TextInput
                key={part}
                {...common}
                {...(unit !== undefined && { inputMode: 'decimal' as const })}
              />
            ) : (
              <Select
                key={part}
                {...common}
                data={choices.map(({ value, label: says }) => ({ value, label: says }))}
                clearable
                value={form.values[part] === '' ? null : form.values[part]}
                onChange={(chosen) => form.setFieldValue(part, chosen ?? '')}
              />
            );
          })}
        </SimpleGrid>
        <Group>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
          <Button variant="default" onClick={onDone}>
            Not now
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
