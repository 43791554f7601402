import { Button, Select, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, type UseMutationResult } from '@tanstack/react-query';
import { scopesQuery } from '../api-keys/keys.js';
import { ScopePicker } from '../api-keys/scope-picker.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { ProblemAlert } from '../parts/states.js';
import { accountKinds, type Account, type AccountSettings } from './accounts.js';

const fresh: AccountSettings = {
  ...{ name: '', kind: 'production', allowHapikey: true, entitledScopes: null },
};

/** What an account is called and how far its keys can ever reach: for a new one, and for one that is there. */
export function AccountForm({
  account,
  saving,
  onSaved,
  onCancel,
}: {
  account?: Account;
  saving: Pick<
    UseMutationResult<Account, Error, AccountSettings>,
    'mutate' | 'error' | 'isPending'
  >;
  onSaved: (account: Account) => void;
  onCancel: () => void;
}) {
  const catalogue = useQuery(scopesQuery);
  const { name, kind, allowHapikey, entitledScopes } = account ?? fresh;
  const form = useForm({
    initialValues: {
      ...{ name, kind, allowHapikey },
      isEntitledToAll: entitledScopes === null,
      scopes: [...(entitledScopes ?? [])],
    },
    validate: { name: (text) => (text.trim() === '' ? 'An account needs a name.' : null) },
  });
  const save = ({ isEntitledToAll, scopes, ...rest }: typeof form.values) =>
    saving.mutate(
      { ...rest, name: rest.name.trim(), entitledScopes: isEntitledToAll ? null : scopes },
      { onSuccess: onSaved, onError: (error) => form.setErrors(fieldErrorsOf(error)) },
    );
  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack>
        {saving.error && <ProblemAlert error={saving.error} title="Nothing was saved" />}
        <TextInput
          label="Name"
          placeholder="Rolling Donut Ltd"
          required
          maxLength={200}
          data-autofocus
          {...form.getInputProps('name')}
        />
        <Select
          label="Kind"
          data={[...accountKinds]}
          allowDeselect={false}
          {...form.getInputProps('kind')}
        />
        <Switch
          label="Its keys may travel in the address, as hapikey"
          description="An address ends up in logs and histories: leave it off where nothing needs it."
          {...form.getInputProps('allowHapikey', { type: 'checkbox' })}
        />
        <Switch
          label="Its keys may have every scope of the catalogue"
          description="Otherwise those that are chosen here. A scope that is taken away stops counting at once."
          {...form.getInputProps('isEntitledToAll', { type: 'checkbox' })}
        />
        {!form.values.isEntitledToAll && (
          <ScopePicker
            offered={(catalogue.data ?? []).filter(({ name }) => !name.startsWith('latchkey.'))}
            chosen={form.values.scopes}
            onChange={(chosen) => form.setFieldValue('scopes', chosen)}
            error={form.errors.entitledScopes as string | undefined}
            description="What keys of this account can be given."
            whenNone="Without a scope, its keys open only routes that any key may call."
          />
        )}
        <DialogEnd onNo={onCancel}>
          <Button type="submit" loading={saving.isPending}>
            {account === undefined ? 'Make the account' : 'Save'}
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
