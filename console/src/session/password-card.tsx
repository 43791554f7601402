import { Button, Card, Modal, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { useFreshDialog } from '../parts/fresh-dialog.js';
import { ProblemAlert } from '../parts/states.js';
import { AnyCodeInput } from './code-input.js';
import { NewPasswordInput, newPasswordFault } from './new-password.js';

export function PasswordCard({ asksForCode }: { asksForCode: boolean }) {
  const dialog = useFreshDialog();
  return (
    <Card withBorder>
      <Title order={2} fz="h4" mb="sm">
        Password
      </Title>
      <Stack align="flex-start">
        <Text>Another password signs you out everywhere else.</Text>
        <Button variant="default" onClick={dialog.open}>
          Change…
        </Button>
      </Stack>
      <Modal opened={dialog.opened} onClose={dialog.close} title="Change your password">
        <ChangePassword key={dialog.round} asksForCode={asksForCode} onDone={dialog.close} />
      </Modal>
    </Card>
  );
}

function ChangePassword({ asksForCode, onDone }: { asksForCode: boolean; onDone: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { currentPassword: '', newPassword: '', code: '' },
    validate: { newPassword: newPasswordFault },
  });
  const change = useMutation({
    mutationFn: ({ code, ...passwords }: typeof form.values) =>
      answered(
        api.PUT('/v1/session/password', { body: { ...passwords, ...(asksForCode && { code }) } }),
      ),
    onSuccess: async () => {
      notifications.show({ message: 'Your password is another one now.', color: 'green' });
      onDone();
      // The session is another one, and the only one.
      await queries.invalidateQueries();
    },
    onError: (error) => {
      form.setFieldValue('code', '');
      form.setErrors(fieldErrorsOf(error));
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => change.mutate(values))}>
      <Stack>
        {change.error && <ProblemAlert error={change.error} title="Nothing was changed" />}
        <PasswordInput
          label="The password you have now"
          autoComplete="current-password"
          required
          data-autofocus
          {...form.getInputProps('currentPassword')}
        />
        <NewPasswordInput label="The new one" {...form.getInputProps('newPassword')} />
        {asksForCode && <AnyCodeInput {...form.getInputProps('code')} />}
        <DialogEnd onNo={onDone}>
          <Button type="submit" loading={change.isPending}>
            Change it
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
