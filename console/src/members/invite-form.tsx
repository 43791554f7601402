import { Alert, Button, Checkbox, Group, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { mailingQuery, useStanding } from '../session/session.js';
import { invitationsQuery } from './invitations.js';
import { InvitationLink } from './invitation-link.js';
import { roleTexts, type Role } from './roles.js';

export function InviteForm({ accountId, onDone }: { accountId: string; onDone: () => void }) {
  const queries = useQueryClient();
  const isOperators = useStanding().isOperatorAtHome;
  const isMailed = useQuery(mailingQuery).data?.isMailed ?? false;
  const form = useForm({
    initialValues: { email: '', role: 'developer' as Role, byHand: false },
  });
  const invite = useMutation({
    mutationFn: (body: typeof form.values) =>
      answered(
        api.POST('/v1/accounts/{accountId}/invitations', { params: { path: { accountId } }, body }),
      ),
    onSuccess: () => queries.invalidateQueries(invitationsQuery(accountId)),
    onError: (error) => form.setErrors(fieldErrorsOf(error)),
  });
  if (invite.data?.mail === null)
    return <InvitationLink invitation={invite.data} onDone={onDone} />;
  if (invite.data)
    return (
      <Stack>
        <Alert color="teal" role="status" title={`Mailed to ${invite.data.email}`}>
          The link in the e-mail works once, until <Time at={invite.data.expiresAt} exact />. Beside
          the invitation you see whether the e-mail was taken.
        </Alert>
        <Group justify="flex-end">
          <Button onClick={onDone}>Done</Button>
        </Group>
      </Stack>
    );
  return (
    <form onSubmit={form.onSubmit((values) => invite.mutate(values))}>
      <Stack>
        {invite.error && <ProblemAlert error={invite.error} title="Nobody was invited" />}
        <TextInput
          label="E-mail"
          type="email"
          required
          data-autofocus
          {...form.getInputProps('email')}
        />
        <Radio.Group label="What they may do" {...form.getInputProps('role')}>
          <Stack gap="xs" mt="xs">
            {roleTexts.map(({ value, label, says }) => (
              <Radio key={value} value={value} label={label} description={says} />
            ))}
          </Stack>
        </Radio.Group>
        {isOperators && (
          <Alert color="yellow" title="This account runs the installation">
            An admin of it acts on every account, and an auditor of it reads every account.
          </Alert>
        )}
        {isMailed ? (
          <Checkbox
            label="I hand the link over myself"
            description="Then nothing is mailed"
            {...form.getInputProps('byHand', { type: 'checkbox' })}
          />
        ) : (
          <Text fz="sm" c="dimmed">
            No e-mails are sent from here: you get a link, and hand it over.
          </Text>
        )}
        <DialogEnd onNo={onDone}>
          <Button type="submit" loading={invite.isPending}>
            {isMailed && !form.values.byHand ? 'Send the invitation' : 'Make the link'}
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
