import { Button, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { EnvironmentBadge, StateBadge } from '../api-keys/badges.js';
import { PageAnchor } from '../parts/links.js';
import { PageHead } from '../parts/page-head.js';
import { Nothing, ProblemAlert } from '../parts/states.js';
import { asDay, Time } from '../parts/time.js';
import { useStanding, type Standing } from '../session/session.js';
import { findingsQuery, inWordsOf, type KeyFindings } from './findings.js';
import { Remedy } from './remedy.js';

/** What should be put in order, key by key, and what to do about it. */
export function HygienePage() {
  const standing = useStanding();
  const findings = useInfiniteQuery(findingsQuery(standing.accountId));
  const keys = findings.data?.pages.flatMap(({ results }) => results) ?? [];
  return (
    <>
      <PageHead title="Hygiene">
        Keys that are forgotten, too old, or may do more than they need, and what to do about it.
      </PageHead>
      <Stack>
        {findings.error && <ProblemAlert error={findings.error} />}
        {findings.isPending && <Skeleton height={240} aria-label="Loading the findings" />}
        {findings.data && keys.length === 0 && (
          <Nothing title="All is in order">No key needs anything.</Nothing>
        )}
        {keys.map((key) => (
          <KeyCard key={key.keyId} found={key} standing={standing} />
        ))}
        {findings.hasNextPage && (
          <Group justify="center">
            <Button
              variant="default"
              loading={findings.isFetchingNextPage}
              onClick={() => void findings.fetchNextPage()}
            >
              Show more keys
            </Button>
          </Group>
        )}
      </Stack>
    </>
  );
}

function KeyCard({ found, standing }: { found: KeyFindings; standing: Standing }) {
  const { keyId, keyName, environment, state, findings } = found;
  const { accountId } = standing;
  return (
    <Card withBorder>
      <Group gap="xs" mb="sm">
        <Title order={2} fz="h4" style={{ overflowWrap: 'anywhere' }}>
          <PageAnchor inherit to="/accounts/$accountId/keys/$keyId" params={{ accountId, keyId }}>
            {keyName}
          </PageAnchor>
        </Title>
        <StateBadge state={state} />
        <EnvironmentBadge environment={environment} />
      </Group>
      <Stack gap="md">
        {findings.map((finding) => (
          <Group key={finding.kind} justify="space-between" align="flex-start" gap="sm">
            <Stack gap={2} flex="1 1 300px">
              <Text fw={600}>
                {inWordsOf(finding)}
                {finding.scopes.length > 0 && `: ${finding.scopes.join(', ')}`}
              </Text>
              <Text fz="sm">{finding.action.advice}</Text>
              <Text fz="sm" c="dimmed">
                Since {asDay(finding.since)}
                {finding.dueAt !== null && (
                  <>
                    ; due <Time at={finding.dueAt} />
                  </>
                )}
              </Text>
            </Stack>
            {standing.may('latchkey.keys.write') && (
              <Remedy finding={finding} found={found} accountId={accountId} />
            )}
          </Group>
        ))}
      </Stack>
    </Card>
  );
}
