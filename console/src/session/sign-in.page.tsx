import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { answered, api, Problem } from '../api/client.js';
import { PageAnchor } from '../parts/links.js';
import { AnyCodeInput } from './code-input.js';
import { FrontPage } from './front-page.js';
import { PasskeySignIn } from './passkey-sign-in.js';
import { isCodeNeeded } from './second-factor.js';
import { visitorQuery } from './session.js';

export function SignInPage() {
  const { next } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm({ initialValues: { email: '', password: '', code: '' } });
  const [asksForCode, setAsksForCode] = useState(false);
  const signIn = useMutation({
    mutationFn: ({ code, ...body }: typeof form.values) =>
      answered(api.POST('/v1/session', { body: { ...body, ...(asksForCode && { code }) } })),
    onSuccess: goIn,
    onError: (error) => {
      const isFailed = error instanceof Problem && error.reason === 'SIGN_IN_FAILED';
      form.setFieldValue('code', '');
      if (isCodeNeeded(error)) setAsksForCode(true);
      // Whoever got as far as the code has given the right password.
      else if (!asksForCode || isFailed) beginAgain();
    },
  });
  async function goIn(): Promise<void> {
    await queries.resetQueries({ queryKey: visitorQuery.queryKey });
    await (next === undefined ? navigate({ to: '/' }) : navigate({ href: next }));
  }
  function beginAgain(): void {
    form.setFieldValue('password', '');
    setAsksForCode(false);
  }
  return (
    <FrontPage title="Sign in">
      <form onSubmit={form.onSubmit((values) => signIn.mutate(values))}>
        <Stack>
          {signIn.error && !isCodeNeeded(signIn.error) && (
            <Alert color="red" role="alert" title="You are not signed in">
              {signIn.error.message}
            </Alert>
          )}
          {asksForCode ? (
            <AnyCodeInput autoFocus {...form.getInputProps('code')} />
          ) : (
            <>
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
            </>
          )}
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
          {asksForCode ? (
            <>
              <Button variant="subtle" onClick={beginAgain}>
                Sign in as somebody else
              </Button>
              <Text fz="sm" c="dimmed">
                Lost your phone, and your recovery codes? An admin can reset the second factor.
              </Text>
            </>
          ) : (
            <>
              <PasskeySignIn onSignedIn={goIn} />
              <PageAnchor to="/forgot" fz="sm">
                Forgot your password?
              </PageAnchor>
              <Text fz="sm" c="dimmed">
                No account yet? An admin of yours can invite you.
              </Text>
            </>
          )}
        </Stack>
      </form>
    </FrontPage>
  );
}
