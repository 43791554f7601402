import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Schemas } from '@latchkey/sdk';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { ProblemAlert } from '../parts/states.js';
import { AnyCodeInput } from './code-input.js';

type Proof = Schemas['ProofRequest'];

/** Asks for the password and a code once more, before something that only their owner may do. @param ask what is done with them */
export function ProofForm({
  button,
  color,
  ask,
  onNo,
  children,
}: {
  button: string;
  color?: string;
  ask: (proof: Proof) => Promise<void>;
  onNo: () => void;
  children: ReactNode;
}) {
  const form = useForm({ initialValues: { password: '', code: '' } });
  const prove = useMutation({
    mutationFn: ask,
    onError: (error) => {
      form.setFieldValue('code', '');
      form.setErrors(fieldErrorsOf(error));
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => prove.mutate(values))}>
      <Stack>
        <Text>{children}</Text>
        {prove.error && <ProblemAlert error={prove.error} title="Nothing was changed" />}
        <PasswordInput
          label="Your password"
          autoComplete="current-password"
          required
          data-autofocus
          {...form.getInputProps('password')}
        />
        <AnyCodeInput {...form.getInputProps('code')} />
        <DialogEnd onNo={onNo}>
          <Button type="submit" loading={prove.isPending} {...(color !== undefined && { color })}>
            {button}
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
