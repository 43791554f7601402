import { Card, List, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { counted } from '../parts/counted.js';
import { PageAnchor } from '../parts/links.js';
import { ProblemAlert } from '../parts/states.js';
import { servicesQuery } from '../services/services.js';
import { accountsQuery } from './accounts.js';

/** What somebody does who has just begun to run an installation, and how far it has come: in the operator's own account. */
export function FirstSteps() {
  const services = useQuery(servicesQuery);
  const accounts = useQuery(accountsQuery);
  const error = services.error ?? accounts.error;
  if (error) return <ProblemAlert error={error} />;
  if (services.data === undefined || accounts.data === undefined)
    return <Skeleton height={160} aria-label="Loading the first steps" />;
  const others = accounts.data.filter(({ isOperator }) => !isOperator);
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Title order={2} fz="h4">
          First steps
        </Title>
        <Text>
          This account is for running Latchkey: its keys can be given the management API. Whoever
          calls an API gets a key in an account of theirs:
        </Text>
        <List type="ordered" spacing={4}>
          <List.Item>
            Say which API is behind Latchkey:{' '}
            <PageAnchor to="/installation/services">Services</PageAnchor>
            {thereAre(services.data.length, 'service', 'so far')}
          </List.Item>
          <List.Item>
            Open an account for whoever calls it:{' '}
            <PageAnchor to="/installation/accounts">Accounts</PageAnchor>
            {thereAre(others.length, 'account', 'beside this one')}
          </List.Item>
          <List.Item>
            {others[0] === undefined ? (
              'Make a key in that account.'
            ) : (
              <>
                Make a key there:{' '}
                <PageAnchor to="/accounts/$accountId/keys" params={{ accountId: others[0].id }}>
                  Keys of {others[0].name}
                </PageAnchor>
              </>
            )}
          </List.Item>
        </List>
      </Stack>
    </Card>
  );
}

function thereAre(count: number, what: string, when: string): string {
  return count === 0 ? '.' : ` (${counted(count, what)} ${when}).`;
}
