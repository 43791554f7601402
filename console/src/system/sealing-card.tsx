import { Card, SimpleGrid, Skeleton, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Fact } from '../parts/fact.js';
import { ProblemAlert } from '../parts/states.js';
import { sealingKeyQuery } from './system.js';

/** Under which version of the sealing key the credentials of upstreams lie. Never the key. */
export function SealingCard() {
  const sealing = useQuery(sealingKeyQuery);
  return (
    <Card withBorder>
      <Title order={2} fz="h4" mb="sm">
        Sealing key
      </Title>
      {sealing.error && <ProblemAlert error={sealing.error} />}
      {sealing.isPending && (
        <Skeleton height={60} aria-label="Loading the sealing key’s versions" />
      )}
      {sealing.data && (
        <>
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            <Fact label="Seals with version">{sealing.data.version}</Fact>
            <Fact label="Kept in">
              {sealing.data.keptIn === 'file' ? 'sealing.key, in the data folder' : 'SEALING_KEY'}
            </Fact>
            <Fact label="Sealed">
              {sealing.data.sealed.length === 0
                ? 'nothing yet'
                : sealing.data.sealed
                    .map(({ version, credentials }) => `${credentials} under version ${version}`)
                    .join(', ')}
            </Fact>
          </SimpleGrid>
          <Text fz="sm" c="dimmed" mt="sm">
            It seals the credentials of upstreams and the secrets of webhooks and authenticator
            apps. Keep a copy of it apart from the database: neither is of use without the other.
          </Text>
        </>
      )}
    </Card>
  );
}
