import { Badge, Button, Drawer, Group, Skeleton, Stack, Table, Tabs, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { TextButton } from '../parts/text-button.js';
import { Time } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { useStanding } from '../session/session.js';
import { EmailsCard } from './emails-card.js';
import { NoticeDetail } from './notice-detail.js';
import { noticesQuery, titleOf, type Notice } from './notices.js';
import { noticeTabs, type NoticesSearch } from './notices-search.js';
import { Webhooks } from './webhooks.js';

const tabLabels: Readonly<Record<(typeof noticeTabs)[number], string>> = {
  notices: 'Notices',
  emails: 'By e-mail',
  webhooks: 'Webhooks',
};

/** What Latchkey told, whom, and whether it got there; and who is told. */
export function NoticesPage() {
  const standing = useStanding();
  const { accountId } = standing;
  const { tab = 'notices', notice: openId } = useSearch({
    from: '/inside/accounts/$accountId/notices',
  });
  const navigate = useNavigate({ from: '/accounts/$accountId/notices' });
  const change = (part: NoticesSearch) =>
    void navigate({ search: (before) => ({ ...before, ...part }) });
  const mayWrite = standing.may('latchkey.notices.write');
  return (
    <>
      <PageHead title="Notices">
        What Latchkey tells of rotations, secrets and keys, by e-mail and to programs.
      </PageHead>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(chosen) => {
          const next = noticeTabs.find((one) => one === chosen);
          change({ tab: next === 'notices' ? undefined : next });
        }}
      >
        <Tabs.List mb="md">
          {noticeTabs.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {tabLabels[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="notices">
          <Notices accountId={accountId} onOpen={(notice) => change({ notice })} />
        </Tabs.Panel>
        <Tabs.Panel value="emails">
          <EmailsCard accountId={accountId} mayWrite={mayWrite} />
        </Tabs.Panel>
        <Tabs.Panel value="webhooks">
          <Webhooks
            accountId={accountId}
            mayWrite={mayWrite}
            onOpenNotice={(notice) => change({ notice })}
          />
        </Tabs.Panel>
      </Tabs>
      <Drawer
        opened={openId !== undefined}
        onClose={() => change({ notice: undefined })}
        position="right"
        size="lg"
        title="One notice"
      >
        {openId !== undefined && (
          <NoticeDetail accountId={accountId} noticeId={openId} mayWrite={mayWrite} />
        )}
      </Drawer>
    </>
  );
}

function Notices({ accountId, onOpen }: { accountId: string; onOpen: (id: string) => void }) {
  const notices = useInfiniteQuery(noticesQuery(accountId));
  const all = notices.data?.pages.flatMap(({ results }) => results) ?? [];
  if (notices.error) return <ProblemAlert error={notices.error} />;
  if (notices.isPending) return <Skeleton height={240} aria-label="Loading the notices" />;
  if (all.length === 0)
    return (
      <Nothing title="Nothing was told yet">
        A notice is made when a rotation is opened or a key is suspended, for instance.
      </Nothing>
    );
  return (
    <Stack>
      <WideTable minWidth={640} label="Notices">
        <Table highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>When</Table.Th>
              <Table.Th>What</Table.Th>
              <Table.Th>Delivered</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {all.map((notice) => (
              <Table.Tr key={notice.id}>
                <Table.Td>
                  <Time at={notice.createdAt} />
                </Table.Td>
                <Table.Td>
                  <TextButton onClick={() => onOpen(notice.id)}>{titleOf(notice)}</TextButton>
                </Table.Td>
                <Table.Td>
                  <Deliveries notice={notice} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </WideTable>
      {notices.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={notices.isFetchingNextPage}
            onClick={() => void notices.fetchNextPage()}
          >
            Show older notices
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Deliveries({ notice: { deliveries } }: { notice: Notice }) {
  if (deliveries.length === 0)
    return (
      <Text inherit c="dimmed">
        to nobody
      </Text>
    );
  const there = deliveries.filter(({ state }) => state === 'delivered').length;
  const isLost = deliveries.some(({ state }) => state === 'given_up');
  return (
    <Badge
      variant="light"
      tt="none"
      color={isLost ? 'red' : there === deliveries.length ? 'green' : 'yellow'}
    >
      {there} of {deliveries.length}
    </Badge>
  );
}
