import {
  Alert,
  Button,
  Card,
  Group,
  Select,
  Skeleton,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { accountsQuery } from '../accounts/accounts.js';
import { Fact } from '../parts/fact.js';
import { PageAnchor } from '../parts/links.js';
import { PageHead } from '../parts/page-head.js';
import { ProblemAlert } from '../parts/states.js';
import { accountInView, useVisitor } from '../session/session.js';
import { ScopeSets } from '../services/scope-sets.js';
import { routesQuery, servicesQuery, type Route, type Service } from '../services/services.js';
import { findRoute, segmentsOf, serviceOf } from './find-route.js';
import { KeysVerdicts } from './keys-verdicts.js';
import { methods, type TesterSearch } from './tester-search.js';

/** Which key may make a call: asked before somebody is told that theirs can. */
export function RouteTesterPage() {
  const search = useSearch({ from: '/inside/installation/route-tester' });
  return (
    <>
      <PageHead title="Who may call?">
        A method and a path: which route that is, what opens it, and which keys of an account have
        that. No call is made.
      </PageHead>
      <Stack gap="lg">
        <CallForm key={JSON.stringify(search)} search={search} />
        {search.path !== undefined && <CallFinding {...search} path={search.path} />}
      </Stack>
    </>
  );
}

function CallForm({ search }: { search: TesterSearch }) {
  const navigate = useNavigate({ from: '/installation/route-tester' });
  const accounts = useQuery(accountsQuery);
  const [method, setMethod] = useState(search.method ?? 'GET');
  const [path, setPath] = useState(search.path ?? '');
  const visitor = useVisitor();
  const [account, setAccount] = useState(search.account ?? accountInView(visitor));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({
          search: { method, path: path.trim(), ...(account !== null && { account }) },
        });
      }}
    >
      <Group align="flex-end" gap="sm">
        <Select
          label="Method"
          data={[...methods]}
          allowDeselect={false}
          value={method}
          onChange={(chosen) => chosen !== null && setMethod(chosen as typeof method)}
          w={120}
        />
        <TextInput
          label="Path"
          placeholder="/crm/contacts/42"
          required
          value={path}
          onChange={(event) => setPath(event.currentTarget.value)}
          flex="1 1 260px"
        />
        <Select
          label="By keys of"
          placeholder="An account"
          searchable
          clearable
          limit={50}
          data={(accounts.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={account}
          onChange={setAccount}
          flex="1 1 200px"
        />
        <Button type="submit">Find out</Button>
      </Group>
      {accounts.error && <ProblemAlert error={accounts.error} />}
    </form>
  );
}

function CallFinding({ method = 'GET', path, account }: TesterSearch & { path: string }) {
  const services = useQuery(servicesQuery);
  const reading = segmentsOf(path);
  if (!reading.ok) return <Refused title="This call is refused">{reading.why}</Refused>;
  if (reading.segments[0] === 'latchkey')
    return (
      <Refused title="This path is Latchkey’s own">
        What is below /latchkey goes to no service. Any valid key may ask about itself there.
      </Refused>
    );
  if (services.error) return <ProblemAlert error={services.error} />;
  if (services.data === undefined)
    return <Skeleton height={120} aria-label="Loading the services" />;
  const service = serviceOf(reading.segments, services.data);
  if (service === undefined)
    return (
      <Refused title="No service is there">
        No mount is the beginning of this path, so every call of it is refused.
      </Refused>
    );
  return (
    <ServiceFinding
      service={service}
      method={method}
      segments={reading.segments}
      accountId={account}
    />
  );
}

function ServiceFinding({
  service,
  method,
  segments,
  accountId,
}: {
  service: Service;
  method: string;
  segments: readonly string[];
  accountId: string | undefined;
}) {
  const routes = useQuery(routesQuery(service.name));
  if (routes.error) return <ProblemAlert error={routes.error} />;
  if (routes.data === undefined) return <Skeleton height={120} aria-label="Loading the routes" />;
  const finding = findRoute(method, segments, service, routes.data);
  if (finding.kind === 'found')
    return (
      <>
        <FoundRoute service={service} route={finding.route} />
        {accountId === undefined ? (
          <Text c="dimmed">Choose an account to see which of its keys may call it.</Text>
        ) : (
          <KeysVerdicts accountId={accountId} service={service} route={finding.route} />
        )}
      </>
    );
  return (
    <Refused title={finding.kind === 'unknown' ? 'No route is like that' : `Not by ${method}`}>
      {finding.kind === 'other_methods' ? (
        <>
          The path is there for {finding.methods.join(', ')}. Every other method is refused, by
          whichever key.
        </>
      ) : (
        <>
          The call belongs to <ServiceAnchor name={service.name} />, which has no such route. It is
          refused, by whichever key.
        </>
      )}
    </Refused>
  );
}

function FoundRoute({ service, route }: { service: Service; route: Route }) {
  return (
    <Card withBorder>
      <Group gap="xl" align="flex-start">
        <Fact label="Service">
          <ServiceAnchor name={service.name} />
        </Fact>
        <Fact label="Route">
          <Text ff="monospace" fz="sm">
            {route.method} {route.path}
          </Text>
        </Fact>
        <Fact label="Opened by">
          <ScopeSets route={route} />
        </Fact>
        <Fact label="For">{service.open ? 'every account' : 'accounts bound to the service'}</Fact>
      </Group>
    </Card>
  );
}

function ServiceAnchor({ name }: { name: string }) {
  return (
    <PageAnchor to="/installation/services/$name" params={{ name }}>
      {name}
    </PageAnchor>
  );
}

function Refused({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Alert color="orange" title={title} role="status">
      {children}
    </Alert>
  );
}
