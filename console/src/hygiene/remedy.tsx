import { Button, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { asSeen } from '../api/change-as-seen.js';
import { answered, api, taggedAnswer } from '../api/client.js';
import { dayOf, startOfDay } from '../parts/day.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { PageButton } from '../parts/links.js';
import { ProblemAlert } from '../parts/states.js';
import type { Finding, KeyFindings } from './findings.js';

interface RemedyProps {
  readonly finding: Finding;
  readonly found: KeyFindings;
  readonly accountId: string;
}

/** What changes the key itself is done here; the rest on the key's page. */
export function Remedy({ finding, found, accountId }: RemedyProps) {
  switch (finding.kind) {
    case 'unused_scopes':
      return <TakeScopes {...{ finding, found, accountId }} />;
    case 'no_expiry':
    case 'expires_soon':
      return <SetExpiry {...{ finding, found, accountId }} />;
    default:
      return (
        <PageButton
          variant="default"
          size="xs"
          to="/accounts/$accountId/keys/$keyId"
          params={{ accountId, keyId: found.keyId }}
        >
          To the key
        </PageButton>
      );
  }
}

function useKeyChange(accountId: string, keyId: string, onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { expiresAt: string }) =>
      answered(
        api.PATCH('/v1/accounts/{accountId}/keys/{keyId}', {
          params: { path: { accountId, keyId } },
          body,
        }),
      ),
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries({ queryKey: ['hygiene', accountId] });
    },
  });
}

/** Takes scopes away from what the key has now, but for those that were used since they were found unused. */
function useScopeTaking({ finding, found: { keyId }, accountId }: RemedyProps, onDone: () => void) {
  const queries = useQueryClient();
  const [foundAt] = useState(() => Date.now());
  const params = { path: { accountId, keyId } };
  return useMutation({
    mutationFn: async () => {
      const [key, { scopes: uses }] = await Promise.all([
        taggedAnswer(api.GET('/v1/accounts/{accountId}/keys/{keyId}', { params })),
        answered(api.GET('/v1/accounts/{accountId}/keys/{keyId}/usage', { params })),
      ]);
      const usedSince = new Set(
        uses.filter((use) => Date.parse(use.lastUsedAt) > foundAt).map(({ scope }) => scope),
      );
      const taken = finding.scopes.filter((scope) => !usedSince.has(scope));
      if (taken.length === 0) throw new Error('All of them were used meanwhile.');
      return answered(
        api.PATCH('/v1/accounts/{accountId}/keys/{keyId}', {
          params,
          body: { scopes: key.scopes.filter((scope) => !taken.includes(scope)) },
          headers: asSeen(key),
        }),
      );
    },
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries({ queryKey: ['hygiene', accountId] });
    },
  });
}

function TakeScopes(props: RemedyProps) {
  const { finding, found } = props;
  const [asking, { open, close }] = useDisclosure();
  const change = useScopeTaking(props, close);
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        Remove them…
      </Button>
      <Modal opened={asking} onClose={close} title={found.keyName}>
        <Stack>
          {change.error && <ProblemAlert error={change.error} title="The key was not changed" />}
          <Text>
            It loses {finding.scopes.join(', ')}. A call that needs what it loses is refused from
            then on, and the request log says so.
          </Text>
          <DialogEnd onNo={close}>
            <Button loading={change.isPending} onClick={() => change.mutate()}>
              Remove them
            </Button>
          </DialogEnd>
        </Stack>
      </Modal>
    </>
  );
}

const yearMs = 365 * 86_400_000;

function SetExpiry({ finding, found: { keyId, keyName }, accountId }: RemedyProps) {
  const [asking, { open, close }] = useDisclosure();
  // The policy may have a latest day; without one, a year is a beginning.
  const { expiresAt } = (finding.action.body ?? {}) as { expiresAt?: string };
  const [day, setDay] = useState(() =>
    dayOf(expiresAt === undefined ? new Date(Date.now() + yearMs) : new Date(expiresAt)),
  );
  const change = useKeyChange(accountId, keyId, close);
  const isLatest = expiresAt !== undefined && day === dayOf(new Date(expiresAt));
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        Set an expiry…
      </Button>
      <Modal opened={asking} onClose={close} title={keyName}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate({ expiresAt: isLatest ? expiresAt : startOfDay(day).toISOString() });
          }}
        >
          <Stack>
            {change.error && <ProblemAlert error={change.error} title="The key was not changed" />}
            <TextInput
              type="date"
              label="It expires on"
              description={
                expiresAt === undefined
                  ? 'As the day begins where you are.'
                  : 'As the day begins where you are. The policy allows no later day than the one given.'
              }
              required
              min={dayOf(new Date())}
              value={day}
              onChange={(event) => setDay(event.currentTarget.value)}
            />
            <DialogEnd onNo={close}>
              <Button type="submit" loading={change.isPending}>
                Set this expiry
              </Button>
            </DialogEnd>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
