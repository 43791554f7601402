import { Alert, Badge, Code, Group, Stack, Tabs, Text } from '@mantine/core';
import { useState } from 'react';
import { counted } from '../parts/counted.js';
import { FewAtFirst } from '../parts/few-at-first.js';
import { isFoundIn, SearchField } from '../parts/search-field.js';
import type { ImportReport } from './import.js';
import type { Route } from './services.js';
import { ScopeSets } from './scope-sets.js';

/** One thing that an import does, or leaves. */
interface Entry {
  readonly what: string;
  /** Why it is so, or why not. */
  readonly why?: string;
}

interface Part {
  readonly name: string;
  readonly color: string;
  readonly entries: readonly Entry[];
}

/** What an import changes, each kind of change by itself: with hundreds of routes, the few that go must not drown in those that come. */
export function ImportReportView({
  report,
  before,
}: {
  report: ImportReport;
  /** The routes that there are. */
  before: readonly Route[];
}) {
  const parts = partsOf(report).filter(({ entries }) => entries.length > 0);
  const changed =
    report.addedRoutes.length + report.removedRoutes.length + report.changedRoutes.length;
  const unchanged = report.routes.length - report.addedRoutes.length - report.changedRoutes.length;
  return (
    <Stack>
      {changed === 0 && report.newScopes.length === 0 && (
        <Alert color="gray" title="Nothing would change">
          The service has what the document says already: {counted(report.routes.length, 'route')}.
        </Alert>
      )}
      {changed > 0 && unchanged > 0 && (
        <Text c="dimmed">As before: {counted(unchanged, 'route')}.</Text>
      )}
      {parts.length > 0 && (
        <Tabs defaultValue={valueOf(parts[0]?.name ?? '')} keepMounted={false}>
          <Tabs.List>
            {parts.map(({ name, color, entries }) => (
              <Tabs.Tab
                key={name}
                value={valueOf(name)}
                rightSection={
                  <Badge size="sm" variant="light" color={color}>
                    {entries.length.toLocaleString()}
                  </Badge>
                }
              >
                {name}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {parts.map((part) => (
            <Tabs.Panel key={part.name} value={valueOf(part.name)} pt="md">
              <PartView part={part} report={report} before={before} />
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
    </Stack>
  );
}

/** It becomes a part of an id, in which there is no space. */
function valueOf(name: string): string {
  return name.replaceAll(' ', '-');
}

function partsOf(report: ImportReport): readonly Part[] {
  const named = (names: readonly string[]) => names.map((what) => ({ what }));
  return [
    { name: 'Routes that go', color: 'red', entries: named(report.removedRoutes) },
    { name: 'Routes that change', color: 'yellow', entries: named(report.changedRoutes) },
    { name: 'Routes that come', color: 'green', entries: named(report.addedRoutes) },
    { name: 'New scopes', color: 'green', entries: named(report.newScopes) },
    {
      name: 'Left out',
      color: 'orange',
      entries: report.skipped.map(({ operation: what, why }) => ({ what, why })),
    },
    {
      name: 'To be noted',
      color: 'orange',
      entries: report.notes.map(({ operation: what, note: why }) => ({ what, why })),
    },
  ];
}

function PartView({
  part: { name, entries },
  report,
  before,
}: {
  part: Part;
  report: ImportReport;
  before: readonly Route[];
}) {
  const [sought, setSought] = useState<string>();
  const found = entries.filter(({ what, why = '' }) => isFoundIn(sought, what, why));
  const routes = byName(report.routes);
  const known = byName(before);
  return (
    <Stack gap="sm">
      {entries.length > 20 && (
        <SearchField sought={sought} placeholder="Part of a name" onSeek={setSought} />
      )}
      {found.length === 0 && <Text c="dimmed">Nothing is like that.</Text>}
      <FewAtFirst key={sought} all={found} what={name.toLowerCase()}>
        {(shown) => (
          <Stack gap="xs" component="ul" p={0} m={0} aria-label={name}>
            {shown.map(({ what, why }, at) => {
              const route = routes.get(what);
              const old = known.get(what);
              return (
                <Group key={`${what} ${at}`} component="li" gap="md" align="flex-start">
                  <Code>{what}</Code>
                  {why !== undefined && <Text fz="sm">{why}</Text>}
                  {why === undefined && old !== undefined && (
                    <>
                      <ScopeSets route={old} />
                      {route !== undefined && <Text fz="sm">now becomes</Text>}
                    </>
                  )}
                  {why === undefined && route !== undefined && <ScopeSets route={route} />}
                </Group>
              );
            })}
          </Stack>
        )}
      </FewAtFirst>
    </Stack>
  );
}

function byName<T extends Pick<Route, 'method' | 'path'>>(routes: readonly T[]): Map<string, T> {
  return new Map(routes.map((route) => [`${route.method} ${route.path}`, route]));
}
