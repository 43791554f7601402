import { Button, Card, Modal, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Tagged } from '../api/client.js';
import { BindingsCard } from '../bindings/bindings-card.js';
import { counted } from '../parts/counted.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { Fact } from '../parts/fact.js';
import { useFreshDialog } from '../parts/fresh-dialog.js';
import { PageButton } from '../parts/links.js';
import { PageHead } from '../parts/page-head.js';
import { ProblemAlert } from '../parts/states.js';
import { Loaded } from '../parts/loaded.js';
import { Time } from '../parts/time.js';
import { LimitsCard } from '../rate-limits/limits-card.js';
import { limitsQuery } from '../rate-limits/limits.js';
import { ForOperator } from '../session/for-operator.js';
import { AccountBadges } from './account-badges.js';
import { AccountForm } from './account-form.js';
import { accountQuery, useAccountStop, useAccountUpdate, type Account } from './accounts.js';

/** One account as the operator sees it: how far it reaches, whether it works, and where its calls go. */
export function AccountPage() {
  const { accountId } = useParams({ from: '/inside/installation/accounts/$accountId' });
  const account = useQuery(accountQuery(accountId));
  return (
    <Loaded query={account} what="the account" heading="Account" height={320}>
      {(known) => <Facts key={accountId} account={known} />}
    </Loaded>
  );
}

function Facts({ account }: { account: Tagged<Account> }) {
  const { id: accountId, name, allowHapikey, entitledScopes, timeZone, createdAt } = account;
  const { opened, round, open, close } = useFreshDialog();
  return (
    <>
      <PageHead
        title={name}
        actions={
          <>
            <PageButton to="/accounts/$accountId/keys" params={{ accountId }} variant="default">
              Its keys
            </PageButton>
            <ForOperator>
              <Button variant="default" onClick={open}>
                Edit…
              </Button>
              {!account.isOperator && <StopButton account={account} />}
            </ForOperator>
          </>
        }
      >
        <AccountBadges account={account} />
      </PageHead>
      <Stack gap="lg">
        <Card withBorder>
          <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
            <Fact label="Id">
              <Text ff="monospace" fz="sm">
                {accountId}
              </Text>
            </Fact>
            <Fact label="Its keys may have">
              {entitledScopes === null
                ? 'every scope of the catalogue'
                : `${counted(entitledScopes.length, 'scope')} of the catalogue`}
            </Fact>
            <Fact label="Keys in the address">
              {allowHapikey ? 'allowed, as hapikey' : 'refused'}
            </Fact>
            <Fact label="Time zone">{timeZone}</Fact>
            <Fact label="Since">
              <Time at={createdAt} />
            </Fact>
          </SimpleGrid>
          {entitledScopes !== null && entitledScopes.length > 0 && (
            <Text fz="sm" c="dimmed" mt="md" lineClamp={4}>
              {entitledScopes.join(', ')}
            </Text>
          )}
        </Card>
        <LimitsCard of={{ accountId }} />
        <BindingsCard accountId={accountId} />
      </Stack>
      <Modal opened={opened} onClose={close} title={`Edit ${name}`} size="lg">
        <EditAccount key={round} account={account} onDone={close} />
      </Modal>
    </>
  );
}

function EditAccount({ account, onDone }: { account: Tagged<Account>; onDone: () => void }) {
  const [seen] = useState(account);
  const update = useAccountUpdate(seen);
  const queries = useQueryClient();
  return (
    <AccountForm
      account={seen}
      saving={update}
      onSaved={() => {
        void queries.invalidateQueries({
          queryKey: limitsQuery({ accountId: seen.id }).queryKey,
        });
        onDone();
      }}
      onCancel={onDone}
      onLookAgain={() => {
        void queries.invalidateQueries({ queryKey: accountQuery(seen.id).queryKey });
        onDone();
      }}
    />
  );
}

/** To stop an account stops every integration that it has, so that is asked for once more; to go on is not. */
function StopButton({ account: { id, name, state } }: { account: Account }) {
  const [asking, { open, close }] = useDisclosure();
  const stop = useAccountStop(id);
  if (state === 'suspended')
    return (
      <>
        <Button loading={stop.isPending} onClick={() => stop.mutate('resume')}>
          Resume
        </Button>
        {stop.error && <ProblemAlert error={stop.error} />}
      </>
    );
  return (
    <>
      <Button color="red" variant="light" onClick={open}>
        Suspend…
      </Button>
      <Modal opened={asking} onClose={close} title={`Suspend ${name}`}>
        <Stack>
          <Title order={3} fz="md">
            Every key of this account is refused at once
          </Title>
          <Text>
            Nothing is lost: as soon as it is resumed, the same keys work again, each as it was.
          </Text>
          {stop.error && <ProblemAlert error={stop.error} />}
          <DialogEnd no="Leave it" onNo={close}>
            <Button
              color="red"
              loading={stop.isPending}
              onClick={() => stop.mutate('suspend', { onSuccess: close })}
            >
              Suspend the account
            </Button>
          </DialogEnd>
        </Stack>
      </Modal>
    </>
  );
}
