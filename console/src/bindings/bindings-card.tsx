import { Button, Card, Group, Modal, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueries, useQuery } from '@tanstack/react-query';
import { DialogEnd } from '../parts/dialog-end.js';
import { RowButton } from '../parts/row-button.js';
import { ProblemAlert } from '../parts/states.js';
import { WideTable } from '../parts/wide-table.js';
import { CredentialInWords } from '../services/credential-fields.js';
import { servicesQuery } from '../services/services.js';
import { ForOperator } from '../session/for-operator.js';
import { BindingForm } from './binding-form.js';
import { bindingsQuery, useBindingRemoval, type Binding } from './bindings.js';

/** Which services an account is bound to. The API tells it of one service at a time, so it is asked for each. */
export function BindingsCard({ accountId }: { accountId: string }) {
  const [making, { open, close }] = useDisclosure();
  const services = useQuery(servicesQuery);
  const names = (services.data ?? []).map(({ name }) => name);
  const { bindings, error, isPending } = useQueries({
    queries: names.map((name) => bindingsQuery(accountId, name)),
    combine: (all) => ({
      bindings: all.flatMap(({ data }) => data ?? []),
      error: all.find((one) => one.error)?.error ?? null,
      isPending: all.some((one) => one.isPending),
    }),
  });
  const openServices = (services.data ?? []).filter((service) => service.open);
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} fz="h4">
          Services
        </Title>
        {names.length > 0 && (
          <ForOperator>
            <Button variant="default" size="xs" onClick={open}>
              Bind to a service…
            </Button>
          </ForOperator>
        )}
      </Group>
      <Stack gap="sm">
        {(services.error ?? error) && <ProblemAlert error={(services.error ?? error) as Error} />}
        {(services.isPending || isPending) && (
          <Skeleton height={80} aria-label="Loading the services of the account" />
        )}
        {services.data && (
          <Text fz="sm" c="dimmed">
            {openInWords(openServices.map(({ name }) => name))}
          </Text>
        )}
        {bindings.length > 0 && (
          <WideTable minWidth={680} label="Bindings">
            <Table verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Service</Table.Th>
                  <Table.Th>Keys of</Table.Th>
                  <Table.Th>Upstream</Table.Th>
                  <Table.Th>Credential</Table.Th>
                  <Table.Td />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {bindings.map((binding) => (
                  <BindingRow key={binding.id} binding={binding} services={names} />
                ))}
              </Table.Tbody>
            </Table>
          </WideTable>
        )}
      </Stack>
      <Modal opened={making} onClose={close} title="Bind to a service" size="lg">
        <BindingForm accountId={accountId} services={names} onDone={close} />
      </Modal>
    </Card>
  );
}

function openInWords(names: readonly string[]): string {
  if (names.length === 0)
    return 'No service is open to every account: it uses those it is bound to.';
  const shown = names.slice(0, 8).join(', ');
  const rest = names.length - 8;
  return `Open to every account: ${shown}${rest > 0 ? ` and ${rest} more` : ''}. A binding says what is different for this one.`;
}

function BindingRow({ binding, services }: { binding: Binding; services: readonly string[] }) {
  const { accountId, service, environment, upstream, credential } = binding;
  const [editing, edit] = useDisclosure();
  const [asking, ask] = useDisclosure();
  const removal = useBindingRemoval(binding);
  const whose = `${service}, ${environment ?? 'every environment'}`;
  return (
    <Table.Tr>
      <Table.Td fw={600}>{service}</Table.Td>
      <Table.Td>{environment ?? 'every environment'}</Table.Td>
      <Table.Td maw={280}>
        {upstream ?? (
          <Text span fz="sm" c="dimmed">
            the service’s own
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <CredentialInWords credential={credential} none="the service’s own" />
      </Table.Td>
      <Table.Td>
        <ForOperator>
          <Group gap={4} justify="flex-end" wrap="nowrap">
            <RowButton onClick={edit.open} aria-label={`Edit the binding to ${whose}`}>
              Edit…
            </RowButton>
            <RowButton color="red" onClick={ask.open} aria-label={`Remove the binding to ${whose}`}>
              Remove…
            </RowButton>
          </Group>
        </ForOperator>
        <Modal opened={editing} onClose={edit.close} title={`Binding to ${service}`} size="lg">
          <BindingForm
            accountId={accountId}
            services={services}
            binding={binding}
            onDone={edit.close}
          />
        </Modal>
        <Modal opened={asking} onClose={ask.close} title={`Remove the binding to ${service}`}>
          <Stack>
            <Text>
              If the service is open to every account, calls go on with its own upstream and
              credential. Otherwise they are refused from now on. The credential of this binding is
              gone for good.
            </Text>
            {removal.error && <ProblemAlert error={removal.error} />}
            <DialogEnd no="Keep" onNo={ask.close}>
              <Button color="red" loading={removal.isPending} onClick={() => removal.mutate()}>
                Remove
              </Button>
            </DialogEnd>
          </Stack>
        </Modal>
      </Table.Td>
    </Table.Tr>
  );
}
