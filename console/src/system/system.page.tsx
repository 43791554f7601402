import { Stack } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { PageHead } from '../parts/page-head.js';
import { AuditHeadsCard } from './audit-heads-card.js';
import { HealthCard } from './health-card.js';
import { LogCard } from './log-card.js';
import { SealingCard } from './sealing-card.js';

/** Whether the installation does what it is there for, and can show that it did. */
export function SystemPage() {
  const { over = 'day' } = useSearch({ from: '/inside/installation/system' });
  const navigate = useNavigate({ from: '/installation/system' });
  return (
    <>
      <PageHead title="System">
        Whether this installation does what it is there for, and can show that it did.
      </PageHead>
      <Stack gap="lg">
        <HealthCard />
        <LogCard
          span={over}
          onSpan={(next) => void navigate({ search: { over: next }, replace: true })}
        />
        <SealingCard />
        <AuditHeadsCard />
      </Stack>
    </>
  );
}
