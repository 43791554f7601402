import { List, Text, ThemeIcon } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Call } from './calls.js';

/** One thing that a call has to pass. */
interface Step {
  readonly asks: string;
  /** What a call is denied for that does not pass. */
  readonly reasons: readonly string[];
  /** What was found where it passed, if that says more. */
  readonly found?: (call: Call) => string | null;
  /** Whether it passed only because nobody enforces what it did not pass. */
  readonly isSpared?: (call: Call) => boolean;
}

/** In the order in which a call is judged: the first that it does not pass is the reason. */
const steps: readonly Step[] = [
  {
    asks: 'Can the request be read?',
    reasons: ['CALLER_UNDETERMINED', 'PATH_INVALID'],
  },
  {
    asks: 'Does it bear a credential?',
    reasons: ['CREDENTIALS_MISSING', 'CREDENTIALS_MALFORMED'],
    found: ({ credential }) => credential,
  },
  {
    asks: 'Is it known?',
    reasons: ['KEY_UNKNOWN', 'SESSION_UNKNOWN'],
    found: ({ keyName }) => keyName,
  },
  {
    asks: 'Does it still work?',
    reasons: [
      ...['SECRET_EXPIRED', 'SECRET_BROWNOUT', 'SECRET_OVER_AGE', 'SECRET_REVOKED', 'KEY_REVOKED'],
      ...['SESSION_ENDED', 'SESSION_EXPIRED'],
    ],
    found: ({ secretState }) => secretState && `its secret is ${secretState}`,
  },
  {
    asks: 'Are key and account active?',
    reasons: ['KEY_SUSPENDED', 'ACCOUNT_SUSPENDED'],
  },
  {
    asks: 'May it be sent like that?',
    reasons: ['HAPIKEY_NOT_ALLOWED', 'CROSS_ORIGIN'],
  },
  {
    asks: 'May it come from there?',
    reasons: ['IP_NOT_ALLOWED'],
    found: ({ callerIp, wouldDeny }) =>
      wouldDeny ? `${callerIp}: a list that only reports does not hold it` : callerIp,
    isSpared: ({ wouldDeny }) => wouldDeny !== null,
  },
  {
    asks: 'Is there such a route, for this account?',
    reasons: ['SERVICE_NOT_AVAILABLE', 'ROUTE_UNKNOWN', 'METHOD_NOT_ALLOWED', 'SESSION_NEEDED'],
    found: ({ method, route }) => route && `${method} ${route}`,
  },
  {
    asks: 'Does the key hold the scopes that it needs?',
    reasons: ['SCOPE_MISSING'],
    found: ({ usedScopes, requiredScopes }) =>
      usedScopes.join(', ') || requiredScopes.join(', ') || 'none is needed',
  },
  {
    asks: 'Is there room in its limits?',
    reasons: ['RATE_LIMITED'],
  },
];

/** How a call was judged, step by step: what it passed, what it did not, and what nobody came to. */
export function DecisionSteps({ call }: { call: Call }) {
  const { decision, reason } = call;
  const failed = decision === 'denied' ? steps.findIndex(({ reasons }) => reasons.includes(reason ?? '')) : -1; // prettier-ignore
  // Denied for what has nothing to do with the call, such as a log that cannot be written.
  if (decision === 'denied' && failed === -1) return null;
  return (
    <List spacing={6} center aria-label="How it was judged" listStyleType="none">
      {steps.map(({ asks, found, isSpared }, place) => {
        if (failed === -1 || place < failed)
          return (
            <JudgedStep key={asks} kind={isSpared?.(call) ? 'spared' : 'passed'} asks={asks}>
              {found?.(call)}
            </JudgedStep>
          );
        if (place > failed) return <JudgedStep key={asks} kind="left" asks={asks} />;
        return (
          <JudgedStep key={asks} kind="failed" asks={asks}>
            {reason === 'SCOPE_MISSING' ? `it lacks ${call.missingScopes.join(', ')}` : reason}
          </JudgedStep>
        );
      })}
    </List>
  );
}

const kinds = {
  passed: { icon: IconCheck, color: 'green', says: 'Yes' },
  spared: { icon: IconAlertTriangle, color: 'yellow', says: 'No, but it only reports' },
  failed: { icon: IconX, color: 'red', says: 'No' },
  left: { icon: IconMinus, color: 'gray', says: 'Not asked' },
} as const;

function JudgedStep({
  kind,
  asks,
  children,
}: {
  kind: keyof typeof kinds;
  asks: string;
  children?: ReactNode;
}) {
  const { icon: Icon, color, says } = kinds[kind];
  return (
    <List.Item
      icon={
        <ThemeIcon size={20} radius="xl" color={color} variant="light" role="img" aria-label={says}>
          <Icon size={14} aria-hidden />
        </ThemeIcon>
      }
    >
      <Text fz="sm" {...(kind === 'left' && { c: 'dimmed' })} className="breakable">
        {asks}{' '}
        {children && (
          <Text span inherit c="dimmed">
            {children}
          </Text>
        )}
      </Text>
    </List.Item>
  );
}
