import { Button, MultiSelect, Stack, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { useIntent } from '../api/intent.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { SecretOnce } from '../parts/secret-once.js';
import { ProblemAlert } from '../parts/states.js';
import { kindChoices, type NoticeKind, type Webhook } from './notices.js';
import { hostOf } from './webhook-host.js';

/** Where notices are sent, of which kinds; then the secret that the receiver checks them with. */
export function WebhookForm({ accountId, onDone }: { accountId: string; onDone: () => void }) {
  const queries = useQueryClient();
  const intentOf = useIntent();
  const form = useForm<WebhookValues>({ initialValues: { url: '', kinds: [] } });
  const make = useMutation({
    mutationFn: ({ url, kinds }: WebhookValues) =>
      answered(
        api.POST('/v1/accounts/{accountId}/webhooks', {
          params: { path: { accountId }, header: { 'Idempotency-Key': intentOf({ url, kinds }) } },
          body: { url: url.trim(), ...(kinds.length > 0 && { kinds }), enabled: true },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks', accountId] }),
    onError: (error) => form.setErrors(fieldErrorsOf(error)),
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
        <WebhookFields form={form} />
        <DialogEnd onNo={onDone}>
          <Button type="submit" loading={make.isPending}>
            Add the webhook
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}

/** Another address, or other notices, for a webhook that is there: its secret stays. */
export function EditWebhookForm({ webhook, onDone }: { webhook: Webhook; onDone: () => void }) {
  const { accountId, id: webhookId, url, kinds } = webhook;
  const queries = useQueryClient();
  const form = useForm<WebhookValues>({ initialValues: { url, kinds: [...(kinds ?? [])] } });
  const edit = useMutation({
    mutationFn: (values: WebhookValues) =>
      answered(
        api.PATCH('/v1/accounts/{accountId}/webhooks/{webhookId}', {
          params: { path: { accountId, webhookId } },
          body: { url: values.url.trim(), kinds: values.kinds.length > 0 ? values.kinds : null },
        }),
      ),
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries({ queryKey: ['webhooks', accountId] });
    },
    onError: (error) => form.setErrors(fieldErrorsOf(error)),
  });
  return (
    <form onSubmit={form.onSubmit((values) => edit.mutate(values))}>
      <Stack>
        {edit.error && <ProblemAlert error={edit.error} title="Nothing was saved" />}
        <WebhookFields form={form} />
        <DialogEnd onNo={onDone}>
          <Button type="submit" loading={edit.isPending}>
            Save
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}

interface WebhookValues {
  readonly url: string;
  readonly kinds: NoticeKind[];
}

function WebhookFields({ form }: { form: UseFormReturnType<WebhookValues> }) {
  return (
    <>
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
    </>
  );
}
