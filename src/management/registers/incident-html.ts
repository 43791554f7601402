import { escapeHtml } from '../../platform/http/plain-page.js';
import { completenessHtml, periodFacts } from './period-html.js';
import {
  factsHtml,
  numberHtml,
  registerPages,
  sumColumns,
  tableHtml,
  textHtml,
  timeHtml,
} from './register-page.js';
import type { IncidentFindings, IncidentHead, RegisterKeyResponse } from './registers.dto.js';
import {
  callersTable,
  categoriesTable,
  denialsTable,
  routesTable,
  scopesTable,
} from './sum-tables.js';

export function incidentHeadHtml(head: IncidentHead): string {
  const whose = head.accountName ?? 'all accounts';
  return `${registerPages.start(`Incident report: ${escapeHtml(whose)}`)}<h1>Incident report: ${textHtml(whose)}</h1>
${factsHtml([
  ...(head.accountId === null ? [] : ([['Account', textHtml(head.accountId)]] as const)),
  ...(head.keyId === null ? [] : ([['Key', textHtml(head.keyId)]] as const)),
  ...(head.ip === null ? [] : ([['Calls from', textHtml(head.ip)]] as const)),
  ...periodFacts(head),
  ['Register', textHtml(head.id)],
])}${completenessHtml(head)}${head.accountId === null ? junkHtml : ''}`;
}

export function incidentFindingsHtml(findings: IncidentFindings, head: IncidentHead): string {
  return `${findings.calls === 0 ? '<p><strong>No call matches.</strong></p>\n' : foundHtml(findings, head)}<p>End of the report.</p>${registerPages.end}`;
}

/** Of calls without a genuine secret only some have rows (contract §6). */
const junkHtml =
  '<p>Calls without a genuine secret have rows within a budget; beyond it they are counted at <code>/v1/request-log/junk</code> and are not in this report.</p>\n';

function foundHtml(findings: IncidentFindings, { accountId }: IncidentHead): string {
  const { calls, deniedCalls, firstCallAt, lastCallAt } = findings;
  return `${factsHtml([
    ['Calls', `${numberHtml(calls)}, of which ${numberHtml(deniedCalls)} denied`],
    ['First call (UTC)', timeHtml(firstCallAt)],
    ['Last call (UTC)', timeHtml(lastCallAt)],
  ])}${categoriesTable('Data that was opened', findings.dataCategories)}${scopesTable('Scopes that opened it', findings.scopes)}${keysTable(findings.keys, accountId === null)}${callersTable(findings.callers)}${routesTable(findings.routes)}${denialsTable(findings.denials)}`;
}

function keysTable(keys: readonly RegisterKeyResponse[], isOfAll: boolean): string {
  return tableHtml('Keys', keys, [
    { name: 'Key', cell: ({ keyName }) => textHtml(keyName) },
    { name: 'Id', cell: ({ keyId }) => textHtml(keyId ?? 'no key was found') },
    ...(isOfAll
      ? [{ name: 'Account', cell: ({ accountId }: RegisterKeyResponse) => textHtml(accountId) }]
      : []),
    ...sumColumns,
  ]);
}
