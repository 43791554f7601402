import { Button, NumberInput, Radio, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api } from '../api/client.js';
import { useIntent } from '../api/intent.js';
import { keyQuery, type ApiKey } from '../api-keys/keys.js';
import { DialogEnd } from '../parts/dialog-end.js';
import { KeySecretOnce } from '../api-keys/key-secret-once.js';
import { ProblemAlert } from '../parts/states.js';
import { policyQuery } from '../settings/policy.js';
import { GraceAhead } from './grace-ahead.js';
import { lengthInWords } from './rotation.js';

const graces = [
  { seconds: 3_600, label: 'An hour', says: 'for one system that is at hand' },
  { seconds: 86_400, label: 'A day', says: 'for what is deployed today' },
  { seconds: 7 * 86_400, label: 'A week', says: 'for a vendor who has to be asked' },
  { seconds: 30 * 86_400, label: '30 days', says: 'for many systems that cannot move at once' },
  { seconds: 90 * 86_400, label: '90 days', says: 'for those that nobody knows any more' },
  { seconds: 0, label: 'None', says: 'the old secret stops now: when it has leaked' },
];

type Grace = (typeof graces)[number];

/** With the one that the account has unless another is chosen, in its place by length: behind all comes none. */
function withUsual(all: readonly Grace[], seconds: number): readonly Grace[] {
  if (all.some((grace) => grace.seconds === seconds)) return all;
  const usual = { seconds, label: lengthInWords(seconds), says: 'as this account has it usually' };
  const behind = all.findIndex((grace) => grace.seconds > seconds || grace.seconds === 0);
  return all.toSpliced(behind, 0, usual);
}

const own = 'own';
/** The longest that any policy allows. */
const daysMax = 90;
const daySeconds = 86_400;

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

export function OpenRotationForm({ apiKey: key, onDone }: { apiKey: ApiKey; onDone: () => void }) {
  const { accountId, id: keyId } = key;
  const queries = useQueryClient();
  const policy = useQuery(policyQuery(accountId));
  const [chosen, setChosen] = useState<number | typeof own | null>(null);
  const [ownDays, setOwnDays] = useState(3);
  const intentOf = useIntent();
  const open = useMutation({
    mutationFn: (graceSeconds: number) =>
      answered(
        api.POST('/v1/accounts/{accountId}/keys/{keyId}/rotations', {
          params: {
            path: { accountId, keyId },
            header: { 'Idempotency-Key': intentOf(graceSeconds) },
          },
          body: { graceSeconds },
        }),
      ),
  });
  const finish = async () => {
    open.reset();
    onDone();
    await queries.invalidateQueries({ queryKey: keyQuery(accountId, keyId).queryKey });
    await queries.invalidateQueries({ queryKey: ['keys', accountId] });
  };
  if (open.data)
    return <KeySecretOnce apiKey={key} secret={open.data.secret} onDone={() => void finish()} />;
  const { graceSecondsMax = Infinity, graceSecondsDefault } = policy.data?.inForce ?? {};
  const usual = graceSecondsDefault ?? Math.min(7 * 86_400, graceSecondsMax);
  const offered = withUsual(graces, usual).filter(({ seconds }) => seconds <= graceSecondsMax);
  const grace = chosen === own ? ownDays * daySeconds : (chosen ?? usual);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        open.mutate(grace);
      }}
    >
      <Stack>
        <Text>You get a new secret now. For how long is the old one to work beside it?</Text>
        <Radio.Group
          aria-label="How long the old secret works"
          value={String(chosen ?? usual)}
          onChange={(value) => setChosen(value === own ? own : Number(value))}
        >
          <Stack gap="xs">
            {offered.map(({ seconds, label, says }) => (
              <Radio key={seconds} value={String(seconds)} label={label} description={says} />
            ))}
            {graceSecondsMax >= daySeconds && <Radio value={own} label="So many days" />}
          </Stack>
        </Radio.Group>
        {chosen === own && (
          <NumberInput
            label="Days"
            required
            min={1}
            max={Math.floor(Math.min(graceSecondsMax, daysMax * daySeconds) / daySeconds)}
            allowDecimal={false}
            clampBehavior="strict"
            value={ownDays}
            onChange={(days) => setOwnDays(Math.max(Number(days), 1))}
            w={140}
          />
        )}
        <GraceAhead seconds={grace} />
        <Text fz="sm" role="status">
          {grace === 0
            ? 'Whoever still calls with the old secret is refused from now on.'
            : `The old secret works until ${moment.format(new Date(Date.now() + grace * 1000))}. Until then you see who still uses it, and can end it sooner or later.`}
        </Text>
        {Number.isFinite(graceSecondsMax) && (
          <Text fz="sm" c="dimmed">
            This account allows {lengthInWords(graceSecondsMax)} at most.
          </Text>
        )}
        {open.error && <ProblemAlert error={open.error} title="No rotation was opened" />}
        <DialogEnd onNo={onDone}>
          <Button type="submit" color={grace === 0 ? 'red' : undefined} loading={open.isPending}>
            Make the new secret
          </Button>
        </DialogEnd>
      </Stack>
    </form>
  );
}
