import { Badge, Button, Group, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { BarChart } from '../parts/bar-chart.js';
import { counted } from '../parts/counted.js';
import { localMoment } from '../parts/day.js';
import { ProblemAlert } from '../parts/states.js';
import { Time } from '../parts/time.js';
import { WideTable } from '../parts/wide-table.js';
import { BrownoutLine } from './brownout-line.js';
import { dayOfCallsQuery, toCome, useBrownoutPlan, type Brownout } from './brownouts.js';
import { callsAtThatTime, type DayOfCalls } from './day-of-calls.js';
import { lengthInWords, type Rotation } from './rotation.js';
import { oldSecret } from './sides-chart.js';

/** Short times in which the old secret is refused: those that were, those to come, and what they meet. */
export function Brownouts({
  rotation,
  accountId,
  mayWrite,
  mayReadLog,
}: {
  rotation: Rotation;
  accountId: string;
  mayWrite: boolean;
  mayReadLog: boolean;
}) {
  const { brownouts, startedAt, graceEndsAt, retiring } = rotation;
  const [isPlanning, { open, close }] = useDisclosure();
  const [planning, setPlanning] = useState<Brownout | null>(null);
  const day = useQuery({
    ...dayOfCallsQuery(accountId, retiring.secretId),
    enabled: mayReadLog && (mayWrite || brownouts.length > 0),
  });
  const plan = useBrownoutPlan(accountId, rotation);
  if (!mayWrite && brownouts.length === 0) return null;
  return (
    <Stack gap="sm">
      <div>
        <Group justify="space-between">
          <Title order={3} fz="h5">
            Brownouts
          </Title>
          {mayWrite && !isPlanning && (
            <Button variant="default" size="xs" onClick={open}>
              Plan one…
            </Button>
          )}
        </Group>
        <Text fz="sm" c="dimmed">
          A short time in which the old secret is refused, and told why: whoever still uses it
          notices before its end.
        </Text>
      </div>
      <BrownoutLine
        from={Date.parse(startedAt)}
        to={Date.parse(graceEndsAt)}
        brownouts={brownouts}
        planning={planning}
      />
      {brownouts.length > 0 && (
        <BrownoutTable
          brownouts={brownouts}
          day={day.data}
          onRemove={
            mayWrite
              ? (one) =>
                  plan.mutate((planned) =>
                    planned.filter(({ startsAt }) => startsAt !== one.startsAt),
                  )
              : null
          }
          isBusy={plan.isPending}
        />
      )}
      {retiring.brownoutCalls > 0 && (
        <Text fz="sm">
          {counted(retiring.brownoutCalls, 'call was', 'calls were')} refused by brownouts so far.
        </Text>
      )}
      {plan.error && <ProblemAlert error={plan.error} title="The brownouts are as they were" />}
      {day.error && <ProblemAlert error={day.error} title="Who would be met cannot be shown" />}
      {mayWrite && isPlanning && (
        <PlanForm
          rotation={rotation}
          day={day.data}
          isBusy={plan.isPending}
          onPlanning={setPlanning}
          onLeave={() => {
            setPlanning(null);
            close();
          }}
          onPlan={(brownout) =>
            plan.mutate((planned) => [...planned, brownout], { onSuccess: () => setPlanning(null) })
          }
        />
      )}
    </Stack>
  );
}

function BrownoutTable({
  brownouts,
  day,
  onRemove,
  isBusy,
}: {
  brownouts: readonly Brownout[];
  day: DayOfCalls | undefined;
  onRemove: ((brownout: Brownout) => void) | null;
  isBusy: boolean;
}) {
  const now = Date.now();
  const planned = new Set(toCome(brownouts, now));
  return (
    <WideTable minWidth={520} label="Brownouts">
      <Table aria-label="Brownouts">
        <Table.Tbody>
          {brownouts.map((brownout) => {
            const [from, to] = [Date.parse(brownout.startsAt), Date.parse(brownout.endsAt)];
            return (
              <Table.Tr key={brownout.startsAt}>
                <Table.Td>
                  <Time at={brownout.startsAt} exact />
                </Table.Td>
                <Table.Td>{lengthInWords((to - from) / 1000)}</Table.Td>
                <Table.Td>
                  {planned.has(brownout) ? (
                    day && <Forecast calls={callsAtThatTime(day, from, to)} />
                  ) : (
                    <Badge variant="light" color={now < to ? 'orange' : 'gray'} tt="none">
                      {now < to ? 'in force' : 'over'}
                    </Badge>
                  )}
                </Table.Td>
                <Table.Td ta="right">
                  {onRemove && planned.has(brownout) && (
                    <Button
                      variant="default"
                      size="compact-sm"
                      disabled={isBusy}
                      aria-label={`Take back the brownout of ${new Date(from).toLocaleString()}`}
                      onClick={() => onRemove(brownout)}
                    >
                      Take back
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </WideTable>
  );
}

/** What is known of it, and no promise: tomorrow may be another day. */
function Forecast({ calls }: { calls: number }) {
  const about = Math.round(calls);
  if (about === 0)
    return (
      <Text fz="sm" c="dimmed">
        Nobody called with it at that time in the last 24 hours.
      </Text>
    );
  return (
    <Text fz="sm">
      About {counted(about, 'call', 'calls')} came with it at that time in the last 24 hours.
    </Text>
  );
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
const lengths = ['5', '15', '30', '60'].map((minutes) => ({
  value: minutes,
  label: `${minutes} minutes`,
}));

/** Tomorrow at ten, when people are there to notice; in a shorter grace, soon. */
function firstIdea(graceEndsAt: number): number {
  const ten = new Date(Date.now() + dayMs);
  ten.setHours(10, 0, 0, 0);
  if (ten.getTime() + 60 * minuteMs <= graceEndsAt) return ten.getTime();
  return Math.ceil(Date.now() / minuteMs + 5) * minuteMs;
}

function PlanForm({
  rotation: { graceEndsAt },
  day,
  isBusy,
  onPlanning,
  onLeave,
  onPlan,
}: {
  rotation: Rotation;
  day: DayOfCalls | undefined;
  isBusy: boolean;
  onPlanning: (brownout: Brownout | null) => void;
  onLeave: () => void;
  onPlan: (brownout: Brownout) => void;
}) {
  const [begin, setBegin] = useState(() => localMoment(firstIdea(Date.parse(graceEndsAt))));
  const [minutes, setMinutes] = useState('15');
  const brownout = brownoutOf(begin, minutes);
  const change = (nextBegin: string, nextMinutes: string) => {
    setBegin(nextBegin);
    setMinutes(nextMinutes);
    onPlanning(brownoutOf(nextBegin, nextMinutes));
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (brownout) onPlan(brownout);
      }}
    >
      <Stack gap="sm">
        <Group align="flex-end" gap="sm">
          <TextInput
            label="Refuse it from"
            description="In your own time"
            type="datetime-local"
            required
            value={begin}
            onChange={(event) => change(event.currentTarget.value, minutes)}
          />
          <Select
            label="For"
            data={lengths}
            allowDeselect={false}
            value={minutes}
            onChange={(chosen) => change(begin, chosen ?? minutes)}
            w={140}
          />
          <Button type="submit" variant="default" loading={isBusy}>
            Plan it
          </Button>
          <Button variant="subtle" onClick={onLeave}>
            Put away
          </Button>
        </Group>
        <div role="status">
          {brownout && day && (
            <Forecast
              calls={callsAtThatTime(
                day,
                Date.parse(brownout.startsAt),
                Date.parse(brownout.endsAt),
              )}
            />
          )}
        </div>
        {day && day.bars.length > 0 && (
          <BarChart
            bars={day.bars.map(({ from, calls }) => ({ from, parts: [calls] }))}
            series={withOldSecret}
            from={Math.floor((day.to - dayMs) / day.intervalMs) * day.intervalMs}
            to={Math.ceil(day.to / day.intervalMs) * day.intervalMs}
            intervalMs={day.intervalMs}
            height={64}
            says="When the old secret was used: choose a bar for a brownout at that time"
            picks="plan a brownout at that time"
            onPick={(from) => change(localMoment(nextTime(from, Date.now())), minutes)}
          />
        )}
      </Stack>
    </form>
  );
}

/** When the clock shows the same again. */
function nextTime(at: number, now: number): number {
  return at + Math.ceil((now - at) / dayMs) * dayMs;
}

const withOldSecret = [oldSecret];

/** `null` where no time is typed. */
function brownoutOf(begin: string, minutes: string): Brownout | null {
  const startsAt = Date.parse(begin);
  if (Number.isNaN(startsAt)) return null;
  return {
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(startsAt + Number(minutes) * minuteMs).toISOString(),
  };
}
