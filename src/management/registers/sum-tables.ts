import {
  listHtml,
  sumColumns,
  tableHtml,
  textHtml,
  timeHtml,
  numberHtml,
} from './register-page.js';
import type {
  RegisterCallerResponse,
  RegisterCategoryResponse,
  RegisterDenialResponse,
  RegisterRouteResponse,
  RegisterScopeResponse,
} from './registers.dto.js';

/** The tables that both registers have, as HTML. */

export function categoriesTable(title: string, rows: readonly RegisterCategoryResponse[]): string {
  return tableHtml(title, rows, [
    { name: 'Category', cell: ({ name }) => textHtml(name) },
    { name: 'Opened by', cell: ({ scopes }) => listHtml(scopes) },
    ...sumColumns,
  ]);
}

/** @param held says of each whether the key holds it */
export function scopesTable<T extends RegisterScopeResponse>(
  title: string,
  rows: readonly T[],
  held?: (row: T) => boolean,
): string {
  return tableHtml(title, rows, [
    { name: 'Scope', cell: (row) => textHtml(row.scope) },
    {
      name: 'Data',
      cell: (row) => {
        const categories = listHtml(row.dataCategories);
        return row.sensitive ? `<strong>sensitive</strong> ${categories}` : categories;
      },
    },
    { name: 'Now', cell: (row) => standingHtml(row, held?.(row)) },
    ...sumColumns,
  ]);
}

function standingHtml({ inCatalogue }: RegisterScopeResponse, isHeld?: boolean): string {
  const gone = inCatalogue ? [] : ['gone from the catalogue'];
  if (isHeld === undefined) return gone[0] ?? 'in the catalogue';
  return [isHeld ? 'held' : 'not held any more', ...gone].join(', ');
}

export function routesTable(rows: readonly RegisterRouteResponse[]): string {
  return tableHtml('Routes', rows, [
    {
      name: 'Route',
      cell: ({ method, route }) =>
        `${textHtml(method ?? '')} ${route === null ? 'no such route' : textHtml(route)}`,
    },
    {
      name: 'Service',
      cell: ({ serviceName, serviceId }) => textHtml(serviceName ?? serviceId),
    },
    ...sumColumns,
  ]);
}

export function callersTable(rows: readonly RegisterCallerResponse[]): string {
  return tableHtml('Addresses', rows, [
    { name: 'Address', cell: ({ ip }) => textHtml(ip ?? 'undetermined') },
    ...sumColumns,
  ]);
}

export function denialsTable(rows: readonly RegisterDenialResponse[]): string {
  return tableHtml('Denials', rows, [
    { name: 'Reason', cell: ({ reason }) => textHtml(reason) },
    { name: 'Calls', kind: 'number', cell: ({ calls }) => numberHtml(calls) },
    { name: 'First (UTC)', kind: 'time', cell: ({ firstCallAt }) => timeHtml(firstCallAt) },
    { name: 'Last (UTC)', kind: 'time', cell: ({ lastCallAt }) => timeHtml(lastCallAt) },
  ]);
}
