import { Alert, Button, Fieldset, Group, Modal, Select, Stack, Stepper, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Schemas } from '@latchkey/sdk';
import { accountQuery } from '../accounts/accounts.js';
import { answered, api } from '../api/client.js';
import { useIntent } from '../api/intent.js';
import { AllowlistFields, faultsIn } from '../ip-allowlists/allowlist-fields.js';
import { counted } from '../parts/counted.js';
import { policyQuery } from '../settings/policy.js';
import { PageAnchor } from '../parts/links.js';
import { onlyByItsButtons } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { LimitFields } from '../rate-limits/limit-fields.js';
import { useStanding, useVisitor } from '../session/session.js';
import { CopyScopes } from './copy-scopes.js';
import { KeySecretOnce } from './key-secret-once.js';
import { faultOfName, KeyNameField, KeyTextFields } from './key-texts.js';
import { environments } from './keys-search.js';
import { copiableScopes, scopesQuery } from './keys.js';
import { bodyOf, lifetimesUpTo, newKey, stepOf, steps, type Step } from './new-key.js';
import { NewKeyReview } from './new-key-review.js';
import { ScopePicker } from './scope-picker.js';

type IssuedKey = Schemas['IssuedApiKeyResponse'];

const titles: Readonly<Record<Step, string>> = {
  who: 'Who it is for',
  what: 'What it may do',
  limits: 'From where, how long',
  review: 'Look it over',
};

