import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keysQuery, type ApiKey } from './keys.js';

/** One key of the account, looked for by its name. */
export function KeySelect({
  accountId,
  label,
  description,
  placeholder = 'Any',
  value,
  onChange,
}: {
  accountId: string;
  label: string;
  description?: string;
  placeholder?: string;
  value: string | undefined;
  /** @param key the chosen one, as it is now */
  onChange: (keyId: string | undefined, key?: ApiKey) => void;
}) {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 200);
  const keys = useInfiniteQuery({
    ...keysQuery(accountId, q === '' ? {} : { q }),
    placeholderData: keepPreviousData,
  });
  const all = keys.data?.pages.flatMap(({ results }) => results) ?? [];
  const found = all.map(({ id, name }) => ({ value: id, label: name }));
  // What was chosen may be on no page that is here.
  const [last, setLast] = useState<ApiKey>();
  const isKnown = value === undefined || found.some((one) => one.value === value);
  return (
    <Select
      label={label}
      description={description}
      placeholder={placeholder}
      searchable
      clearable
      // The server has looked already, into more than the name.
      filter={({ options }) => options}
      data={isKnown ? found : [{ value, label: last?.id === value ? last.name : value }, ...found]}
      value={value ?? null}
      onChange={(chosen) => {
        setTyped('');
        const key = all.find(({ id }) => id === chosen);
        setLast(key);
        onChange(chosen ?? undefined, key);
      }}
      onSearchChange={(text) => setTyped(found.some((one) => one.label === text) ? '' : text)}
      nothingFoundMessage="No such key"
    />
  );
}
