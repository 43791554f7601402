import { Badge, Button, CloseButton, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useId, useState, type ReactNode } from 'react';
import { Time } from './time.js';

/** What a filter is of, by the name that it has in the address. */
type Labels = Readonly<Record<string, string>>;

/**
 * Each filter is a chip and a part of the address; what is typed becomes one.
 *
 * @param typed those whose value is typed
 * @param of what is filtered, such as "Calls whose"
 */
export function FilterBar<Field extends string>({
  of,
  filter,
  labels,
  typed,
  placeholders = {},
  faultOf = () => null,
  fieldOf = () => null,
  nameOf = () => null,
  onChange,
  children,
}: {
  of: string;
  filter: Readonly<Partial<Record<Field, string>>>;
  labels: Readonly<Record<Field, string>>;
  typed: readonly [Field, ...Field[]];
  placeholders?: Labels;
  /** What is wrong with a value before it is looked for, in words; `null` is nothing. */
  faultOf?: (field: Field, value: string) => string | null;
  /** Of which field alone a value can be, whichever is chosen; `null` is of any. */
  fieldOf?: (value: string) => Field | null;
  /** What somebody calls what an id stands for, where that is known. */
  nameOf?: (field: Field, value: string) => string | null;
  onChange: (part: Partial<Record<Field | 'from', string | undefined>>) => void;
  children?: ReactNode;
}) {
  const [name, setName] = useState<Field>(typed[0]);
  const [value, setValue] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const faultId = useId();
  const set = Object.entries(filter) as [Field, string][];
  const give = (field: Field | 'from', given: string | undefined) =>
    onChange({ [field]: given } as Parameters<typeof onChange>[0]);
  return (
    <Stack gap="xs">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const typedIn = value.trim();
          if (typedIn === '') return setFault('Type what to look for.');
          const field = fieldOf(typedIn) ?? name;
          const found = faultOf(field, typedIn);
          setFault(found);
          if (found !== null) return;
          give(field, typedIn);
          setValue('');
        }}
      >
        <Group gap="xs" align="flex-end">
          <Select
            label={of}
            data={typed.map((one) => ({ value: one, label: labels[one] }))}
            value={name}
            allowDeselect={false}
            onChange={(chosen) => {
              setName((chosen ?? typed[0]) as Field);
              setFault(null);
            }}
            w={180}
          />
          <TextInput
            label="is"
            placeholder={placeholders[name] ?? ''}
            value={value}
            onChange={(event) => {
              setValue(event.currentTarget.value);
              setFault(null);
            }}
            error={fault !== null}
            aria-describedby={faultId}
            flex="1 1 200px"
            maw={340}
          />
          <Button type="submit" variant="default">
            Add
          </Button>
          {children}
          <Select
            label="Since"
            placeholder="Ever"
            clearable
            data={[
              { value: '1', label: 'an hour ago' },
              { value: '24', label: 'a day ago' },
              { value: '168', label: 'a week ago' },
              { value: '720', label: '30 days ago' },
            ]}
            value={null}
            onChange={(hours) =>
              hours !== null &&
              give('from', new Date(Date.now() - Number(hours) * 3_600_000).toISOString())
            }
            w={150}
          />
        </Group>
        <Text id={faultId} fz="sm" c="error" role="status">
          {fault}
        </Text>
      </form>
      {set.length > 0 && (
        <Group gap="xs">
          {set.map(([field, chosen]) => (
            <Badge
              key={field}
              variant="light"
              size="lg"
              tt="none"
              rightSection={
                <CloseButton
                  size="xs"
                  aria-label={`Take away: ${labels[field]} ${chosen}`}
                  onClick={() => give(field, undefined)}
                />
              }
            >
              {labels[field]}{' '}
              {isMoment(field, chosen) ? (
                <Time at={chosen} exact />
              ) : (
                (nameOf(field, chosen) ?? chosen)
              )}
            </Badge>
          ))}
        </Group>
      )}
    </Stack>
  );
}

/** What stands in an address may be no time at all. */
function isMoment(field: string, text: string): boolean {
  return (field === 'from' || field === 'to') && !Number.isNaN(Date.parse(text));
}
