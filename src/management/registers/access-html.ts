import { escapeHtml } from '../../platform/http/plain-page.js';
import type { IpAllowlistResponse } from '../../platform/http/ip-allowlist.dto.js';
import { completenessHtml, periodFacts } from './period-html.js';
import {
  factsHtml,
  listHtml,
  numberHtml,
  registerPages,
  textHtml,
  timeHtml,
} from './register-page.js';
import type { AccessRegisterHead, KeyAccessResponse } from './registers.dto.js';
import {
  callersTable,
  categoriesTable,
  denialsTable,
  routesTable,
  scopesTable,
} from './sum-tables.js';

export function accessHeadHtml(head: AccessRegisterHead): string {
  const { accountName, accountId, id } = head;
  return `${registerPages.start(`Register of access: ${escapeHtml(accountName)}`)}<h1>Register of access: ${textHtml(accountName)}</h1>
${factsHtml([
  ['Account', textHtml(accountId)],
  ...periodFacts(head),
  ['Register', textHtml(id)],
  ['Addresses admitted', allowlistHtml(head.accountIpAllowlist, 'to the whole account')],
])}${completenessHtml(head)}<p>Settings are those of the time at which this was made; calls are those of the period.</p>
`;
}

export function keyAccessHtml(key: KeyAccessResponse): string {
  return `<section>
<h2>${textHtml(key.name)}</h2>
${factsHtml([
  ['Purpose', statedHtml(key.purpose)],
  ['Recipient', statedHtml(key.recipient)],
  ['Contact', statedHtml(key.contactEmail)],
  ...(key.description ? ([['Description', textHtml(key.description)]] as const) : []),
  ['Key', textHtml(key.keyId)],
  ['Environment', textHtml(key.environment)],
  ['State', textHtml(key.state)],
  ['Made at (UTC)', timeHtml(key.createdAt)],
  ['Ends at (UTC)', key.expiresAt === null ? 'never' : timeHtml(key.expiresAt)],
  ['Addresses admitted', allowlistHtml(key.ipAllowlist, 'to this key')],
  ['Data it may open', listHtml(key.grantedDataCategories)],
  ...(key.grantableScopes.length > 0
    ? ([['May hand out', listHtml(key.grantableScopes)]] as const)
    : []),
  ['Calls', callsHtml(key)],
])}${categoriesTable('Data that was opened', key.usedDataCategories)}${scopesTable('Scopes', key.scopes, ({ granted }) => granted)}${key.calls === 0 ? '' : `${routesTable(key.routes)}${callersTable(key.callers)}${denialsTable(key.denials)}`}</section>
`;
}

export function accessEndHtml(keyCount: number): string {
  return `<p>End of the register: ${numberHtml(keyCount)} keys.</p>${registerPages.end}`;
}

/** A gap is what a reader looks for. */
function statedHtml(text: string | null): string {
  return text === null || text === '' ? '<strong>not stated</strong>' : textHtml(text);
}

function callsHtml({ calls, deniedCalls, firstCallAt, lastCallAt }: KeyAccessResponse): string {
  if (calls === 0) return '<strong>none in this period</strong>';
  return `${numberHtml(calls)}, of which ${numberHtml(deniedCalls)} denied; the first ${timeHtml(firstCallAt)}, the last ${timeHtml(lastCallAt)}`;
}

function allowlistHtml({ mode, entries }: IpAllowlistResponse, toWhom: string): string {
  if (mode === 'off') return `every address ${toWhom}`;
  const listed = entries.map(({ cidr, note }) =>
    note ? `${textHtml(cidr)} (${textHtml(note)})` : textHtml(cidr),
  );
  if (listed.length === 0) return mode === 'enforce' ? 'none' : 'every address, each of them noted';
  const all = listed.join(', ');
  return mode === 'enforce' ? `only ${all}` : `every address; noted if it is not one of ${all}`;
}
