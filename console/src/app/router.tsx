import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import type { QueryClient } from '@tanstack/react-query';
import { queryClient, whenSignedOut } from '../api/queries.js';
import {
  homeOf,
  rememberHome,
  seesInstallation,
  useVisitor,
  visitorQuery,
} from '../session/session.js';
import { keysPageQuery } from '../api-keys/keys.js';
import { readKeysSearch } from '../api-keys/keys-search.js';
import { Room } from './rooms.js';
import { readNewKeySearch } from '../api-keys/new-key.js';
import { readAuditSearch } from '../audit/audit-search.js';
import { readNoticesSearch } from '../notices/notices-search.js';
import { readRegistersSearch } from '../registers/registers-search.js';
import { callsQuery, filterOf } from '../request-log/calls.js';
import { readLogSearch } from '../request-log/log-search.js';
import { readTesterSearch } from '../route-tester/tester-search.js';
import { readSystemSearch } from '../system/system-search.js';
import { PageAnchor } from '../parts/links.js';
import { present, readSoughtText, textIn, type RawSearch } from '../parts/search.js';
import { Failure, Nothing, Waiting } from '../parts/states.js';

/** An address that somebody comes to add to a list. */
const readAddressToAdd = (search: RawSearch): { readonly add?: string } =>
  present({ add: textIn(search.add) });

/** Asks while the page itself is still on its way, which then says what went wrong with it. */
const beforehand = (asking: Promise<unknown>): void => void asking.catch(() => {});

const rootRoute = createRootRouteWithContext<{ readonly queries: QueryClient }>()({
  component: Outlet,
  errorComponent: Failure,
  notFoundComponent: () => (
    <Nothing isPage title="There is no such page">
      The address may be mistyped, or of something that is no more.{' '}
      <PageAnchor to="/">To the keys</PageAnchor>
    </Nothing>
  ),
});

/** Only to a page of ours: anywhere else, somebody else would have written the link. */
const innerPath = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\/(?![/\\])/.test(value) ? value : undefined;

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { readonly next?: string } => {
    const next = innerPath(search.next);
    return next === undefined ? {} : { next };
  },
  // Whoever signs in next on this page may be somebody else. Not before: what is shown once may keep somebody where they are.
  onEnter: ({ context }) => {
    context.queries.clear();
    context.queries.setQueryData(visitorQuery.queryKey, null);
  },
  component: lazyRouteComponent(() => import('../session/sign-in.page.js'), 'SignInPage'),
});

const forgotRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/forgot',
  component: lazyRouteComponent(() => import('../session/forgot.page.js'), 'ForgotPage'),
});

const linkPage = lazyRouteComponent(() => import('../session/link.page.js'), 'LinkPage');
const linkRoutes = (['/set-up', '/join', '/recover'] as const).map((path) =>
  createRoute({
    getParentRoute: () => rootRoute,
    path,
    // A link leads somewhere whoever is signed in.
    loader: ({ context }) => context.queries.ensureQueryData(visitorQuery),
    component: linkPage,
  }),
);

/** Everything that only somebody who is signed in can see. */
const insideRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'inside',
  beforeLoad: async ({ context, location }) => {
    const visitor = await context.queries.ensureQueryData(visitorQuery);
    if (visitor === null) throw redirect({ to: '/sign-in', search: { next: location.href } });
    return { visitor };
  },
  component: lazyRouteComponent(() => import('./shell.js'), 'Shell'),
});

const homeRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/',
  beforeLoad: ({ context }) => {
    const accountId = homeOf(context.visitor);
    if (accountId !== null)
      throw redirect({ to: '/accounts/$accountId/keys', params: { accountId } });
  },
  component: () => (
    <Nothing isPage title="You are in no account">
      Ask an admin of your account to invite you again.
    </Nothing>
  ),
});

/** What somebody does with their own sign-in, in whatever account they are. */
const securityRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/me/security',
  component: lazyRouteComponent(() => import('../session/security.page.js'), 'SecurityPage'),
});

const accountRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/accounts/$accountId',
  beforeLoad: ({ params }) => rememberHome(params.accountId),
  component: Room,
});

const keysRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/keys',
  validateSearch: readKeysSearch,
  loaderDeps: ({ search }) => search,
  loader: ({ context, params, deps }) =>
    beforehand(context.queries.ensureInfiniteQueryData(keysPageQuery(params.accountId, deps))),
  component: lazyRouteComponent(() => import('../api-keys/keys.page.js'), 'KeysPage'),
});

const newKeyRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/keys/new',
  validateSearch: readNewKeySearch,
  component: lazyRouteComponent(() => import('../api-keys/new-key.page.js'), 'NewKeyPage'),
});

const keyRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/keys/$keyId',
  validateSearch: readAddressToAdd,
  component: lazyRouteComponent(() => import('../api-keys/key.page.js'), 'KeyPage'),
});

const logRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/request-log',
  validateSearch: readLogSearch,
  loaderDeps: ({ search }) => filterOf(search),
  loader: ({ context, params, deps }) =>
    beforehand(context.queries.ensureInfiniteQueryData(callsQuery(params.accountId, deps))),
  component: lazyRouteComponent(
    () => import('../request-log/request-log.page.js'),
    'RequestLogPage',
  ),
});

const allowlistRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/ip-allowlist',
  validateSearch: readAddressToAdd,
  component: lazyRouteComponent(
    () => import('../ip-allowlists/ip-allowlist.page.js'),
    'IpAllowlistPage',
  ),
});

const auditRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/audit',
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import('../audit/audit.page.js'), 'AuditPage'),
});

const registersRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/registers',
  validateSearch: readRegistersSearch,
  component: lazyRouteComponent(() => import('../registers/registers.page.js'), 'RegistersPage'),
});

const hygieneRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/hygiene',
  component: lazyRouteComponent(() => import('../hygiene/hygiene.page.js'), 'HygienePage'),
});

const noticesRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/notices',
  validateSearch: readNoticesSearch,
  component: lazyRouteComponent(() => import('../notices/notices.page.js'), 'NoticesPage'),
});

const settingsRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('../settings/settings.page.js'), 'SettingsPage'),
});

const membersRoute = createRoute({
  getParentRoute: () => accountRoute,
  path: '/members',
  component: lazyRouteComponent(() => import('../members/members.page.js'), 'MembersPage'),
});

/** What all accounts share: for whoever runs the installation. */
const installationRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: '/installation',
  component: Installation,
});

function Installation() {
  if (seesInstallation(useVisitor())) return <Outlet />;
  return (
    <Nothing isPage title="You may not see this">
      It is for whoever runs the installation.
    </Nothing>
  );
}

const installationHomeRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/installation/accounts' });
  },
});

const accountsRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: '/accounts',
  validateSearch: readSoughtText,
  component: lazyRouteComponent(() => import('../accounts/accounts.page.js'), 'AccountsPage'),
});

const oneAccountRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: '/accounts/$accountId',
  component: lazyRouteComponent(() => import('../accounts/account.page.js'), 'AccountPage'),
});

const servicesRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: '/services',
  component: lazyRouteComponent(() => import('../services/services.page.js'), 'ServicesPage'),
});

const serviceRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: '/services/$name',
  validateSearch: readSoughtText,
  component: lazyRouteComponent(() => import('../services/service.page.js'), 'ServicePage'),
});

const importRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: '/services/$name/import',
  component: lazyRouteComponent(() => import('../services/import.page.js'), 'ImportPage'),
});

const testerRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: '/route-tester',
  validateSearch: readTesterSearch,
  component: lazyRouteComponent(
    () => import('../route-tester/route-tester.page.js'),
    'RouteTesterPage',
  ),
});

const scopesRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: '/scopes',
  validateSearch: readSoughtText,
  component: lazyRouteComponent(() => import('../scopes/scopes.page.js'), 'ScopesPage'),
});

const installationLogRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: '/request-log',
  validateSearch: readLogSearch,
  component: lazyRouteComponent(
    () => import('../request-log/installation-log.page.js'),
    'InstallationLogPage',
  ),
});

const systemRoute = createRoute({
  getParentRoute: () => installationRoute,
  path: '/system',
  validateSearch: readSystemSearch,
  component: lazyRouteComponent(() => import('../system/system.page.js'), 'SystemPage'),
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  forgotRoute,
  ...linkRoutes,
  insideRoute.addChildren([
    homeRoute,
    securityRoute,
    accountRoute.addChildren([
      ...[keysRoute, newKeyRoute, keyRoute, hygieneRoute, logRoute, auditRoute],
      ...[registersRoute, allowlistRoute, noticesRoute, membersRoute, settingsRoute],
    ]),
    installationRoute.addChildren([
      ...[installationHomeRoute, accountsRoute, oneAccountRoute],
      ...[servicesRoute, serviceRoute, importRoute],
      ...[testerRoute, scopesRoute, installationLogRoute, systemRoute],
    ]),
  ]),
]);

export const router = createRouter({
  routeTree,
  context: { queries: queryClient },
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: Waiting,
  defaultErrorComponent: Failure,
  scrollRestoration: true,
  // What an address holds that no view knows (a mail program adds such things) is asked of nobody.
  search: { strict: true },
});

whenSignedOut(() => {
  const { location } = router.state;
  if (location.pathname === '/sign-in') return;
  void router.navigate({ to: '/sign-in', search: { next: location.href } });
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
