import { keyStateAt } from '../core/key-state.js';
import type { SecretState } from '../core/call.js';
import type { HeldCredential } from '../core/ports.js';

/** What is told of whose credential it is, and of what that may do. @param now epoch milliseconds */
export function describeCredential(
  credential: HeldCredential,
  secretState: SecretState | null,
  now: number,
) {
  const { account, key } = credential;
  return {
    account: { id: account.id, name: account.name },
    key: {
      id: key.id,
      name: key.name,
      environment: key.environment,
      state: keyStateAt(key, now),
      expiresAt: isoOrNull(key.expiresAt),
    },
    scopes: [...key.scopes],
    secret: {
      id: credential.id,
      start: credential.start,
      state: secretState,
      endsAt: isoOrNull(credential.endsAt),
    },
  };
}

export function isoOrNull(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
