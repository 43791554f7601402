import { Button, MultiSelect, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api } from '../api/client.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { SecretOnce } from '../parts/secret-once.js';
import { ProblemAlert } from '../parts/states.js';
import { kindChoices, type NoticeKind } from './notices.js';
import { hostOf } from './webhook-host.js';

/** Where notices are sent, of which kinds; then the secret that the receiver checks them with. */
export function WebhookForm({ accountId, onDone }: { accountId: string; onDone: () => void }) {
  const queries = useQueryClient();
  // The same intent is the same request, however often it is sent.
  const [intent] = useState(() => crypto.randomUUID());
  const form = useForm({ initialValues: { url: '', kinds: [] as NoticeKind[] } });
  const make = useMutation({
    mutationFn: ({ url, kinds }: typeof form.values) =>
      answered(
        api.POST('/v1/accounts/{accountId}/webhooks', {
          params: { path: { accountId }, header: { 'Idempotency-Key': intent } },
          body: { url: url.trim(), ...(kinds.length > 0 && { kinds }), enabled: true },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks', accountId] }),
    onError: (error) => form.setErrors(fieldErrorsOf(error)),
    gcTime: 0,
  });
  if (make.data)
    return (
      <SecretOnce
        name={hostOf(make.data.url)}
        secret={make.data.secret}
        of="webhook"
        onDone={onDone}
      />
    );
  return (
    <form onSubmit={form.onSubmit((values) => make.mutate(values))}>
      <Stack>
        {make.error && <ProblemAlert error={make.error} title="No webhook was made" />}
        <TextInput
          label="Where notices are sent"
          description="An address that begins with https, at which a program of yours listens."
          placeholder="https://hooks.example.com/latchkey"
          required
          data-autofocus
          {...form.getInputProps('url')}
        />
        <MultiSelect
          label="Of what"
          description="Nothing chosen means everything, kinds to come included."
          placeholder={form.values.kinds.length === 0 ? 'Everything' : ''}
          data={kindChoices}
          clearable
          {...form.getInputProps('kinds')}
        />
        <DialogEnd onNo={onDone}>
          <Button type="submit" loading={make.isPending}>
            Add the webhook
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
