import { SimpleGrid, Textarea, TextInput } from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';
import type { ApiKey } from './keys.js';

/** What is told of a key in words, as it is typed. */
export interface KeyTexts {
  readonly name: string;
  readonly recipient: string;
  readonly contactEmail: string;
  readonly purpose: string;
}

export const noTexts: KeyTexts = { name: '', recipient: '', contactEmail: '', purpose: '' };

export function textsOf({ name, recipient, contactEmail, purpose }: ApiKey): KeyTexts {
  return {
    name,
    recipient: recipient ?? '',
    contactEmail: contactEmail ?? '',
    purpose: purpose ?? '',
  };
}

/** As the API has it: what was left empty is not said. */
export function saidOf({ name, recipient, contactEmail, purpose }: KeyTexts) {
  return {
    name: name.trim(),
    recipient: recipient.trim() || null,
    contactEmail: contactEmail.trim() || null,
    purpose: purpose.trim() || null,
  };
}

export function faultOfName(name: string): string | null {
  return name.trim() === '' ? 'A key needs a name.' : null;
}

/** The props of a field that a form gives it. */
type InputProps = (field: keyof KeyTexts) => GetInputPropsReturnType;

export function KeyNameField({ inputProps }: { inputProps: InputProps }) {
  return (
    <TextInput
      label="Name"
      placeholder="Invoicing sync"
      required
      maxLength={200}
      data-autofocus
      {...inputProps('name')}
    />
  );
}

/** Who has a key, and what for. */
export function KeyTextFields({ inputProps }: { inputProps: InputProps }) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Who receives the data"
          description="A vendor, or a system of yours"
          placeholder="Acme Invoicing Ltd"
          {...inputProps('recipient')}
        />
        <TextInput
          label="Whom to ask"
          description="Told when its secret has to be replaced"
          placeholder="integrations@acme.example"
          type="email"
          {...inputProps('contactEmail')}
        />
      </SimpleGrid>
      <Textarea label="What for" autosize minRows={2} {...inputProps('purpose')} />
    </>
  );
}
