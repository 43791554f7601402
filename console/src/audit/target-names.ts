import { useQuery } from '@tanstack/react-query';
import { membersQuery } from '../members/members.js';
import type { Standing } from '../session/session.js';
import type { AuditEvent } from './events.js';

/** What people know an object by, whichever it is. */
const nameFields = ['name', 'email', 'url', 'service'] as const;

/** What its target was called then, if the event says so. */
export function nameThen({ before, after }: Pick<AuditEvent, 'before' | 'after'>): string | null {
  const facts = { ...before, ...after } as Partial<Record<string, unknown>>;
  const name = nameFields.map((field) => facts[field]).find((value) => typeof value === 'string');
  return (name as string | undefined) ?? null;
}

/** What targets are called by the latest of these events that says so, by their ids. */
export function namesIn(events: readonly AuditEvent[]): ReadonlyMap<string, string> {
  return new Map(
    events.toReversed().flatMap((event) => {
      const name = nameThen(event);
      return name === null ? [] : [[event.target.id, name] as const];
    }),
  );
}

/** The same, and the people of the account: what they do with their own sign-in does not name them. */
export function useTargetNames(
  { accountId, may }: Standing,
  events: readonly AuditEvent[],
): ReadonlyMap<string, string> {
  const { data } = useQuery({
    ...membersQuery(accountId),
    enabled: may('latchkey.members.read'),
    staleTime: 60_000,
  });
  const people = (data?.results ?? []).flatMap(({ id, person }) => [
    [id, person.name] as const,
    [person.id, person.name] as const,
  ]);
  return new Map([...people, ...namesIn(events)]);
}
