import { Button, Fieldset, Group, Modal, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Schemas } from '@latchkey/sdk';
import { answered, api } from '../api/client.js';
import { environments } from './keys-search.js';
import {
  AllowlistFields,
  allowlistOf,
  noAllowlist,
  type AllowlistDraft,
} from '../ip-allowlists/allowlist-fields.js';
import { onlyByItsButtons } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { PageHead } from '../parts/page-head.js';
import { SecretOnce } from '../parts/secret-once.js';
import { ProblemAlert } from '../parts/states.js';
import { LimitFields } from '../rate-limits/limit-fields.js';
import { limitsOf, noLimits, type LimitsDraft } from '../rate-limits/limits.js';
import { useStanding, useVisitor } from '../session/session.js';
import { CopyScopes } from './copy-scopes.js';
import { faultOfName, KeyTextFields, noTexts, saidOf, type KeyTexts } from './key-texts.js';
import { offeredScopes, scopesQuery, type ApiKey } from './keys.js';
import { ScopePicker } from './scope-picker.js';

const lifetimes = [
  { value: '', label: 'Never' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '180', label: 'In half a year' },
  { value: '365', label: 'In a year' },
];
const dayMs = 86_400_000;

type IssuedKey = Schemas['IssuedApiKeyResponse'];

export function CreateKeyPage() {
  const { accountId } = useStanding();
  const { callerIp, accessUrl } = useVisitor();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const scopes = useQuery(scopesQuery);
  const [issued, setIssued] = useState<IssuedKey | null>(null);
  const form = useForm({
    initialValues: {
      ...noTexts,
      environment: 'production' as ApiKey['environment'],
      scopes: [] as string[],
      limits: noLimits,
      allowlist: noAllowlist,
      lifetimeDays: '',
    },
    validate: { name: faultOfName },
  });
  const create = useMutation({
    mutationFn: (values: typeof form.values) =>
      answered(
        api.POST('/v1/accounts/{accountId}/keys', {
          params: { path: { accountId } },
          body: bodyOf(values),
        }),
      ),
    onSuccess: async (key) => {
      setIssued(key);
      await queries.invalidateQueries({ queryKey: ['keys', accountId] });
    },
    onError: (error) => form.setErrors(fieldErrorsOf(error)),
    // The answer holds a secret: it is not kept beyond this page.
    gcTime: 0,
  });
  const offered = offeredScopes(scopes.data ?? []);
  const allowlistErrors = Object.entries(form.errors)
    .filter(([field]) => field.startsWith('ipAllowlist'))
    .map(([, message]) => String(message));
  const leave = () => {
    const keyId = issued?.id ?? '';
    setIssued(null);
    create.reset();
    void navigate({
      to: '/accounts/$accountId/keys/$keyId',
      params: { accountId, keyId },
      replace: true,
    });
  };
  return (
    <>
      <PageHead title="New key">
        For one integration alone: then it can be limited, rotated and revoked without breaking
        another.
      </PageHead>
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack maw={860} gap="lg">
          {create.error && <ProblemAlert error={create.error} title="The key was not made" />}
          <Fieldset legend="Whose">
            <Stack>
              <KeyTextFields inputProps={(field) => form.getInputProps(field)} />
              <SimpleGrid cols={{ base: 1, sm: 2 }}>
                <Select
                  label="Environment"
                  description="It stays so, and can be read in the secret"
                  data={[...environments]}
                  allowDeselect={false}
                  {...form.getInputProps('environment')}
                />
                <Select
                  label="Expires"
                  description="It can be moved later"
                  data={lifetimes}
                  allowDeselect={false}
                  {...form.getInputProps('lifetimeDays')}
                />
              </SimpleGrid>
            </Stack>
          </Fieldset>
          <Fieldset legend="What it may do">
            {scopes.error ? (
              <ProblemAlert error={scopes.error} />
            ) : (
              <Stack>
                <CopyScopes
                  accountId={accountId}
                  offered={offered}
                  onCopy={(copied) => form.setFieldValue('scopes', copied)}
                />
                <ScopePicker
                  offered={offered}
                  chosen={form.values.scopes}
                  onChange={(chosen) => form.setFieldValue('scopes', chosen)}
                  error={form.errors.scopes as string | undefined}
                />
              </Stack>
            )}
          </Fieldset>
          <Fieldset legend="From where">
            <AllowlistFields
              draft={form.values.allowlist}
              onChange={(draft) => form.setFieldValue('allowlist', draft)}
              ownIp={callerIp}
              errors={allowlistErrors}
            />
          </Fieldset>
          <Fieldset legend="How often">
            <LimitFields
              draft={form.values.limits}
              onChange={(draft) => form.setFieldValue('limits', draft)}
              errors={form.errors}
            />
          </Fieldset>
          <Group justify="space-between">
            <Text fz="sm" c="dimmed">
              All but the environment can be changed later.
            </Text>
            <Button type="submit" loading={create.isPending}>
              Make the key
            </Button>
          </Group>
        </Stack>
      </form>
      <Modal
        opened={issued !== null}
        onClose={() => {}}
        {...onlyByItsButtons}
        size="lg"
        title={`The secret of ${issued?.name ?? ''}`}
      >
        {issued && (
          <SecretOnce
            name={issued.name}
            secret={issued.secret}
            accessUrl={accessUrl}
            onDone={leave}
          />
        )}
      </Modal>
    </>
  );
}

interface Values extends KeyTexts {
  readonly environment: ApiKey['environment'];
  readonly scopes: string[];
  readonly allowlist: AllowlistDraft;
  readonly limits: LimitsDraft;
  readonly lifetimeDays: string;
}

function bodyOf({
  environment,
  scopes,
  allowlist,
  limits,
  lifetimeDays,
  ...texts
}: Values): Schemas['CreateApiKeyRequest'] {
  return {
    ...{ ...saidOf(texts), environment, scopes },
    rateLimits: limitsOf(limits),
    ...(allowlist.mode !== 'off' && { ipAllowlist: allowlistOf(allowlist) }),
    expiresAt:
      lifetimeDays === ''
        ? null
        : new Date(Date.now() + Number(lifetimeDays) * dayMs).toISOString(),
  };
}
