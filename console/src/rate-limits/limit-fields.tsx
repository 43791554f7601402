import { SimpleGrid, TextInput } from '@mantine/core';
import { windowSecondsUnlessSet, type LimitsDraft } from './limits.js';

/** How often may be called. @param errors by the names that the API has for the fields */
export function LimitFields({
  draft,
  onChange,
  errors,
}: {
  draft: LimitsDraft;
  onChange: (draft: LimitsDraft) => void;
  errors: Readonly<Record<string, unknown>>;
}) {
  const field = (name: keyof LimitsDraft, apiName: string) => ({
    inputMode: 'numeric' as const,
    value: draft[name],
    onChange: (event: { currentTarget: HTMLInputElement }) =>
      onChange({ ...draft, [name]: event.currentTarget.value }),
    error: errors[`rateLimits.${apiName}`] as string | undefined,
  });
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      <TextInput
        label="Calls at most"
        description="Empty is no limit"
        placeholder="no limit"
        {...field('rolling', 'rolling.requests')}
      />
      <TextInput
        label="In so many seconds"
        description="Wherever it begins"
        placeholder={String(windowSecondsUnlessSet)}
        {...field('windowSeconds', 'rolling.windowSeconds')}
      />
      <TextInput
        label="Calls a day at most"
        description="Empty is no limit"
        placeholder="no limit"
        {...field('daily', 'daily.requests')}
      />
    </SimpleGrid>
  );
}
