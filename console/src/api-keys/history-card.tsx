import { Card, Group, Table, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { eventsQuery } from '../audit/events.js';
import { Loaded } from '../parts/loaded.js';
import { PageAnchor } from '../parts/links.js';
import { Time } from '../parts/time.js';
import type { ApiKey } from './keys.js';

const eventsShown = 8;

/** What was changed about the key, and by whom, the latest first. */
export function HistoryCard({ apiKey: { accountId, id: keyId } }: { apiKey: ApiKey }) {
  const events = useInfiniteQuery(eventsQuery(accountId, { targetId: keyId }));
  return (
    <Card withBorder>
      <Group justify="space-between" mb="xs">
        <Title order={2} fz="h4">
          History
        </Title>
        <PageAnchor
          to="/accounts/$accountId/audit"
          params={{ accountId }}
          search={{ targetId: keyId }}
        >
          In the audit trail
        </PageAnchor>
      </Group>
      <Loaded query={events} what="the history" height={120}>
        {({ pages }) => {
          const found = pages.flatMap(({ results }) => results);
          if (found.length === 0) return <Text c="dimmed">Nothing is on record.</Text>;
          return (
            <Table aria-label="Changes of the key">
              <Table.Tbody>
                {found.slice(0, eventsShown).map((event) => (
                  <Table.Tr key={event.id}>
                    <Table.Td>
                      <PageAnchor
                        to="/accounts/$accountId/audit"
                        params={{ accountId }}
                        search={{ targetId: keyId, event: event.id }}
                      >
                        {event.action}
                      </PageAnchor>
                      <Text fz="sm" c="dimmed" className="breakable">
                        by {event.actor.name}
                      </Text>
                    </Table.Td>
                    <Table.Td ta="right" className="nowrap">
                      <Time at={event.at} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          );
        }}
      </Loaded>
    </Card>
  );
}
