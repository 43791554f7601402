import { Alert, Button, Loader, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { Schemas } from '@latchkey/sdk';
import { answered, api } from '../api/client.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { AnyCodeInput } from './code-input.js';
import { FrontPage } from './front-page.js';
import { NewPasswordInput, newPasswordFault } from './new-password.js';
import { isCodeNeeded } from './second-factor.js';
import { visitorQuery } from './session.js';
import { PageAnchor, PageButton } from '../parts/links.js';

type LinkFacts = Schemas['LinkResponse'];

/** Where a one-time link leads: the first set-up, an invitation, or a password that is forgotten. */
export function LinkPage() {
  // A fragment is never sent to a server, nor kept by one; here it leaves the address bar as well.
  const [token, setToken] = useState(takeToken);
  useEffect(() => {
    // Opened once more in the same tab, it is the same page with another fragment.
    const takeAnother = () => setToken((before) => takeToken() || before);
    window.addEventListener('hashchange', takeAnother);
    return () => window.removeEventListener('hashchange', takeAnother);
  }, []);
  const link = useQuery({
    queryKey: ['link', token],
    queryFn: () => answered(api.POST('/v1/links/read', { body: { token } })),
    enabled: token !== '',
    staleTime: Infinity,
  });
  if (token === '' || link.isError) return <BadLink message={link.error?.message} />;
  if (link.data === undefined)
    return (
      <FrontPage title="One moment">
        <Loader aria-label="Reading the link" />
      </FrontPage>
    );
  return <OpenLink token={token} link={link.data} />;
}

function takeToken(): string {
  const token = window.location.hash.slice(1);
  if (token !== '') window.history.replaceState(window.history.state, '', window.location.pathname);
  return token;
}

function BadLink({ message }: { message: string | undefined }) {
  return (
    <FrontPage title="This link does not work">
      <Text>
        {message ??
          'There is no token in it. The page forgets it as soon as it has read it, so that nobody finds it here: open the whole link again, to its last character.'}
      </Text>
      <PageAnchor to="/sign-in">Sign in</PageAnchor>
    </FrontPage>
  );
}

function OpenLink({ token, link }: { token: string; link: LinkFacts }) {
  const { data: visitor } = useSuspenseQuery(visitorQuery);
  const canJoin = link.purpose !== 'recovery' && visitor !== null;
  return canJoin ? <Join token={token} link={link} /> : <Enter token={token} link={link} />;
}

/** Somebody who is signed in becomes a member of one more account. */
function Join({ token, link }: { token: string; link: LinkFacts }) {
  const enter = useEntering();
  const join = useMutation({
    mutationFn: () => answered(api.POST('/v1/session/join', { body: { token } })),
    onSuccess: () => enter(link.account?.id),
  });
  return (
    <FrontPage title={`Join ${link.account?.name ?? 'the account'}`}>
      {join.error && <Alert color="red">{join.error.message}</Alert>}
      <Text>You will be {withArticle(link.role)} there.</Text>
      <Button onClick={() => join.mutate()} loading={join.isPending}>
        Join
      </Button>
    </FrontPage>
  );
}

function Enter({ token, link }: { token: string; link: LinkFacts }) {
  const enter = useEntering();
  const isNew = link.purpose !== 'recovery';
  // A second factor may be turned on after the link was read.
  const [asksForCode, setAsksForCode] = useState(link.asksForCode);
  const form = useForm({
    initialValues: { email: '', name: '', password: '', code: '' },
    validate: { password: newPasswordFault },
  });
  const use = useMutation({
    mutationFn: ({ email, name, password, code }: typeof form.values) =>
      answered(
        api.POST('/v1/links/use', {
          body: {
            ...{ token, password },
            ...(isNew && { name }),
            ...(link.purpose === 'set_up' && { email }),
            ...(asksForCode && { code }),
          },
        }),
      ),
    onSuccess: () => enter(link.account?.id),
    onError: (error) => {
      form.setFieldValue('code', '');
      form.setErrors(fieldErrorsOf(error));
      if (isCodeNeeded(error)) setAsksForCode(true);
    },
  });
  if (isNew && link.isKnown)
    return (
      <FrontPage title={`Join ${link.account?.name ?? 'the account'}`}>
        <Text>
          {link.email} has a password here already. Sign in with it, then open the link again.
        </Text>
        <PageButton to="/sign-in">Sign in</PageButton>
      </FrontPage>
    );
  return (
    <FrontPage title={titleOf(link)}>
      <Text c="dimmed">{introductionOf(link)}</Text>
      <form onSubmit={form.onSubmit((values) => use.mutate(values))}>
        <Stack>
          {use.error && !isCodeNeeded(use.error) && (
            <Alert color="red" role="alert">
              {use.error.message}
            </Alert>
          )}
          {link.purpose === 'set_up' ? (
            <TextInput
              label="E-mail"
              type="email"
              autoComplete="username"
              required
              autoFocus
              {...form.getInputProps('email')}
            />
          ) : (
            <TextInput
              label="E-mail"
              autoComplete="username"
              value={link.email ?? ''}
              readOnly
              variant="filled"
            />
          )}
          {isNew && (
            <TextInput
              label="Your name"
              autoComplete="name"
              required
              {...form.getInputProps('name')}
            />
          )}
          <NewPasswordInput {...form.getInputProps('password')} />
          {asksForCode && (
            <AnyCodeInput autoFocus={!link.asksForCode} {...form.getInputProps('code')} />
          )}
          <Button type="submit" loading={use.isPending}>
            {isNew ? 'Begin' : 'Set the password'}
          </Button>
        </Stack>
      </form>
    </FrontPage>
  );
}

/** Goes in, as whom the link made of the visitor. */
function useEntering(): (accountId: string | undefined) => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async (accountId) => {
    await queries.resetQueries({ queryKey: visitorQuery.queryKey });
    await (accountId === undefined
      ? navigate({ to: '/' })
      : navigate({ to: '/accounts/$accountId/keys', params: { accountId } }));
  };
}

function titleOf({ purpose, account }: LinkFacts): string {
  if (purpose === 'set_up') return 'Set up Latchkey';
  return purpose === 'recovery' ? 'Set a new password' : `Join ${account?.name ?? 'the account'}`;
}

function introductionOf({ purpose, role }: LinkFacts): string {
  if (purpose === 'set_up')
    return 'You are the first here. Whoever fills this in runs this installation.';
  if (purpose === 'recovery') return 'You are signed out everywhere else as soon as it is set.';
  return `You were invited as ${withArticle(role)}.`;
}

function withArticle(role: LinkFacts['role']): string {
  if (role === null) return 'a member';
  return `${role === 'developer' ? 'a' : 'an'} ${role}`;
}
