import { List, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { counted } from '../parts/counted.js';
import { PageAnchor } from '../parts/links.js';
import { servicesQuery } from '../services/services.js';
import { accountsQuery } from './accounts.js';

/** What somebody does who has just begun to run an installation, and how far it has come. */
export function FirstSteps() {
  const services = useQuery(servicesQuery);
  const accounts = useQuery(accountsQuery);
  if (services.data === undefined || accounts.data === undefined)
    return <Skeleton height={96} w={420} aria-label="Loading the first steps" />;
  const others = accounts.data.filter(({ isOperator }) => !isOperator);
  return (
    <List type="ordered" ta="left" spacing={4}>
      <List.Item>
        Say which API is behind Latchkey: <PageAnchor to="/installation/services">Services</PageAnchor>
        {thereAre(services.data.length, 'service')}
      </List.Item>
      <List.Item>
        Open an account for whoever calls it:{' '}
        <PageAnchor to="/installation/accounts">Accounts</PageAnchor>
        {thereAre(others.length, 'account')}
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
  );
}

function thereAre(count: number, what: string): string {
  return count === 0 ? '.' : ` (${counted(count, what)} so far).`;
}
