import { oneOf, present, textIn, type RawSearch } from '../parts/search.js';

export const keyStates = ['active', 'suspended', 'revoked', 'expired'] as const;
export const environments = ['production', 'staging', 'qa', 'development'] as const;

/** Which keys are looked at. */
export interface KeysSearch {
  readonly state?: (typeof keyStates)[number];
  readonly environment?: (typeof environments)[number];
  readonly scope?: string;
  readonly q?: string;
  /** Those whose rotation has not ended. */
  readonly rotation?: 'underway';
}

export function readKeysSearch(search: RawSearch): KeysSearch {
  return present({
    state: oneOf(keyStates, search.state),
    environment: oneOf(environments, search.environment),
    scope: textIn(search.scope),
    q: textIn(search.q),
    rotation: oneOf(['underway'], search.rotation),
  });
}
