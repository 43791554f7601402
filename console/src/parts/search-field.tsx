import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';

/** Looks for text in a list. What is sought is in the address, so it is told when the typing stops, and follows a link or a step back. */
export function SearchField({
  sought = '',
  placeholder,
  onSeek,
}: {
  sought: string | undefined;
  placeholder: string;
  onSeek: (q: string | undefined) => void;
}) {
  const [text, setText] = useState(sought);
  // What was told last comes back through the address: only another text there is news.
  const [told, setTold] = useState(sought);
  if (sought !== told) {
    setTold(sought);
    setText(sought);
  }
  const seek = useDebouncedCallback((q: string) => {
    setTold(q);
    onSeek(q === '' ? undefined : q);
  }, 250);
  return (
    <TextInput
      label="Look for"
      placeholder={placeholder}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        seek(event.currentTarget.value);
      }}
      flex="1 1 220px"
      maw={420}
    />
  );
}

/** Whether any of the texts holds what is sought; nothing is in every one. */
export function isFoundIn(sought: string | undefined, ...texts: readonly string[]): boolean {
  const needle = (sought ?? '').trim().toLowerCase();
  return needle === '' || texts.some((text) => text.toLowerCase().includes(needle));
}
