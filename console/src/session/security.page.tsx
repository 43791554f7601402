import { Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { PageHead } from '../parts/page-head.js';
import { ProblemAlert } from '../parts/states.js';
import { PasskeysCard } from './passkeys-card.js';
import { PasswordCard } from './password-card.js';
import { SecondFactorCard } from './second-factor-card.js';
import { secondFactorQuery } from './second-factor.js';
import { useVisitor } from './session.js';
import { SessionsCard } from './sessions-card.js';

/** How somebody signs in, and where they are: theirs alone, whatever accounts they are in. */
export function SecurityPage() {
  const { person } = useVisitor();
  const factor = useQuery(secondFactorQuery);
  return (
    <>
      <PageHead title="Security">
        How you sign in as {person.email}, to all of your accounts.
      </PageHead>
      <Stack maw={720}>
        {factor.error && <ProblemAlert error={factor.error} />}
        {factor.isPending && <Skeleton height={320} aria-label="Loading the second factor" />}
        {factor.data && (
          <>
            <PasswordCard asksForCode={factor.data.isOn} />
            <SecondFactorCard factor={factor.data} />
            <PasskeysCard asksForCode={factor.data.isOn} />
          </>
        )}
        <SessionsCard />
      </Stack>
    </>
  );
}
