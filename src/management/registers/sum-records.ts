import type { CsvValue } from '../../platform/http/csv.js';
import { listCell } from './csv-table.js';
import type { CallSumResponse, IncidentFindings, RegisterScopeResponse } from './registers.dto.js';

/** The columns that both registers have. */
export const sumColumnNames = [
  ...['record', 'accountId', 'keyId', 'keyName', 'name', 'method', 'serviceId', 'serviceName'],
  ...['inCatalogue', 'sensitive', 'dataCategories', 'scopes'],
  ...['calls', 'deniedCalls', 'firstCallAt', 'lastCallAt'],
  ...['registerId', 'madeAt', 'from', 'to', 'completeSince', 'isComplete'],
] as const;

export type SumRecord = Partial<Record<(typeof sumColumnNames)[number], CsvValue | boolean>>;

export function sumCells({ calls, deniedCalls, firstCallAt, lastCallAt }: CallSumResponse) {
  return { calls, deniedCalls, firstCallAt, lastCallAt };
}

export function scopeCells(scope: RegisterScopeResponse): SumRecord {
  const { inCatalogue, sensitive, dataCategories } = scope;
  return {
    ...{ record: 'scope', name: scope.scope, inCatalogue, sensitive },
    ...{ dataCategories: listCell(dataCategories), ...sumCells(scope) },
  };
}

/** A record for each category, route, address and reason. */
export function recordsOf({
  dataCategories,
  routes,
  callers,
  denials,
}: Pick<IncidentFindings, 'dataCategories' | 'routes' | 'callers' | 'denials'>): SumRecord[] {
  return [
    ...dataCategories.map(({ name, scopes, ...sum }) => ({
      ...{ record: 'category', name, scopes, ...sumCells(sum) },
    })),
    ...routes.map(({ route, method, serviceId, serviceName, ...sum }) => ({
      ...{ record: 'route', name: route, method, serviceId, serviceName, ...sumCells(sum) },
    })),
    ...callers.map(({ ip, ...sum }) => ({ record: 'caller', name: ip, ...sumCells(sum) })),
    ...denials.map(({ reason, calls, firstCallAt, lastCallAt }) => ({
      ...{ record: 'denial', name: reason, calls, deniedCalls: calls, firstCallAt, lastCallAt },
    })),
  ];
}
