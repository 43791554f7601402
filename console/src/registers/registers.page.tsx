import { Button, Card, Group, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { KeySelect } from '../api-keys/key-select.js';
import { counted } from '../parts/counted.js';
import { downloadFrom } from '../parts/download.js';
import { PageHead } from '../parts/page-head.js';
import { ProblemAlert } from '../parts/states.js';
import { callCountsQuery, type CallFilter } from '../request-log/calls.js';
import { useStanding } from '../session/session.js';
import { periodOf, type RegistersSearch } from './registers-search.js';

/** What a data-protection officer asks for: who may see what and did, and what is known of an incident. */
export function RegistersPage() {
  const standing = useStanding();
  const { accountId } = standing;
  const search = useSearch({ from: '/inside/accounts/$accountId/registers' });
  const navigate = useNavigate({ from: '/accounts/$accountId/registers' });
  const change = (part: RegistersSearch) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const period = periodOf(search);
  const isIncident = search.from !== undefined || search.keyId !== undefined || search.ip !== undefined; // prettier-ignore
  const filter: CallFilter = {
    ...period,
    ...(search.keyId !== undefined && { keyId: search.keyId }),
    ...(search.ip !== undefined && { ip: search.ip }),
  };
  return (
    <>
      <PageHead title="Registers">
        Reports to hand on: as a page to print, or as a file. Each is on record in the audit trail.
      </PageHead>
      <Stack>
        <Card withBorder>
          <Title order={2} fz="h4" mb={4}>
            Period
          </Title>
          <Text fz="sm" c="dimmed" mb="xs">
            Days as your clock has them ({Intl.DateTimeFormat().resolvedOptions().timeZone}), the
            last one included.
          </Text>
          <Group align="flex-end">
            <TextInput
              type="date"
              label="From"
              value={search.from ?? ''}
              onChange={(event) => change({ from: event.currentTarget.value || undefined })}
            />
            <TextInput
              type="date"
              label="To"
              value={search.to ?? ''}
              onChange={(event) => change({ to: event.currentTarget.value || undefined })}
            />
          </Group>
        </Card>
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          {standing.may('latchkey.keys.read') && (
            <Card withBorder>
              <Title order={2} fz="h4" mb={4}>
                Register of access
              </Title>
              <Text mb="md">
                Of every key: whom it serves and what for, what it may, and what it did in the
                period. Without a first day, it is of the last 30 days.
              </Text>
              <Downloads accountId={accountId} register="access" query={period} />
            </Card>
          )}
          <Card withBorder>
            <Title order={2} fz="h4" mb={4}>
              Incident report
            </Title>
            <Text mb="sm">
              What is known of the calls with a key, from an address, or of the period.
            </Text>
            <Stack gap="sm">
              <KeySelect
                accountId={accountId}
                label="Key"
                value={search.keyId}
                onChange={(keyId) => change({ keyId })}
              />
              <AddressField value={search.ip} onChange={(ip) => change({ ip })} />
              {isIncident ? (
                <Matches accountId={accountId} filter={filter} />
              ) : (
                <Text fz="sm" c="dimmed">
                  Choose a first day, a key or an address.
                </Text>
              )}
              <Downloads
                accountId={accountId}
                register="incident"
                query={filter}
                disabled={!isIncident}
              />
            </Stack>
          </Card>
        </SimpleGrid>
      </Stack>
    </>
  );
}

/** It becomes a part of the address when it is done, not with every letter. */
function AddressField({
  value = '',
  onChange,
}: {
  value: string | undefined;
  onChange: (ip: string | undefined) => void;
}) {
  const [typed, setTyped] = useState(value);
  const done = () => onChange(typed.trim() || undefined);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        done();
      }}
    >
      <TextInput
        label="Address or network"
        placeholder="203.0.113.7 or 203.0.113.0/24"
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={done}
      />
    </form>
  );
}

/** Whether there is anything to report on, and whether what was typed makes sense. */
function Matches({ accountId, filter }: { accountId: string; filter: CallFilter }) {
  const counts = useQuery(callCountsQuery(accountId, filter));
  if (counts.error) return <ProblemAlert error={counts.error} />;
  return (
    <Text fz="sm" role="status">
      {counts.data
        ? `${counts.data.estimated ? 'About ' : ''}${counted(counts.data.calls, 'call is', 'calls are')} like that.`
        : 'Counting…'}
    </Text>
  );
}

const files = [
  { format: 'csv', label: 'CSV' },
  { format: 'json', label: 'JSON' },
] as const;

function Downloads({
  accountId,
  register,
  query,
  disabled = false,
}: {
  accountId: string;
  register: 'access' | 'incident';
  query: object;
  disabled?: boolean;
}) {
  const at = (format: string) =>
    `/v1/accounts/${encodeURIComponent(accountId)}/registers/${register}?${new URLSearchParams({ ...query, format })}`; // prettier-ignore
  const saving = useMutation({ mutationFn: (format: string) => downloadFrom(at(format)) });
  return (
    <Stack gap="sm">
      <Group gap="sm">
        {disabled ? (
          <Button variant="default" disabled>
            Page to print
          </Button>
        ) : (
          <Button component="a" href={at('html')} target="_blank" rel="noopener">
            Page to print
          </Button>
        )}
        {files.map(({ format, label }) => (
          <Button
            key={format}
            variant="default"
            disabled={disabled}
            loading={saving.isPending && saving.variables === format}
            onClick={() => saving.mutate(format)}
          >
            {label}
          </Button>
        ))}
      </Group>
      {saving.error && <ProblemAlert error={saving.error} />}
    </Stack>
  );
}
