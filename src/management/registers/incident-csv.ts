import { CsvTable } from './csv-table.js';
import type { IncidentFindings, IncidentHead } from './registers.dto.js';
import { recordsOf, scopeCells, sumCells, sumColumnNames } from './sum-records.js';

const table = new CsvTable([...sumColumnNames, 'ip']);

export function incidentHeadCsv(head: IncidentHead): string {
  const { id, accountId, accountName, keyId, ip } = head;
  const { madeAt, from, to, completeSince, isComplete } = head;
  const asked = { accountId, name: accountName, keyId, ip };
  return (
    table.head +
    table.records([
      {
        ...{ record: 'report', registerId: id, ...asked },
        ...{ madeAt, from, to, completeSince, isComplete },
      },
    ])
  );
}

/** With a last record, without which a file is not whole. */
export function incidentFindingsCsv(findings: IncidentFindings): string {
  return table.records([
    { record: 'total', ...sumCells(findings) },
    ...findings.scopes.map(scopeCells),
    ...findings.keys.map(({ accountId, keyId, keyName, ...sum }) => ({
      ...{ record: 'key', accountId, keyId, keyName, name: keyName, ...sumCells(sum) },
    })),
    ...recordsOf(findings),
    { record: 'end' },
  ]);
}

/** CSV has no text that means nothing: a record that says no more than that it goes on. */
export const incidentIdleCsv = table.records([{ record: 'counting' }]);
