import type { Schemas } from '@latchkey/sdk';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { answered, api, Problem } from '../api/client.js';

export type Visitor = Schemas['WhoAmIResponse'];
export type Membership = Schemas['MembershipResponse'];

/** Who is signed in; `null` is nobody. */
export const visitorQuery = queryOptions({
  queryKey: ['session'],
  staleTime: 60_000,
  queryFn: async (): Promise<Visitor | null> => {
    try {
      return await answered(api.GET('/v1/session'));
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
});

/** Whether links go by e-mail from here: invitations, and those for a new password. */
export const mailingQuery = queryOptions({
  queryKey: ['mailing'],
  staleTime: Infinity,
  queryFn: () => answered(api.GET('/v1/session/recovery')),
});

/** Who is signed in, on pages that only somebody who is can see. */
export function useVisitor(): Visitor {
  const { data } = useSuspenseQuery(visitorQuery);
  if (data === null) throw new Problem(401, { message: 'Sign in first.' });
  return data;
}

/** In which account the page is, and what may be done there. */
export interface Standing {
  readonly accountId: string;
  readonly role: Membership['role'];
  /** As whom they act there. */
  readonly memberId: string;
  /** Whether it is the operator, who acts on every account. */
  readonly isOperator: boolean;
  /** Whether it is somebody who sees every account. */
  readonly seesEveryAccount: boolean;
  /** Whether the operator is in their own account, whose keys open the management API of all. */
  readonly isOperatorAtHome: boolean;
  may(scope: string): boolean;
}

/** An admin of the operator's own account acts on every account and on what all share; an auditor of it reads all of that. */
function operatorsMembership({ memberships }: Visitor): Membership | undefined {
  return memberships.find(({ account, role }) => account.isOperator && role !== 'developer');
}

export function isOperator(visitor: Visitor): boolean {
  return operatorsMembership(visitor)?.role === 'admin';
}

/** Whether somebody may look at what all accounts share. */
export function seesInstallation(visitor: Visitor): boolean {
  return operatorsMembership(visitor) !== undefined;
}

/** `null` where nobody who is signed in may look. */
export function standingIn(visitor: Visitor, accountId: string): Standing | null {
  const own = visitor.memberships.find(({ account }) => account.id === accountId);
  const operator = operatorsMembership(visitor);
  const membership = own ?? operator;
  if (membership === undefined) return null;
  const scopes = new Set(membership.scopes);
  return {
    accountId,
    role: membership.role,
    memberId: membership.memberId,
    isOperator: isOperator(visitor),
    seesEveryAccount: operator !== undefined,
    isOperatorAtHome: isOperator(visitor) && operator?.account.id === accountId,
    may: (scope) => scopes.has(scope),
  };
}

/** @throws Problem where nobody who is signed in may look */
export function useStanding(): Standing {
  const { accountId } = useParams({ strict: false });
  const standing = standingIn(useVisitor(), accountId ?? '');
  if (standing === null) throw new Problem(404, { message: 'There is no such account for you.' });
  return standing;
}

const lastAccountKey = 'latchkey.account';

/** Where somebody goes who names no account: where they were last, or else where they have been longest. */
export function homeOf({ memberships, current }: Visitor): string | null {
  const last = localStorage.getItem(lastAccountKey);
  const known = memberships.find(({ account }) => account.id === last) ?? current ?? memberships[0];
  return known?.account.id ?? null;
}

/** The account that this tab looked at last: where pages of the whole installation lead back to. */
export function accountInView(visitor: Visitor): string | null {
  const last = sessionStorage.getItem(lastAccountKey);
  return last !== null && standingIn(visitor, last) !== null ? last : homeOf(visitor);
}

export function rememberHome(accountId: string): void {
  localStorage.setItem(lastAccountKey, accountId);
  sessionStorage.setItem(lastAccountKey, accountId);
}
