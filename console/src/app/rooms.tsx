import {
  IconBell,
  IconBuilding,
  IconChecklist,
  IconHeartbeat,
  IconHistory,
  IconKey,
  IconListCheck,
  IconListSearch,
  IconMapPin,
  IconReport,
  IconRouteScan,
  IconServer,
  IconSettings,
  IconUsers,
} from '@tabler/icons-react';
import { Outlet, useMatches } from '@tanstack/react-router';
import { Nothing } from '../parts/states.js';
import { useStanding } from '../session/session.js';

/** The console's own reads are on the log as well, and more than all else: whoever wants to see them takes this away. */
const ofCallers = { by: 'callers' } as const;

/** The rooms of an account, in the order of use, and what opens each. */
export const rooms = [
  { to: '/accounts/$accountId/keys', label: 'Keys', icon: IconKey, scope: 'latchkey.keys.read' },
  { to: '/accounts/$accountId/hygiene', label: 'Hygiene', icon: IconChecklist, scope: 'latchkey.keys.read' },
  { to: '/accounts/$accountId/request-log', label: 'Request log', icon: IconListSearch, scope: 'latchkey.request_log.read', search: ofCallers },
  { to: '/accounts/$accountId/audit', label: 'Audit trail', icon: IconHistory, scope: 'latchkey.audit.read' },
  { to: '/accounts/$accountId/registers', label: 'Registers', icon: IconReport, scope: 'latchkey.request_log.read' },
  { to: '/accounts/$accountId/ip-allowlist', label: 'IP allowlist', icon: IconMapPin, scope: 'latchkey.keys.read' },
  { to: '/accounts/$accountId/notices', label: 'Notices', icon: IconBell, scope: 'latchkey.notices.read' },
  { to: '/accounts/$accountId/members', label: 'Members', icon: IconUsers, scope: 'latchkey.members.read' },
  { to: '/accounts/$accountId/settings', label: 'Settings', icon: IconSettings, scope: 'latchkey.accounts.read' },
] as const; // prettier-ignore

/** What all accounts share, for whoever runs the installation. */
export const installationRooms = [
  { to: '/installation/accounts', label: 'Accounts', icon: IconBuilding },
  { to: '/installation/services', label: 'Services', icon: IconServer },
  { to: '/installation/route-tester', label: 'Who may call?', icon: IconRouteScan },
  { to: '/installation/scopes', label: 'Scopes', icon: IconListCheck },
  { to: '/installation/request-log', label: 'All calls', icon: IconListSearch, search: ofCallers },
  { to: '/installation/system', label: 'System', icon: IconHeartbeat },
] as const;

/** A room, for whoever may be in it: the others are told so before anything is asked of the server. */
export function Room() {
  const { may, role } = useStanding();
  const path: string = useMatches({ select: (matches) => matches.at(-1)?.fullPath ?? '' });
  const room = rooms.find(({ to }) => path === to || path.startsWith(`${to}/`));
  if (room === undefined || may(room.scope)) return <Outlet />;
  return (
    <Nothing isPage title={`${room.label}: you may not see this`}>
      Your role here, {role}, does not open it. Ask an admin of this account.
    </Nothing>
  );
}
