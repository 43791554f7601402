import type { HeldCredential } from '../core/ports.js';
import type { PublishedService } from '../store/service-catalog.js';

/** What an upstream is told of the call beyond the call itself. */
export interface Identity {
  readonly credential: HeldCredential;
  /** The scopes that opened the route. */
  readonly usedScopes: readonly string[];
}

/** @returns what this upstream is told of who called; `null` is nothing */
export function identityFor(
  service: PublishedService,
  credential: HeldCredential | null,
  usedScopes: readonly string[],
): Identity | null {
  // An upstream that is shown a credential of its own is somebody else's: who called is none of its business.
  const isTold = service.identityHeaders ?? service.credential === null;
  return isTold && credential !== null ? { credential, usedScopes } : null;
}

/** Contract §5. */
export function identityHeaders({
  credential: { account, key },
  usedScopes,
}: Identity): Record<string, string> {
  return {
    'X-Latchkey-Account': account.id,
    'X-Latchkey-Key': key.id,
    'X-Latchkey-Key-Name': encodeURIComponent(key.name.toWellFormed()),
    'X-Latchkey-Environment': key.environment,
    'X-Latchkey-Scopes': usedScopes.join(' '),
  };
}
