import { Button, Fieldset, Select, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, type UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { scopesQuery } from '../api-keys/keys.js';
import { ScopePicker } from '../api-keys/scope-picker.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { SaveProblem } from '../parts/save-problem.js';
import { LimitFields } from '../rate-limits/limit-fields.js';
import { limitsDraftOf, limitsOf } from '../rate-limits/limits.js';
import { accountKinds, type Account, type AccountSettings } from './accounts.js';

const timeZones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC')];

const fresh: AccountSettings = {
  ...{ name: '', kind: 'production', allowHapikey: true, entitledScopes: null },
  ...{ rateLimits: { rolling: null, daily: null }, timeZone: 'UTC' },
};

/** What an account is called and how far its keys can ever reach: for a new one, and for one that is there. */
export function AccountForm({
  account,
  saving,
  onSaved,
  onCancel,
  onLookAgain,
}: {
  account?: Account;
  saving: Pick<
    UseMutationResult<Account, Error, AccountSettings>,
    'mutate' | 'error' | 'isPending'
  >;
  onSaved: (account: Account) => void;
  onCancel: () => void;
  /** Where it can have been changed by somebody else. */
  onLookAgain?: () => void;
}) {
  const catalogue = useQuery(scopesQuery);
  const [seen] = useState(account ?? fresh);
  const { name, kind, allowHapikey, entitledScopes, rateLimits, timeZone } = seen;
  const form = useForm({
    initialValues: {
      ...{ name, kind, allowHapikey, timeZone },
      limits: limitsDraftOf(rateLimits),
      isEntitledToAll: entitledScopes === null,
      scopes: [...(entitledScopes ?? [])],
    },
    validate: { name: (text) => (text.trim() === '' ? 'An account needs a name.' : null) },
  });
  const save = ({ isEntitledToAll, scopes, limits, ...rest }: typeof form.values) =>
    saving.mutate(
      {
        ...rest,
        name: rest.name.trim(),
        entitledScopes: isEntitledToAll ? null : scopes,
        rateLimits: limitsOf(limits),
      },
      { onSuccess: onSaved, onError: (error) => form.setErrors(fieldErrorsOf(error)) },
    );
  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack>
        {saving.error && (
          <SaveProblem
            error={saving.error}
            title="Nothing was saved"
            onLookAgain={onLookAgain ?? onCancel}
          />
        )}
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
        <Fieldset legend="How often its keys may call, all of them together">
          <Stack>
            <LimitFields
              draft={form.values.limits}
              onChange={(draft) => form.setFieldValue('limits', draft)}
              errors={form.errors}
            />
            <Select
              label="Time zone"
              description="By whose calendar the days of its limits are, and of its keys’ limits"
              data={timeZones.includes(timeZone) ? timeZones : [timeZone, ...timeZones]}
              searchable
              limit={100}
              allowDeselect={false}
              nothingFoundMessage="No such time zone"
              {...form.getInputProps('timeZone')}
            />
          </Stack>
        </Fieldset>
        <DialogEnd onNo={onCancel}>
          <Button type="submit" loading={saving.isPending}>
            {account === undefined ? 'Make the account' : 'Save'}
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
