import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Menu,
  ScrollArea,
  Select,
  Stack,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconChevronDown, IconMoon, IconSun } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useMatches, useNavigate, useParams } from '@tanstack/react-router';
import { accountsQuery } from '../accounts/accounts.js';
import { answered, api } from '../api/client.js';
import {
  accountInView,
  seesInstallation,
  standingIn,
  useVisitor,
  visitorQuery,
  type Visitor,
} from '../session/session.js';
import mark from './latchkey.svg';
import { installationRooms, rooms } from './rooms.js';
import { roleTexts } from '../members/roles.js';
import { PageNavLink } from '../parts/links.js';

/** What is around every page inside: where one is, where one can go, and who one is. */
export function Shell() {
  const [opened, { toggle, close }] = useDisclosure();
  const visitor = useVisitor();
  const { accountId = accountInView(visitor) ?? '' } = useParams({ strict: false });
  const standing = standingIn(visitor, accountId);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 264, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'md', md: 'xl' }}
    >
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={opened ? 'Close the navigation' : 'Open the navigation'}
            />
            <UnstyledButton component={Link} to="/" aria-label="Latchkey, to the first page">
              <Group gap="xs" wrap="nowrap">
                <img src={mark} alt="" width={28} height={28} />
                <Text fw={650} fz="lg" visibleFrom="xs">
                  Latchkey
                </Text>
              </Group>
            </UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ColorSchemeButton />
            <VisitorMenu visitor={visitor} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Main">
        <AppShell.Section mb="sm">
          <AccountSwitch visitor={visitor} accountId={accountId} />
          {standing && standing.role !== 'admin' && (
            <Text fz="xs" c="dimmed" mt={6}>
              You are {standing.role === 'auditor' ? 'an auditor' : 'a developer'} here:{' '}
              {roleTexts.find(({ value }) => value === standing.role)?.says}.
            </Text>
          )}
        </AppShell.Section>
        <AppShell.Section grow component={ScrollArea}>
          <Stack gap={2}>
            {rooms
              .filter(({ scope }) => standing?.may(scope))
              .map((room) => (
                <RoomLink key={room.to} room={room} params={{ accountId }} onClick={close} />
              ))}
          </Stack>
          {seesInstallation(visitor) && (
            <Stack gap={2} mt="lg">
              <Text fz="xs" fw={600} c="dimmed" px="sm">
                Installation
              </Text>
              {installationRooms.map((room) => (
                <RoomLink key={room.to} room={room} onClick={close} />
              ))}
            </Stack>
          )}
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

/** Low enough that all of them have room on a small screen. */
function RoomLink({
  room,
  params,
  onClick,
}: {
  room: (typeof rooms)[number] | (typeof installationRooms)[number];
  params?: { accountId: string };
  onClick: () => void;
}) {
  const { to, label, icon: Icon } = room;
  return (
    <PageNavLink
      to={to}
      {...(params && { params })}
      {...('search' in room && { search: room.search })}
      label={label}
      py={5}
      leftSection={<Icon size={18} aria-hidden />}
      activeOptions={{ includeSearch: false }}
      activeProps={{ 'data-active': true }}
      onClick={onClick}
    />
  );
}

function ColorSchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'light' ? 'dark' : 'light';
  const Icon = other === 'dark' ? IconMoon : IconSun;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={`Switch to the ${other} colours`}
      onClick={() => setColorScheme(other)}
    >
      <Icon size={18} aria-hidden />
    </ActionIcon>
  );
}

function VisitorMenu({ visitor }: { visitor: Visitor }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const signOut = useMutation({
    mutationFn: () => answered(api.DELETE('/v1/session')),
    onError: (error) => {
      notifications.show({
        color: 'red',
        title: 'You are still signed in',
        message: error.message,
      });
    },
    onSuccess: async () => {
      queries.clear();
      queries.setQueryData(visitorQuery.queryKey, null);
      await navigate({ to: '/sign-in' });
    },
  });
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton aria-label={`Signed in as ${visitor.person.name}`}>
          <Group gap={6} wrap="nowrap">
            <Text fz="sm" maw={160} truncate>
              {visitor.person.name}
            </Text>
            <IconChevronDown size={16} aria-hidden />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {visitor.person.email}
          {visitor.callerIp !== null && <> · from {visitor.callerIp}</>}
        </Menu.Label>
        <Menu.Item component={Link} to="/me/security">
          Security
        </Menu.Item>
        <Menu.Item component="a" href="/docs">
          API reference
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => signOut.mutate()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** One's own accounts, and for the operator every other one. */
function AccountSwitch({ visitor, accountId }: { visitor: Visitor; accountId: string }) {
  const navigate = useNavigate();
  const here = useMatches({
    select: (matches) => matches.map(({ fullPath }) => fullPath as string),
  });
  const seesOthers = standingIn(visitor, accountId)?.seesEveryAccount ?? false;
  const others = useQuery({ ...accountsQuery, enabled: seesOthers, staleTime: 60_000 });
  const own = visitor.memberships.map(({ account }) => ({
    value: account.id,
    label: account.name,
  }));
  const rest = (others.data ?? [])
    .filter(({ id }) => !own.some(({ value }) => value === id))
    .map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Select
      label="Account"
      size="sm"
      searchable
      limit={100}
      allowDeselect={false}
      data={
        rest.length === 0
          ? own
          : [
              { group: 'Yours', items: own },
              { group: 'Of this installation', items: rest },
            ]
      }
      value={accountId}
      onChange={(chosen) => {
        if (chosen === null) return;
        // The same room of the other account; what is in one account alone, no other has.
        const standing = standingIn(visitor, chosen);
        const room = rooms.find(({ to, scope }) => here.includes(to) && standing?.may(scope));
        void navigate({ to: (room ?? rooms[0]).to, params: { accountId: chosen } });
      }}
    />
  );
}
