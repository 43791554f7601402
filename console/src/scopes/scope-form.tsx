import { Button, Stack, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { Scope } from '../api-keys/keys.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { ProblemAlert } from '../parts/states.js';
import { useScopePut } from './scopes.js';

/** What a scope lets do, for a new one and for one that is there. @param known kinds of data that other scopes name */
export function ScopeForm({
  scope,
  taken,
  known,
  onDone,
}: {
  scope?: Scope;
  /** Names that there are: who adds a scope does not mean to change one. */
  taken: readonly string[];
  known: readonly string[];
  onDone: () => void;
}) {
  const put = useScopePut();
  const form = useForm({
    initialValues: {
      name: scope?.name ?? '',
      description: scope?.description ?? '',
      sensitive: scope?.sensitive ?? false,
      dataCategories: [...(scope?.dataCategories ?? [])],
    },
    validate: {
      name: (name) =>
        scope === undefined && taken.includes(name.trim())
          ? 'There is a scope of this name.'
          : null,
    },
  });
  return (
    <form
      onSubmit={form.onSubmit(({ name, ...body }) =>
        put.mutate(
          { name: name.trim(), body },
          { onSuccess: onDone, onError: (error) => form.setErrors(fieldErrorsOf(error)) },
        ),
      )}
    >
      <Stack>
        {put.error && <ProblemAlert error={put.error} title="Nothing was saved" />}
        {scope === undefined && (
          <TextInput
            label="Name"
            description="What it is about, and what it lets do to it. It stays so."
            placeholder="crm.contacts.read"
            required
            maxLength={128}
            data-autofocus
            {...form.getInputProps('name')}
          />
        )}
        <Textarea
          label="Description"
          description="Read by whoever gives it to a key"
          autosize
          minRows={2}
          maxLength={1000}
          {...form.getInputProps('description')}
        />
        <TagsInput
          label="Kinds of personal data that it opens"
          description="For the register of access. Enter after each."
          placeholder="contact details"
          data={[...known]}
          maxTags={50}
          {...form.getInputProps('dataCategories')}
        />
        <Switch
          label="Sensitive: wants a second look before it is handed out"
          {...form.getInputProps('sensitive', { type: 'checkbox' })}
        />
        <DialogEnd onNo={onDone}>
          <Button type="submit" loading={put.isPending}>
            {scope === undefined ? 'Add the scope' : 'Save'}
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
