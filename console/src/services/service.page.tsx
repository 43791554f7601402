import {
  Button,
  Card,
  Code,
  Group,
  Modal,
  SimpleGrid,
  Skeleton,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUpload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { counted } from '../parts/counted.js';
import { Fact } from '../parts/fact.js';
import { FewAtFirst } from '../parts/few-at-first.js';
import { PageButton } from '../parts/links.js';
import { PageHead } from '../parts/page-head.js';
import { isFoundIn, SearchField } from '../parts/search-field.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { WideTable } from '../parts/wide-table.js';
import { useVisitor } from '../session/session.js';
import { ForOperator } from '../session/for-operator.js';
import { CredentialInWords } from './credential-fields.js';
import { ScopeSets } from './scope-sets.js';
import { ServiceForm } from './service-form.js';
import { routesQuery, serviceQuery, type Route, type Service } from './services.js';

const from = '/inside/installation/services/$name';

/** One API: where it lives, and which of its routes asks for what. */
export function ServicePage() {
  const { name } = useParams({ from });
  const service = useQuery(serviceQuery(name));
  const [editing, { open, close }] = useDisclosure();
  if (service.error)
    return (
      <>
        <PageHead title={name} />
        <ProblemAlert error={service.error} />
      </>
    );
  if (service.data === undefined) return <Skeleton height={320} aria-label="Loading the service" />;
  return (
    <>
      <PageHead
        title={name}
        actions={
          <ForOperator>
            <Button variant="default" onClick={open}>
              Edit…
            </Button>
            <PageButton
              to="/installation/services/$name/import"
              params={{ name }}
              leftSection={<IconUpload size={16} aria-hidden />}
            >
              Import OpenAPI
            </PageButton>
          </ForOperator>
        }
      />
      <Stack gap="lg">
        <Settings service={service.data} />
        <Routes name={name} />
      </Stack>
      <Modal opened={editing} onClose={close} title={`Edit ${name}`} size="lg">
        <ServiceForm service={service.data} onSaved={close} onCancel={close} />
      </Modal>
    </>
  );
}

function Settings({ service }: { service: Service }) {
  const { accessUrl } = useVisitor();
  return (
    <Card withBorder>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
        <Fact label="Callers reach it at">
          <Code style={{ overflowWrap: 'anywhere' }}>{accessUrl + service.mount}</Code>
        </Fact>
        <Fact label="Forwarded to">{service.upstream}</Fact>
        <Fact label="For">{service.open ? 'every account' : 'accounts bound to it'}</Fact>
        <Fact label="Credential">
          <CredentialInWords credential={service.credential} none="none" />
        </Fact>
        <Fact label="Waits for an answer">{service.timeoutMs / 1000} s</Fact>
        <Fact label="The mount">
          {service.stripMount ? 'is taken off' : 'is sent on with the path'}
        </Fact>
        <Fact label="Is told who called">{identityInWords(service)}</Fact>
      </SimpleGrid>
    </Card>
  );
}

function identityInWords({ identityHeaders, credential }: Service): string {
  const isTold = identityHeaders ?? credential == null;
  return isTold ? 'yes' : 'no';
}

function Routes({ name }: { name: string }) {
  const { q } = useSearch({ from });
  const navigate = useNavigate({ from: '/installation/services/$name' });
  const routes = useQuery(routesQuery(name));
  const all = routes.data ?? [];
  const found = all.filter(({ method, path, scopeSets }) =>
    isFoundIn(q, `${method} ${path}`, ...scopeSets.flat()),
  );
  return (
    <section>
      <Title order={2} fz="h4" mb="sm">
        Routes
      </Title>
      {routes.error && <ProblemAlert error={routes.error} />}
      {routes.isPending && <Skeleton height={220} aria-label="Loading the routes" />}
      {routes.data && all.length === 0 && (
        <Nothing title="No route is known yet">
          Until there is one, every call of this service is refused. An OpenAPI document brings them
          all at once.
        </Nothing>
      )}
      {all.length > 0 && (
        <Stack gap="sm">
          <Group justify="space-between" align="flex-end">
            <SearchField
              sought={q}
              placeholder="Method, path or scope"
              onSeek={(next) => void navigate({ search: { q: next }, replace: true })}
            />
            <Text fz="sm" c="dimmed" aria-live="polite">
              {found.length === all.length
                ? counted(all.length, 'route')
                : `${found.length.toLocaleString()} of ${counted(all.length, 'route')}`}
            </Text>
          </Group>
          {found.length === 0 && <Nothing title="No route is like that" />}
          {found.length > 0 && (
            <FewAtFirst key={q} all={found} what="routes">
              {(shown) => <RoutesTable routes={shown} />}
            </FewAtFirst>
          )}
        </Stack>
      )}
    </section>
  );
}

function RoutesTable({ routes }: { routes: readonly Route[] }) {
  return (
    <WideTable minWidth={640} label="Routes">
      <Table verticalSpacing="xs" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={90}>Method</Table.Th>
            <Table.Th>Path</Table.Th>
            <Table.Th>Opened by</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {routes.map((route) => (
            <Table.Tr key={route.id}>
              <Table.Td>{route.method}</Table.Td>
              <Table.Td maw={480}>
                <Text ff="monospace" fz="sm">
                  {route.path}
                </Text>
              </Table.Td>
              <Table.Td>
                <ScopeSets route={route} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}
