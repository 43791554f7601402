import {
  Anchor,
  Badge,
  Button,
  Card,
  Modal,
  PasswordInput,
  Skeleton,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api, Problem } from '../api/client.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { fieldErrorsOf } from '../parts/field-errors.js';
import { useFreshDialog } from '../parts/fresh-dialog.js';
import { RowButton } from '../parts/row-button.js';
import { ProblemAlert } from '../parts/states.js';
import { Time, TimeOr } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { AnyCodeInput } from './code-input.js';
import { addPasskey, canUsePasskeys, passkeysQuery, type Passkey } from './passkeys.js';

/** With what somebody signs in without a password. @param asksForCode whether they have a second factor */
export function PasskeysCard({ asksForCode }: { asksForCode: boolean }) {
  const passkeys = useQuery(passkeysQuery);
  const dialog = useFreshDialog();
  const { results = [], origin } = passkeys.data ?? {};
  return (
    <Card withBorder>
      <Title order={2} fz="h4" mb="sm">
        Passkeys
      </Title>
      <Stack align="flex-start">
        <Text>
          A passkey lies on your phone, in your browser or on a security key, and signs you in by a
          fingerprint, your face or a PIN: without a password and without a code. It works on this
          site alone, so no other can trick you out of it.
        </Text>
        {passkeys.error && <ProblemAlert error={passkeys.error} />}
        {passkeys.isPending && <Skeleton height={80} aria-label="Loading the passkeys" />}
        {results.length > 0 && <PasskeysTable passkeys={results} />}
        {passkeys.data && canUsePasskeys(origin) && (
          <Button variant="default" onClick={dialog.open}>
            Add…
          </Button>
        )}
        {passkeys.data && !canUsePasskeys(origin) && <Elsewhere origin={origin ?? null} />}
      </Stack>
      <Modal opened={dialog.opened} onClose={dialog.close} title="Add a passkey">
        <AddPasskey key={dialog.round} asksForCode={asksForCode} onDone={dialog.close} />
      </Modal>
    </Card>
  );
}

/** Why none can be added here, and where one can. */
function Elsewhere({ origin }: { origin: string | null }) {
  if (origin === null)
    return (
      <Text c="dimmed">
        There are none here: the address of the console has to be https and a name. Whoever runs
        this installation sets it (CONSOLE_URL).
      </Text>
    );
  if (origin === window.location.origin)
    return <Text c="dimmed">This browser knows no passkeys.</Text>;
  return (
    <Text c="dimmed">
      They work at{' '}
      <Anchor href={`${origin}/me/security`} underline="always">
        {origin}
      </Anchor>
      , and not at the address that you have opened.
    </Text>
  );
}

function PasskeysTable({ passkeys }: { passkeys: readonly Passkey[] }) {
  return (
    <WideTable minWidth={480} label="Your passkeys">
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Added</Table.Th>
            <Table.Th>Last used</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {passkeys.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} />
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

function PasskeyRow({ passkey }: { passkey: Passkey }) {
  const { name, isSynced, createdAt, lastUsedAt } = passkey;
  const [asking, { open, close }] = useDisclosure();
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        {name}{' '}
        {isSynced && (
          <Badge size="xs" variant="light" tt="none">
            synced
          </Badge>
        )}
      </Table.Td>
      <Table.Td>
        <Time at={createdAt} />
      </Table.Td>
      <Table.Td>
        <TimeOr at={lastUsedAt} never="not yet" />
      </Table.Td>
      <Table.Td ta="right">
        <RowButton color="red" aria-label={`Remove ${name}…`} onClick={open}>
          Remove…
        </RowButton>
        <Modal opened={asking} onClose={close} title={`Remove ${name}`}>
          <RemovePasskey passkey={passkey} onDone={close} />
        </Modal>
      </Table.Td>
    </Table.Tr>
  );
}

function RemovePasskey({
  passkey: { id: passkeyId },
  onDone,
}: {
  passkey: Passkey;
  onDone: () => void;
}) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      answered(api.DELETE('/v1/session/passkeys/{passkeyId}', { params: { path: { passkeyId } } })),
    onSuccess: onDone,
    // Also where it was gone already.
    onSettled: () => queries.invalidateQueries({ queryKey: passkeysQuery.queryKey }),
  });
  return (
    <Stack>
      {remove.error && <ProblemAlert error={remove.error} title="Nothing was changed" />}
      <Text>
        It signs you in no longer. Sessions that it began go on, and your device keeps it until you
        delete it there as well.
      </Text>
      <DialogEnd no="Keep" onNo={onDone}>
        <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
          Remove
        </Button>
      </DialogEnd>
    </Stack>
  );
}

type Begun = Parameters<typeof addPasskey>[0];

function AddPasskey({ asksForCode, onDone }: { asksForCode: boolean; onDone: () => void }) {
  const queries = useQueryClient();
  const form = useForm({ initialValues: { name: '', password: '', code: '' } });
  // Who thinks better of it in the browser's own dialog need not show once more that it is them.
  const [begun, setBegun] = useState<Begun | null>(null);
  const add = useMutation({
    mutationFn: async ({ name, password, code }: typeof form.values) => {
      const asked =
        begun ??
        (await answered(
          api.POST('/v1/session/passkeys/challenge', {
            body: { password, ...(asksForCode && { code }) },
          }),
        ));
      setBegun(asked);
      return addPasskey(asked, name);
    },
    onSuccess: async (isAdded) => {
      if (!isAdded) return;
      onDone();
      await queries.invalidateQueries({ queryKey: passkeysQuery.queryKey });
    },
    onError: (error) => {
      form.setFieldValue('code', '');
      form.setErrors(fieldErrorsOf(error));
      // It came too late, or in the place of another.
      if (error instanceof Problem && error.reason === 'PASSKEY_FAILED') setBegun(null);
    },
  });
  const isPut = begun !== null && !add.isPending;
  return (
    <form onSubmit={form.onSubmit((values) => add.mutate(values))}>
      <Stack>
        {add.error && <ProblemAlert error={add.error} title="Nothing was added" />}
        <TextInput
          label="Name"
          description="By which you know it, such as the device that it lies on."
          maxLength={100}
          required
          data-autofocus
          {...form.getInputProps('name')}
        />
        {begun === null && (
          <>
            <PasswordInput
              label="Your password"
              autoComplete="current-password"
              required
              {...form.getInputProps('password')}
            />
            {asksForCode && <AnyCodeInput {...form.getInputProps('code')} />}
          </>
        )}
        {isPut && !add.error && <Text>Nothing was added yet. Your browser asks once more.</Text>}
        <DialogEnd onNo={onDone}>
          <Button type="submit" loading={add.isPending}>
            {isPut ? 'Try again' : 'Add'}
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
