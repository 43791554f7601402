import { Button, Code, Modal, Skeleton, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { FewAtFirst } from '../parts/few-at-first.js';
import { PageAnchor } from '../parts/links.js';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { WideTable } from '../parts/wide-table.js';
import { ForOperator } from '../session/for-operator.js';
import { CredentialInWords } from './credential-fields.js';
import { ServiceForm } from './service-form.js';
import { servicesQuery, type Service } from './services.js';

/** The APIs behind the gateway. */
export function ServicesPage() {
  const services = useQuery(servicesQuery);
  const navigate = useNavigate();
  const [making, { open, close }] = useDisclosure();
  const newButton = (
    <ForOperator>
      <Button
        leftSection={<IconPlus size={16} aria-hidden />}
        disabled={services.data === undefined}
        onClick={open}
      >
        New service
      </Button>
    </ForOperator>
  );
  return (
    <>
      <PageHead title="Services" actions={newButton}>
        The APIs that keys open: where each lives, and under which path callers find it.
      </PageHead>
      {services.error && <ProblemAlert error={services.error} />}
      {services.isPending && <Skeleton height={220} aria-label="Loading the services" />}
      {services.data?.length === 0 && (
        <Nothing title="There is no service yet">
          Make one of an API of yours, then import its OpenAPI document: that is all a gateway
          needs.
        </Nothing>
      )}
      {services.data && services.data.length > 0 && (
        <FewAtFirst all={services.data} what="services">
          {(shown) => <ServicesTable services={shown} />}
        </FewAtFirst>
      )}
      <Modal opened={making} onClose={close} title="New service" size="lg">
        <ServiceForm
          taken={services.data?.map(({ name }) => name) ?? []}
          onCancel={close}
          onSaved={({ name }) =>
            void navigate({ to: '/installation/services/$name', params: { name } })
          }
        />
      </Modal>
    </>
  );
}

function ServicesTable({ services }: { services: readonly Service[] }) {
  return (
    <WideTable minWidth={760} label="Services">
      <Table verticalSpacing="sm" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Service</Table.Th>
            <Table.Th>Mount</Table.Th>
            <Table.Th>Upstream</Table.Th>
            <Table.Th>For</Table.Th>
            <Table.Th>Credential</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {services.map((service) => (
            <Table.Tr key={service.id}>
              <Table.Td>
                <PageAnchor
                  to="/installation/services/$name"
                  params={{ name: service.name }}
                  fw={600}
                >
                  {service.name}
                </PageAnchor>
              </Table.Td>
              <Table.Td>
                <Code>{service.mount}</Code>
              </Table.Td>
              <Table.Td maw={320}>
                <Text fz="sm" lineClamp={2}>
                  {service.upstream}
                </Text>
              </Table.Td>
              <Table.Td>{availabilityInWords(service)}</Table.Td>
              <Table.Td>
                <CredentialInWords credential={service.credential} none="none" />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

function availabilityInWords({ open }: Service): string {
  return open ? 'every account' : 'bound accounts';
}
