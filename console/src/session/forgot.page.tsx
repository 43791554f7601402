import { Alert, Button, Code, Loader, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { PageAnchor } from '../parts/links.js';
import { ProblemAlert } from '../parts/states.js';
import { FrontPage } from './front-page.js';
import { mailingQuery } from './session.js';

/** A link for a new password is asked for here, by e-mail; where none is sent, it says who hands one over. */
export function ForgotPage() {
  const mailing = useQuery(mailingQuery);
  return (
    <FrontPage title="Forgot your password?">
      {mailing.error && <ProblemAlert error={mailing.error} />}
      {mailing.isPending && <Loader aria-label="Seeing whether e-mails are sent" />}
      {mailing.data && (mailing.data.isMailed ? <AskForLink /> : <HandedOver />)}
      <PageAnchor to="/sign-in">Back to sign in</PageAnchor>
    </FrontPage>
  );
}

function HandedOver() {
  return (
    <>
      <Text>
        No e-mails are sent from here. Ask an admin of your account for a recovery link, or whoever
        runs this installation.
      </Text>
      <Text c="dimmed">
        Is that you? On its machine, <Code>npx latchkey members link --for your e-mail</Code> gives
        you one.
      </Text>
    </>
  );
}

function AskForLink() {
  const form = useForm({ initialValues: { email: '' } });
  const ask = useMutation({
    mutationFn: (body: { email: string }) => answered(api.POST('/v1/session/recovery', { body })),
    onError: (error) => form.setErrors(fieldErrorsOf(error)),
  });
  if (ask.isSuccess)
    return (
      <Alert color="teal" role="status" title="Look into your mail">
        If somebody signs in with {ask.variables.email}, a link is on its way there. It sets a new
        password, once, within an hour. Nothing came? See whether that is the address you sign in
        with.
      </Alert>
    );
  return (
    <form onSubmit={form.onSubmit((values) => ask.mutate(values))}>
      <Stack>
        <Text c="dimmed">You get a link by e-mail, by which you set a new one.</Text>
        {ask.error && <ProblemAlert error={ask.error} title="Nothing was sent" />}
        <TextInput
          label="E-mail"
          description="With which you sign in"
          type="email"
          autoComplete="username"
          required
          autoFocus
          {...form.getInputProps('email')}
        />
        <Button type="submit" loading={ask.isPending}>
          Send the link
        </Button>
      </Stack>
    </form>
  );
}
