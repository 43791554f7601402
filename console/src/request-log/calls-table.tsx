import { Badge, Code, Table, Text } from '@mantine/core';
import { PageAnchor } from '../parts/links.js';
import { TextButton } from '../parts/text-button.js';
import { inUtc } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import type { Call } from './calls.js';
import type { LogSearch } from './log-search.js';

/** Dark enough on white, and light enough on black. */
const wouldBeDenied = 'light-dark(#8a4b00, var(--mantine-color-yellow-4))';

/** Calls, a row each. */
export function CallsTable({
  calls,
  members,
  accounts,
  onOpen,
  onFilter,
}: {
  calls: readonly Call[];
  /** Names by ids. */
  members: ReadonlyMap<string, string>;
  /** Names by ids, where calls are of many accounts. */
  accounts: ReadonlyMap<string, string> | null;
  onOpen: (id: string) => void;
  onFilter: (part: Partial<LogSearch>) => void;
}) {
  return (
    <WideTable minWidth={accounts ? 1060 : 900} label="Calls">
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>When</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th>Call</Table.Th>
            {accounts && <Table.Th>Account</Table.Th>}
            <Table.Th>Who</Table.Th>
            <Table.Th>From</Table.Th>
            <Table.Th ta="right">Took</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {calls.map((call) => (
            <Table.Tr key={call.id}>
              <Table.Td className="nowrap">
                <TextButton title={inUtc(call.at)} onClick={() => onOpen(call.id)}>
                  {new Date(call.at).toLocaleString()}
                </TextButton>
              </Table.Td>
              <Table.Td>
                <StatusBadge call={call} />
              </Table.Td>
              <Table.Td maw={360}>
                <Code>{call.method}</Code>{' '}
                <Text span inherit>
                  {call.path}
                </Text>
                {call.wouldDeny && (
                  <Text fz="xs" c={wouldBeDenied}>
                    would be denied: {call.wouldDeny}
                  </Text>
                )}
                {call.reason && (
                  <Text fz="xs" c={call.decision === 'denied' ? 'error' : 'dimmed'}>
                    {call.reason}
                  </Text>
                )}
              </Table.Td>
              {accounts && (
                <Table.Td maw={160}>
                  <Text fz="sm" lineClamp={1}>
                    {call.accountId === null
                      ? 'none'
                      : (accounts.get(call.accountId) ?? call.accountId)}
                  </Text>
                </Table.Td>
              )}
              <Table.Td maw={200}>
                {call.keyId ? (
                  <PageAnchor
                    to="/accounts/$accountId/keys/$keyId"
                    params={{ accountId: call.accountId ?? '', keyId: call.keyId }}
                    fz="sm"
                    lineClamp={1}
                  >
                    {call.keyName ?? call.keyId}
                  </PageAnchor>
                ) : (
                  <Text fz="sm" c="dimmed">
                    {memberOf(call, members) ?? 'nobody known'}
                  </Text>
                )}
                {call.secretState !== null && call.secretState !== 'current' && (
                  <Text fz="xs" c="dimmed">
                    with its {call.secretState} secret
                  </Text>
                )}
              </Table.Td>
              <Table.Td miw={118}>
                {call.callerIp && (
                  <TextButton onClick={() => onFilter({ ip: call.callerIp ?? undefined })}>
                    {call.callerIp}
                  </TextButton>
                )}
              </Table.Td>
              <Table.Td ta="right" className="nowrap">
                {call.durationMs === null ? '' : `${call.durationMs} ms`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

/** Who was signed in, of a call of the console's. */
export function memberOf(
  { credential, actor }: Call,
  members: ReadonlyMap<string, string>,
): string | null {
  return credential === 'session' ? (members.get(actor ?? '') ?? 'a member') : null;
}

function StatusBadge({ call: { status, decision } }: { call: Call }) {
  const color =
    decision === 'denied' ? 'red' : status === null ? 'yellow' : status < 400 ? 'green' : 'orange';
  return (
    <Badge variant="light" color={color} tt="none">
      {status ?? 'unknown'}
    </Badge>
  );
}