/** A key is made step by step; nothing is made before the last. */
export function NewKeyPage() {
  const { accountId, isOperatorAtHome, may } = useStanding();
  const { callerIp } = useVisitor();
  const navigate = useNavigate({ from: '/accounts/$accountId/keys/new' });
  const queries = useQueryClient();
  const scopes = useQuery(scopesQuery);
  const [issued, setIssued] = useState<IssuedKey | null>(null);
  const form = useForm({
    initialValues: newKey,
    validate: {
      name: faultOfName,
      allowlist: ({ mode, text }) =>
        mode !== 'off' && faultsIn(text).length > 0 ? 'Some entries are not taken.' : null,
    },
  });
  const account = useQuery({
    ...accountQuery(accountId),
    enabled: may('latchkey.accounts.read'),
  });
  useEffect(() => {
    // Whoever calls from a sandbox is most likely not in production; what somebody chose stays.
    if (account.data && account.data.kind !== 'production' && !form.isTouched('environment'))
      form.setFieldValue('environment', 'development');
    // oxlint-disable-next-line react/exhaustive-deps -- once the account is known
  }, [account.data]);
  const policy = useQuery(policyQuery(accountId));
  const daysMax = policy.data?.inForce.keyLifetimeDaysMax ?? null;
  useEffect(() => {
    // The longest that is allowed stands where no end would be, unless something else was chosen.
    if (daysMax !== null && form.values.lifetimeDays === '')
      form.setFieldValue('lifetimeDays', String(daysMax));
    // oxlint-disable-next-line react/exhaustive-deps -- once the policy is known
  }, [daysMax]);
  const intentOf = useIntent();
  // Once for what is typed: sent again, it is the same to the millisecond of its end.
  const body = useMemo(() => bodyOf(form.values), [form.values]);
  const create = useMutation({
    mutationFn: () =>
      answered(
        api.POST('/v1/accounts/{accountId}/keys', {
          params: { path: { accountId }, header: { 'Idempotency-Key': intentOf(body) } },
          body,
        }),
      ),
    onSuccess: async (key) => {
      setIssued(key);
      await queries.invalidateQueries({ queryKey: ['keys', accountId] });
    },
    onError: (error) => {
      const { expiresAt, ...errors } = fieldErrorsOf(error);
      form.setErrors({ ...errors, ...(expiresAt !== undefined && { lifetimeDays: expiresAt }) });
      const [first] = Object.keys(fieldErrorsOf(error));
      if (first !== undefined) go(stepOf(first));
    },
  });
  const { step: asked = 'who' } = useSearch({ from: '/inside/accounts/$accountId/keys/new' });
  // A reload forgets what was typed: it begins where everybody does.
  const step = faultOfName(form.values.name) === null ? asked : 'who';
  const at = steps.indexOf(step);
  const go = (to: Step) => void navigate({ search: to === 'who' ? {} : { step: to } });
  useEffect(() => {
    if (asked !== step) void navigate({ search: {}, replace: true });
  }, [asked, step, navigate]);
  const view = useRef<HTMLDivElement>(null);
  const shown = useRef(step);
  useEffect(() => {
    // Whoever cannot see that the page is another is told so, and goes on at its beginning.
    if (shown.current !== step) view.current?.focus();
    shown.current = step;
  }, [step]);
  const offered = scopes.data ?? [];
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
  if (!may('latchkey.keys.write'))
    return (
      <Nothing isPage title="You may not make keys here">
        An auditor reads everything and changes nothing. Ask an admin of this account.
      </Nothing>
    );
  return (
    <>
      <PageHead title="New key">
        {account.data && (
          <>
            In <b>{account.data.name}</b>.{' '}
          </>
        )}
        For one integration alone: then it can be limited, rotated and revoked without breaking
        another.
      </PageHead>
      <form
        onSubmit={form.onSubmit(
          () => {
            const next = steps[at + 1];
            if (next === undefined) create.mutate();
            else go(next);
          },
          (errors) => {
            const [first] = Object.keys(errors);
            if (first === undefined) return;
            if (stepOf(first) !== step) return go(stepOf(first));
            view.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
          },
        )}
      >
        <Stack maw={860} gap="lg">
          <Stepper
            active={at}
            onStepClick={(to) => go(steps[to] ?? 'who')}
            allowNextStepsSelect={faultOfName(form.values.name) === null}
            size="sm"
          >
            {steps.map((each) => (
              <Stepper.Step
                key={each}
                label={titles[each]}
                aria-current={each === step ? 'step' : undefined}
              />
            ))}
          </Stepper>
          {isOperatorAtHome && step === 'who' && (
            <Alert color="yellow" title="This account is for running Latchkey">
              A key of it can be given the management API. Whoever calls an API gets a key in an
              account of theirs: choose it among the{' '}
              <PageAnchor to="/installation/accounts">accounts</PageAnchor>.
            </Alert>
          )}
          {create.error && <ProblemAlert error={create.error} title="The key was not made" />}
          <Stack
            ref={view}
            tabIndex={-1}
            role="group"
            aria-label={titles[step]}
            gap="lg"
            style={{ outline: 0 }}
          >
            {step === 'who' && (
              <>
                <KeyNameField inputProps={(field) => form.getInputProps(field)} />
                <Select
                  label="Environment"
                  description="It stays so, and can be read in the secret"
                  data={[...environments]}
                  allowDeselect={false}
                  {...form.getInputProps('environment')}
                />
                <Fieldset legend="If it is for somebody else">
                  <Stack>
                    <KeyTextFields inputProps={(field) => form.getInputProps(field)} />
                  </Stack>
                </Fieldset>
              </>
            )}
            {step === 'what' &&
              (scopes.error ? (
                <ProblemAlert error={scopes.error} />
              ) : (
                <>
                  <ScopePicker
                    offered={offered}
                    isLoading={scopes.isPending}
                    chosen={form.values.scopes}
                    onChange={(chosen) => form.setFieldValue('scopes', chosen)}
                    error={form.errors.scopes as string | undefined}
                  />
                  <CopyScopes
                    accountId={accountId}
                    offered={copiableScopes(offered)}
                    onCopy={(copied) => form.setFieldValue('scopes', copied)}
                  />
                </>
              ))}
            {step === 'limits' && (
              <>
                <Fieldset legend="From where">
                  <AllowlistFields
                    draft={form.values.allowlist}
                    onChange={(draft) => form.setFieldValue('allowlist', draft)}
                    ownIp={callerIp}
                    errors={allowlistErrors}
                  />
                </Fieldset>
                <Select
                  label="Expires"
                  description={
                    daysMax === null
                      ? 'It can be moved later'
                      : `At the latest after ${counted(daysMax, 'day')}, as the policy of this account has it`
                  }
                  data={lifetimesUpTo(daysMax)}
                  allowDeselect={false}
                  {...form.getInputProps('lifetimeDays')}
                />
                <Fieldset legend="How often">
                  <LimitFields
                    draft={form.values.limits}
                    onChange={(draft) => form.setFieldValue('limits', draft)}
                    errors={form.errors}
                  />
                </Fieldset>
              </>
            )}
            {step === 'review' && (
              <NewKeyReview
                draft={form.values}
                expiresAt={body.expiresAt ?? null}
                catalogue={offered}
                go={go}
              />
            )}
          </Stack>
          <Group justify="space-between">
            <Text fz="sm" c="dimmed">
              {step === 'who' && 'Only the name is needed. '}All but the environment can be changed
              later.
            </Text>
            <Group gap="sm">
              {at > 0 && (
                <Button variant="default" onClick={() => go(steps[at - 1] ?? 'who')}>
                  Back
                </Button>
              )}
              <Button type="submit" loading={create.isPending}>
                {step === 'review' ? 'Make the key' : 'Next'}
              </Button>
            </Group>
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
        {issued && <KeySecretOnce apiKey={issued} secret={issued.secret} onDone={leave} />}
      </Modal>
    </>
  );
}
