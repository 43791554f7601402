import { CsvTable, listCell } from './csv-table.js';
import type { AccessRegisterHead, KeyAccessResponse } from './registers.dto.js';
import { recordsOf, scopeCells, sumCells, sumColumnNames } from './sum-records.js';

const table = new CsvTable([
  ...sumColumnNames,
  ...(['granted', 'state', 'environment', 'purpose', 'recipient', 'contactEmail'] as const),
  ...(['description', 'createdAt', 'expiresAt', 'ipMode', 'keyCount'] as const),
]);

export function accessHeadCsv(head: AccessRegisterHead): string {
  const { id, accountId, accountName, accountIpAllowlist, ...period } = head;
  const { mode, entries } = accountIpAllowlist;
  const { madeAt, from, to, completeSince, isComplete } = period;
  return (
    table.head +
    table.records([
      {
        ...{ record: 'register', registerId: id, accountId, name: accountName, ipMode: mode },
        ...{ madeAt, from, to, completeSince, isComplete },
      },
      ...entries.map(({ cidr, note }) => ({
        ...{ record: 'account_ip_limit', accountId, name: cidr },
        ...{ ipMode: mode, description: note ?? null },
      })),
    ])
  );
}

export function keyAccessCsv(key: KeyAccessResponse): string {
  const { keyId, name: keyName } = key;
  const { mode, entries } = key.ipAllowlist;
  const { state, environment, purpose, recipient, contactEmail, description } = key;
  const { createdAt, expiresAt } = key;
  const categories = listCell(key.grantedDataCategories);
  return table.records(
    [
      {
        ...{ record: 'key', name: keyName, state, environment, purpose, recipient, contactEmail },
        ...{ description, createdAt, expiresAt, ipMode: mode, dataCategories: categories },
        ...sumCells(key),
      },
      ...entries.map(({ cidr, note }) => ({
        ...{ record: 'ip_limit', name: cidr, ipMode: mode, description: note ?? null },
      })),
      ...key.grantableScopes.map((scope) => ({ record: 'grantable_scope', name: scope })),
      ...key.scopes.map((scope) => ({ ...scopeCells(scope), granted: scope.granted })),
      ...recordsOf({ ...key, dataCategories: key.usedDataCategories }),
    ].map((record) => ({ ...record, keyId, keyName })),
  );
}

/** The last record, without which a file is not whole. */
export function accessEndCsv(keyCount: number): string {
  return table.records([{ record: 'end', keyCount }]);
}

/** CSV has no text that means nothing: a record that says no more than that it goes on. */
export const accessIdleCsv = table.records([{ record: 'counting' }]);
