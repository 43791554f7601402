import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';

/** Looks for text in a list. What is sought is in the address, so it is told when the typing stops. */
export function SearchField({
  sought,
  placeholder,
  onSeek,
}: {
  sought: string | undefined;
  placeholder: string;
  onSeek: (q: string | undefined) => void;
}) {
  const seek = useDebouncedCallback((q: string) => onSeek(q === '' ? undefined : q), 250);
  return (
    <TextInput
      label="Look for"
      placeholder={placeholder}
      leftSection={<IconSearch size={16} aria-hidden />}
      defaultValue={sought ?? ''}
      onChange={(event) => seek(event.currentTarget.value)}
      maw={420}
    />
  );
}

/** Whether any of the texts holds what is sought; nothing is in every one. */
export function isFoundIn(sought: string | undefined, ...texts: readonly string[]): boolean {
  const needle = (sought ?? '').trim().toLowerCase();
  return needle === '' || texts.some((text) => text.toLowerCase().includes(needle));
}
