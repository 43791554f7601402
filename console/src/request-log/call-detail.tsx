import { Alert, Anchor, Code, Stack, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { PageAnchor } from '../parts/links.js';
import { Time } from '../parts/time.js';
import type { Standing } from '../session/session.js';
import { CallFixes } from './call-fixes.js';
import { DecisionSteps } from './decision-steps.js';
import type { Call } from './calls.js';

/** One call, step by step, and what would have let it through. */
export function CallDetail({
  call,
  member,
  standing,
}: {
  call: Call;
  /** Who was signed in, where somebody was. */
  member: string | null;
  /** Of whoever looks, in the account of the call; `null` where it is of none. */
  standing: Standing | null;
}) {
  const fix = fixOf(call);
  return (
    <Stack>
      {call.decision === 'denied' && (
        <Alert color="red" title={`Denied: ${call.reason ?? 'for no known reason'}`}>
          {fix ?? 'The error page of this reason says what to do.'}{' '}
          <Anchor
            inherit
            href={`/latchkey/errors/${call.reason ?? ''}`}
            target="_blank"
            rel="noopener"
          >
            What it means
          </Anchor>
          {standing && <CallFixes call={call} standing={standing} />}
        </Alert>
      )}
      {call.wouldDeny && (
        <Alert color="yellow" title={`Would have been denied: ${call.wouldDeny}`}>
          A list that only reports does not hold {call.callerIp}.
          {call.decision === 'allowed' && standing && <CallFixes call={call} standing={standing} />}
        </Alert>
      )}
      <DecisionSteps call={call} />
      <Table aria-label="What is known of the call">
        <Table.Tbody>
          {factsOf(call, member).map(([label, value]) => (
            <Table.Tr key={label}>
              <Table.Th scope="row" w={150} className="nowrap">
                {label}
              </Table.Th>
              <Table.Td className="breakable">{value}</Table.Td>
            </Table.Tr>
          ))}
          <Table.Tr>
            <Table.Th scope="row">When</Table.Th>
            <Table.Td>
              <Time at={call.at} exact />
            </Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      <Text fz="xs" c="dimmed">
        Correlation id <Code>{call.id}</Code>
      </Text>
    </Stack>
  );
}

/** What somebody who may would change. */
function fixOf({ credential, reason, missingScopes, callerIp }: Call): string | null {
  if (credential === 'session')
    return reason === 'SCOPE_MISSING'
      ? `The role of whoever was signed in does not open it: it lacks ${missingScopes.join(', ')}.`
      : null;
  switch (reason) {
    case 'SCOPE_MISSING':
      return `The key did not have ${missingScopes.join(', ')}.`;
    case 'IP_NOT_ALLOWED':
      return `${callerIp ?? 'Its address'} is not on the list of the key, or on that of the account. If it should be, add it there.`;
    case 'KEY_SUSPENDED':
      return 'Resume the key.';
    case 'SECRET_EXPIRED':
      return 'Whoever called has to put the new secret in place of the old one.';
    case 'SECRET_BROWNOUT':
      return 'It was a brownout: whoever called still uses the old secret, and has to move.';
    case 'SECRET_OVER_AGE':
      return 'Rotate the key: its secret is older than the policy of the account allows.';
    case 'ROUTE_UNKNOWN':
      return 'Nothing is published at this path: a service is reached below its own, such as /crm/contacts for /contacts of crm.';
    case 'HAPIKEY_NOT_ALLOWED':
      return 'Send the secret as Authorization: Bearer, or allow hapikey for the account.';
    default:
      return null;
  }
}

function factsOf(call: Call, member: string | null): readonly (readonly [string, ReactNode])[] {
  const accountId = call.accountId ?? '';
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Call', `${call.method} ${call.path}${call.query === null ? '' : `?${call.query}`}`],
    ['Host', call.host],
    ['Route', call.route],
    ['Needs', call.requiredScopes.join(', ') || null],
    ['Used', call.usedScopes.join(', ') || null],
    ['Lacks', call.missingScopes.join(', ') || null],
    [
      'Key',
      call.keyId && (
        <PageAnchor to="/accounts/$accountId/keys/$keyId" params={{ accountId, keyId: call.keyId }}>
          {call.keyName ?? call.keyId}
        </PageAnchor>
      ),
    ],
    ['Signed in', member],
    [
      'Secret',
      call.secretStart === null ? null : `${call.secretStart}… (${call.secretState ?? 'unknown'})`,
    ],
    [
      'Rotation',
      call.rotationId && call.keyId && (
        <PageAnchor
          to="/accounts/$accountId/keys/$keyId"
          params={{ accountId, keyId: call.keyId }}
          hash="rotation"
        >
          to the rotation of its key
        </PageAnchor>
      ),
    ],
    ['Environment', call.environment],
    ['Sent as', call.credential],
    ['Door', call.door],
    ['Status', call.status],
    ['Upstream', call.upstreamStatus],
    [
      'Took',
      call.durationMs === null
        ? null
        : `${call.durationMs} ms, of which ${call.upstreamMs ?? 0} upstream`,
    ],
    [
      'From',
      call.callerIp &&
        (accountId === '' ? (
          call.callerIp
        ) : (
          <PageAnchor
            to="/accounts/$accountId/request-log"
            params={{ accountId }}
            search={{ ip: call.callerIp }}
          >
            {call.callerIp}
          </PageAnchor>
        )),
    ],
    ['By way of', call.peerIp === call.callerIp ? null : call.peerIp],
    ['Forwarded for', call.forwardedFor],
    ['User agent', call.userAgent],
    ['Their id', call.clientRequestId],
    [
      'Bytes',
      call.responseBytes === null
        ? null
        : `${call.requestBytes ?? 0} in, ${call.responseBytes} out`,
    ],
  ];
  return facts.filter(([, value]) => value !== null);
}
