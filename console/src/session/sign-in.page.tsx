import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { answered, api } from '../api/client.js';
import { PageAnchor } from '../parts/links.js';
import { FrontPage } from './front-page.js';
import { visitorQuery } from './session.js';

export function SignInPage() {
  const { next } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm({ initialValues: { email: '', password: '' } });
  const signIn = useMutation({
    mutationFn: (body: { email: string; password: string }) =>
      answered(api.POST('/v1/session', { body })),
    onSuccess: async () => {
      await queries.resetQueries({ queryKey: visitorQuery.queryKey });
      await (next === undefined ? navigate({ to: '/' }) : navigate({ href: next }));
    },
    onError: () => form.setFieldValue('password', ''),
  });
  return (
    <FrontPage title="Sign in">
      <form onSubmit={form.onSubmit((values) => signIn.mutate(values))}>
        <Stack>
          {signIn.error && (
            <Alert color="red" role="alert" title="You are not signed in">
              {signIn.error.message}
            </Alert>
          )}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            autoFocus
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            {...form.getInputProps('password')}
          />
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
          <PageAnchor to="/forgot" fz="sm">
            Forgot your password?
          </PageAnchor>
          <Text fz="sm" c="dimmed">
            No account yet? An admin of yours can invite you.
          </Text>
        </Stack>
      </form>
    </FrontPage>
  );
}
