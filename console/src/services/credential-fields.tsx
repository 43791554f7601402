import {
  Code,
  PasswordInput,
  Radio,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import type { Schemas } from '@latchkey/sdk';

type Shown = Schemas['UpstreamCredentialResponse'];

/** What is to become of an upstream's credential. Its value goes in, and never comes out again. */
export interface CredentialDraft {
  readonly choice: 'keep' | 'give' | 'none';
  readonly in: Shown['in'];
  readonly name: string;
  readonly value: string;
}

export function credentialDraftOf(shown: Shown | null | undefined): CredentialDraft {
  const place = shown ?? { in: 'header', name: 'Authorization' };
  return { choice: shown == null ? 'none' : 'keep', ...place, value: '' };
}

/** As it is sent: left out, the one that is there stays; null takes it away. */
export function credentialOf({ choice, ...given }: CredentialDraft): {
  credential?: Schemas['UpstreamCredentialField'] | null;
} {
  if (choice === 'keep') return {};
  return { credential: choice === 'none' ? null : given };
}

export function CredentialFields({
  shown,
  draft,
  onChange,
  none,
  errors,
}: {
  shown: Shown | null | undefined;
  draft: CredentialDraft;
  onChange: (draft: CredentialDraft) => void;
  /** What it means to have none. */
  none: string;
  /** By the names that the API has for the fields, such as `credential.value`. */
  errors: Readonly<Record<string, unknown>>;
}) {
  const errorOf = (field: string) => errors[field] as string | undefined;
  return (
    <Stack gap="sm">
      <Radio.Group
        label="Credential"
        description="What the upstream is shown in the place of the caller’s key. It is sealed, and never shown again."
        value={draft.choice}
        onChange={(choice) => onChange({ ...draft, choice: choice as CredentialDraft['choice'] })}
        error={errorOf('credential')}
      >
        <Stack gap="xs" mt="xs">
          {shown != null && (
            <Radio
              value="keep"
              label={
                <>
                  The one that is there, in the {placeInWords(shown.in)} <Code>{shown.name}</Code>
                </>
              }
            />
          )}
          <Radio value="give" label={shown == null ? 'This one' : 'Another one'} />
          <Radio value="none" label={none} />
        </Stack>
      </Radio.Group>
      {draft.choice === 'give' && (
        <>
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <Select
              label="Goes into a"
              data={[
                { value: 'header', label: 'header' },
                { value: 'query', label: 'query parameter' },
              ]}
              allowDeselect={false}
              value={draft.in}
              onChange={(place) =>
                place !== null && onChange({ ...draft, in: place as Shown['in'] })
              }
              error={errorOf('credential.in')}
            />
            <TextInput
              label="Called"
              required
              maxLength={128}
              value={draft.name}
              onChange={(event) => onChange({ ...draft, name: event.currentTarget.value })}
              error={errorOf('credential.name')}
            />
          </SimpleGrid>
          <PasswordInput
            label="Value"
            description="All of it, such as Bearer and a token"
            required
            autoComplete="off"
            maxLength={4096}
            value={draft.value}
            onChange={(event) => onChange({ ...draft, value: event.currentTarget.value })}
            error={errorOf('credential.value')}
          />
        </>
      )}
    </Stack>
  );
}

function placeInWords(place: Shown['in']): string {
  return place === 'header' ? 'header' : 'query parameter';
}

/** Where a credential goes; of what it is, nothing is known here. */
export function CredentialInWords({
  credential,
  none,
}: {
  credential: Shown | null | undefined;
  none: string;
}) {
  if (credential == null)
    return (
      <Text span fz="sm" c="dimmed">
        {none}
      </Text>
    );
  return (
    <Text span fz="sm">
      {placeInWords(credential.in)} <Code>{credential.name}</Code>
    </Text>
  );
}
