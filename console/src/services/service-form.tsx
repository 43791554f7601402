import {
  Button,
  NumberInput,
  Radio,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import type { Schemas } from '@latchkey/sdk';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { ProblemAlert } from '../parts/states.js';
import { CredentialFields, credentialDraftOf, credentialOf } from './credential-fields.js';
import { useServicePut, type Service } from './services.js';

const identityChoices = [
  { value: 'default', label: 'Unless it has a credential' },
  { value: 'yes', label: 'Always' },
  { value: 'no', label: 'Never' },
];

/** Where an API lives and under which path it appears: for a new service, and for one that is there. */
export function ServiceForm({
  service,
  taken = [],
  onSaved,
  onCancel,
}: {
  service?: Service;
  /** Names that there are: who makes a service does not mean to change one. */
  taken?: readonly string[];
  onSaved: (service: Service) => void;
  onCancel: () => void;
}) {
  const put = useServicePut();
  const form = useForm({
    initialValues: {
      name: service?.name ?? '',
      upstream: service?.upstream ?? '',
      mount: service?.mount ?? '',
      availability: (service?.open ?? true) ? 'open' : 'bound',
      stripMount: service?.stripMount ?? true,
      timeoutSeconds: (service?.timeoutMs ?? 30_000) / 1000,
      identity: identityChoiceOf(service?.identityHeaders ?? null),
      credential: credentialDraftOf(service?.credential),
    },
    validate: {
      name: (name) =>
        service === undefined && taken.includes(name.trim())
          ? 'There is a service of this name.'
          : null,
    },
  });
  const save = (values: typeof form.values) =>
    put.mutate(
      { name: values.name.trim(), body: bodyOf(values) },
      {
        onSuccess: onSaved,
        onError: (error) => {
          const { timeoutMs, ...errors } = fieldErrorsOf(error);
          form.setErrors({
            ...errors,
            ...(timeoutMs !== undefined && { timeoutSeconds: timeoutMs }),
          });
        },
      },
    );
  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack>
        {put.error && <ProblemAlert error={put.error} title="Nothing was saved" />}
        {service === undefined && (
          <TextInput
            label="Name"
            description="Small letters, digits, dots and dashes. It stays so."
            placeholder="crm"
            required
            maxLength={64}
            data-autofocus
            {...form.getInputProps('name')}
          />
        )}
        <TextInput
          label="Upstream"
          description="Where calls are forwarded to"
          placeholder="https://crm.internal.example:8443/api"
          required
          maxLength={2000}
          inputMode="url"
          {...form.getInputProps('upstream')}
        />
        <TextInput
          label="Mount"
          description="The path under which callers find it"
          placeholder="/crm"
          required
          maxLength={200}
          {...form.getInputProps('mount')}
        />
        <Radio.Group label="Who may use it" {...form.getInputProps('availability')}>
          <Stack gap="xs" mt="xs">
            <Radio value="open" label="Every account" />
            <Radio
              value="bound"
              label="Accounts that are bound to it, each with its own upstream if need be"
            />
          </Stack>
        </Radio.Group>
        <CredentialFields
          shown={service?.credential}
          draft={form.values.credential}
          onChange={(draft) => form.setFieldValue('credential', draft)}
          none="None"
          errors={form.errors}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <NumberInput
            label="Waits for an answer"
            suffix=" s"
            min={0.1}
            max={600}
            decimalScale={1}
            required
            {...form.getInputProps('timeoutSeconds')}
          />
          <Select
            label="Is told who called"
            data={identityChoices}
            allowDeselect={false}
            {...form.getInputProps('identity')}
          />
        </SimpleGrid>
        <Switch
          label="The mount is taken off before a path is sent on"
          {...form.getInputProps('stripMount', { type: 'checkbox' })}
        />
        <DialogEnd onNo={onCancel}>
          <Button type="submit" loading={put.isPending}>
            {service === undefined ? 'Make the service' : 'Save'}
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}

function identityChoiceOf(identityHeaders: boolean | null): string {
  if (identityHeaders === null) return 'default';
  return identityHeaders ? 'yes' : 'no';
}

interface Values {
  readonly upstream: string;
  readonly mount: string;
  readonly availability: string;
  readonly stripMount: boolean;
  readonly timeoutSeconds: number;
  readonly identity: string;
  readonly credential: ReturnType<typeof credentialDraftOf>;
}

/** All of it, because what is left out goes back to its default; but for the credential. */
function bodyOf(values: Values): Schemas['PutServiceRequest'] {
  const { upstream, mount, availability, stripMount, timeoutSeconds, identity } = values;
  return {
    ...{ upstream: upstream.trim(), mount: mount.trim(), stripMount },
    open: availability === 'open',
    timeoutMs: Math.round(timeoutSeconds * 1000),
    identityHeaders: identity === 'default' ? null : identity === 'yes',
    ...credentialOf(values.credential),
  };
}
