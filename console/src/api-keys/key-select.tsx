import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keysQuery } from './keys.js';

/** One key of the account, looked for by its name. */
export function KeySelect({
  accountId,
  label,
  value,
  onChange,
}: {
  accountId: string;
  label: string;
  value: string | undefined;
  onChange: (keyId: string | undefined) => void;
}) {
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 200);
  const keys = useInfiniteQuery({
    ...keysQuery(accountId, q === '' ? {} : { q }),
    placeholderData: keepPreviousData,
  });
  const found = (keys.data?.pages.flatMap(({ results }) => results) ?? []).map(({ id, name }) => ({
    value: id,
    label: name,
  }));
  const isKnown = value === undefined || found.some((one) => one.value === value);
  return (
    <Select
      label={label}
      placeholder="Any"
      searchable
      clearable
      // The server has looked already, into more than the name.
      filter={({ options }) => options}
      data={isKnown ? found : [{ value, label: value }, ...found]}
      value={value ?? null}
      onChange={(chosen) => {
        setTyped('');
        onChange(chosen ?? undefined);
      }}
      onSearchChange={(text) => setTyped(found.some((one) => one.label === text) ? '' : text)}
      nothingFoundMessage="No such key"
    />
  );
}
