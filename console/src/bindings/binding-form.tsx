import { Button, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { environments } from '../api-keys/keys-search.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { ProblemAlert } from '../parts/states.js';
import {
  CredentialFields,
  credentialDraftOf,
  credentialOf,
} from '../services/credential-fields.js';
import { useBindingPut, type Binding } from './bindings.js';

const everyEnvironment = 'every';

/** Which service an account may use, and with what in place of the service's own. */
export function BindingForm({
  accountId,
  services,
  binding,
  onDone,
}: {
  accountId: string;
  /** The names of those that there are. */
  services: readonly string[];
  binding?: Binding;
  onDone: () => void;
}) {
  const put = useBindingPut(accountId, binding);
  const form = useForm({
    initialValues: {
      service: binding?.service ?? services[0] ?? '',
      environment: (binding?.environment ?? everyEnvironment) as string,
      upstream: binding?.upstream ?? '',
      credential: credentialDraftOf(binding?.credential),
    },
  });
  const save = ({ service, environment, upstream, credential }: typeof form.values) =>
    put.mutate(
      {
        service,
        body: {
          environment: environments.find((known) => known === environment) ?? null,
          upstream: upstream.trim() || null,
          ...credentialOf(credential),
        },
      },
      { onSuccess: onDone, onError: (error) => form.setErrors(fieldErrorsOf(error)) },
    );
  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack>
        {put.error && <ProblemAlert error={put.error} title="Nothing was saved" />}
        <Select
          label="Service"
          data={[...services]}
          searchable
          allowDeselect={false}
          disabled={binding !== undefined}
          {...form.getInputProps('service')}
        />
        <Select
          label="For its keys of"
          data={[{ value: everyEnvironment, label: 'every environment' }, ...environments]}
          allowDeselect={false}
          disabled={binding !== undefined}
          {...form.getInputProps('environment')}
        />
        <TextInput
          label="Upstream"
          description="Left empty, calls go where those of the service go"
          placeholder="https://customer-7.crm.internal.example"
          maxLength={2000}
          inputMode="url"
          {...form.getInputProps('upstream')}
        />
        <CredentialFields
          shown={binding?.credential}
          draft={form.values.credential}
          onChange={(draft) => form.setFieldValue('credential', draft)}
          none="The service’s own, if it has one"
          errors={form.errors}
        />
        <DialogEnd onNo={onDone}>
          <Button type="submit" loading={put.isPending}>
            {binding === undefined ? 'Bind' : 'Save'}
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
