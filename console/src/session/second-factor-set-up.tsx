import { Button, Center, Code, PasswordInput, Skeleton, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { QRCodeSVG } from 'qrcode.react';
import { useState } from 'react';
import type { Schemas } from '@latchkey/sdk';
import { answered, api } from '../api/client.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { ProblemAlert } from '../parts/states.js';
import { CodeInput } from './code-input.js';
import { RecoveryCodes } from './recovery-codes.js';

/** From a secret for the app to its first code, and the recovery codes that come of it. */
export function SecondFactorSetUp({ onDone }: { onDone: () => void }) {
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  // Each opening makes a secret of its own, which is kept no longer than it is looked at. It lies under no key that is read anew
  // when the second factor changes: reading it would make another one.
  const begun = useQuery({
    queryKey: ['begun-second-factor'],
    queryFn: () => answered(api.POST('/v1/session/second-factor', { body: {} })),
    enabled: codes === null,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  if (codes !== null) return <RecoveryCodes codes={codes} onDone={onDone} />;
  if (begun.error)
    return (
      <Stack>
        <ProblemAlert error={begun.error} />
        <DialogEnd onNo={onDone}>{null}</DialogEnd>
      </Stack>
    );
  if (begun.data === undefined) return <Skeleton height={420} aria-label="Making a secret" />;
  return <Confirm begun={begun.data} onConfirmed={setCodes} onNo={onDone} />;
}

function Confirm({
  begun: { secret, uri },
  onConfirmed,
  onNo,
}: {
  begun: Schemas['BegunSecondFactorResponse'];
  onConfirmed: (recoveryCodes: readonly string[]) => void;
  onNo: () => void;
}) {
  const form = useForm({ initialValues: { password: '', code: '' } });
  const confirm = useMutation({
    mutationFn: (body: typeof form.values) =>
      answered(api.POST('/v1/session/second-factor/confirm', { body })),
    onSuccess: ({ recoveryCodes }) => onConfirmed(recoveryCodes),
    onError: (error) => {
      form.setFieldValue('code', '');
      form.setErrors(fieldErrorsOf(error));
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => confirm.mutate(values))}>
      <Stack>
        <Text>Scan this with an authenticator app, or type the secret into it.</Text>
        <Center>
          <QRCodeSVG value={uri} size={200} marginSize={4} title="QR code of the secret" />
        </Center>
        <Code block ta="center" aria-label="The secret">
          {secret.replace(/.{4}(?=.)/g, '$& ')}
        </Code>
        {confirm.error && <ProblemAlert error={confirm.error} title="It is not on yet" />}
        <CodeInput
          description="What the app shows for Latchkey now: six digits."
          data-autofocus
          {...form.getInputProps('code')}
        />
        <PasswordInput
          label="Your password"
          autoComplete="current-password"
          required
          {...form.getInputProps('password')}
        />
        <Text fz="sm" c="dimmed">
          You are signed out everywhere else as soon as it is on.
        </Text>
        <DialogEnd onNo={onNo}>
          <Button type="submit" loading={confirm.isPending}>
            Turn on
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
