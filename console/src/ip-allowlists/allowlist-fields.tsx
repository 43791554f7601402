import { Button, Checkbox, Group, SegmentedControl, Stack, Text, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { Schemas } from '@latchkey/sdk';
import { isAddressOrNetwork } from './holds-address.js';

export type Allowlist = Schemas['IpAllowlistField'];
type Mode = Allowlist['mode'];

/** A list as it is typed: one entry a line, with what follows a `#` as its note. */
export interface AllowlistDraft {
  readonly mode: Mode;
  readonly text: string;
  readonly confirmAny: boolean;
}

export const noAllowlist: AllowlistDraft = { mode: 'off', text: '', confirmAny: false };

export function draftOf({ mode, entries }: Schemas['IpAllowlistResponse']): AllowlistDraft {
  const lines = entries.map(({ cidr, note }) => (note ? `${cidr}  # ${note}` : cidr));
  return { mode, text: lines.join('\n'), confirmAny: false };
}

export function allowlistOf({ mode, text, confirmAny }: AllowlistDraft): Allowlist {
  const entries = linesOf(text).map((line) => {
    const [cidr = '', ...note] = line.split('#');
    const told = note.join('#').trim();
    return { cidr: cidr.trim(), ...(told !== '' && { note: told }) };
  });
  return { mode, entries, ...(confirmAny && { confirmAny }) };
}

/** The same with more on it; a list that is off begins by reporting. */
export function withAddresses(
  draft: AllowlistDraft,
  ips: readonly string[],
  note = '',
): AllowlistDraft {
  const { entries } = allowlistOf(draft);
  const added = ips
    .filter((ip) => !entries.some(({ cidr }) => cidr === ip))
    .map((ip) => (note === '' ? ip : `${ip}  # ${note}`));
  const lines = [draft.text.trimEnd(), ...added].filter((line) => line !== '');
  return {
    ...draft,
    mode: draft.mode === 'off' ? 'report' : draft.mode,
    text: lines.join('\n'),
  };
}

/** What is pasted may stand on a line with others; behind a `#` all of the line is a note. */
function linesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const note = line.indexOf('#');
    const [before, behind] = note === -1 ? [line, ''] : [line.slice(0, note), line.slice(note)];
    const parts = before.split(/[,;\s]+/).filter((part) => part !== '');
    return parts.map((part, at) => (at === parts.length - 1 ? `${part} ${behind}` : part).trim());
  });
}

/** What of a list is no address and no network, each with its line: known before it is saved. */
export function faultsIn(text: string): readonly string[] {
  return linesOf(text)
    .map((line) => line.split('#', 1)[0]?.trim() ?? '')
    .filter((cidr) => !isAddressOrNetwork(cidr));
}

const modes: readonly { value: Mode; label: string; says: string }[] = [
  { value: 'off', label: 'Off', says: 'Calls pass from every address.' },
  {
    value: 'report',
    label: 'Report only',
    says: 'Calls pass from every address, and the request log says which would have been refused.',
  },
  { value: 'enforce', label: 'Enforce', says: 'Calls pass from these addresses only.' },
];

/** From where a key, or all keys of an account, may be used. @param ownIp the address of whoever types */
export function AllowlistFields({
  draft,
  onChange,
  ownIp,
  errors,
}: {
  draft: AllowlistDraft;
  onChange: (draft: AllowlistDraft) => void;
  ownIp: string | null;
  /** By the entry's place in the list. */
  errors: readonly string[];
}) {
  const says = modes.find(({ value }) => value === draft.mode)?.says;
  const isEmpty = linesOf(draft.text).length === 0;
  const faults = useDebouncedValue(faultsIn(draft.text), 300)[0];
  return (
    <Stack gap="xs">
      <Group gap="sm" align="center">
        <SegmentedControl
          aria-label="What the list does"
          data={modes.map(({ value, label }) => ({ value, label }))}
          value={draft.mode}
          onChange={(mode) => onChange({ ...draft, mode })}
        />
        <Text fz="sm" c="dimmed">
          {says}
        </Text>
      </Group>
      {draft.mode !== 'off' && (
        <>
          <Textarea
            label="Addresses and networks"
            description="One a line, such as 203.0.113.7 or 203.0.113.0/24; a note may follow a #."
            autosize
            minRows={3}
            maxRows={16}
            value={draft.text}
            onChange={(event) => onChange({ ...draft, text: event.currentTarget.value })}
            error={
              errors.length > 0
                ? errors.slice(0, 5).join(' ')
                : faults.length > 0
                  ? `Not taken: ${faults.slice(0, 5).join(', ')}${faults.length > 5 ? ` and ${faults.length - 5} more` : ''}. Write an address, or a network by its first one, such as 203.0.113.0/24.`
                  : undefined
            }
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          />
          <Group gap="sm">
            {ownIp !== null && (
              <Button
                variant="default"
                size="xs"
                onClick={() => onChange(withAddresses(draft, [ownIp], 'my address'))}
              >
                Add my address, {ownIp}
              </Button>
            )}
            {/\/0(?:\D|$)/.test(draft.text) && (
              <Checkbox
                label="A whole family of addresses (/0) is meant"
                checked={draft.confirmAny}
                onChange={(event) =>
                  onChange({ ...draft, confirmAny: event.currentTarget.checked })
                }
              />
            )}
          </Group>
          {draft.mode === 'enforce' && isEmpty && (
            <Text fz="sm" c="error">
              An empty list that is enforced admits nobody.
            </Text>
          )}
        </>
      )}
    </Stack>
  );
}
