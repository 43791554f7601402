import { Button, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api } from '../api/client.js';
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
    mutationFn: (body: { scopes?: string[]; expiresAt?: string }) =>
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

function TakeScopes({ finding, found: { keyId, keyName }, accountId }: RemedyProps) {
  const [asking, { open, close }] = useDisclosure();
  const change = useKeyChange(accountId, keyId, close);
  const { scopes } = (finding.action.body ?? {}) as { scopes?: string[] };
  return (
    <>
      <Button variant="default" size="xs" onClick={open}>
        Take them away…
      </Button>
      <Modal opened={asking} onClose={close} title={keyName}>
        <Stack>
          {change.error && <ProblemAlert error={change.error} title="The key was not changed" />}
          <Text>
            It loses {finding.scopes.join(', ')}. A call that needs them is refused from then on,
            and the request log says so.
          </Text>
          <DialogEnd onNo={close}>
            <Button loading={change.isPending} onClick={() => scopes && change.mutate({ scopes })}>
              Take them away
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
        Give it an end…
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
              label="It ends on"
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
                Give it this end
              </Button>
            </DialogEnd>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
