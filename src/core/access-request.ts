import type { CallerReading } from './caller.js';
import type { CredentialReading } from './credential.js';
import type { SentFrom } from './request-origin.js';
import type { PathReading } from './request-path.js';
import type { RouteMatch } from './route-table.js';

/** What a door received, in the words of the rules. */
export interface AccessRequest {
  /** Epoch milliseconds at which it is judged. */
  readonly now: number;
  readonly caller: CallerReading;
  readonly path: PathReading;
  readonly credential: CredentialReading;
  /** Where a session is a credential: whether a page of ours sent it. */
  readonly sentFrom?: SentFrom;
  readonly target: Target;
}

/** What is asked for. */
export interface Target {
  /** The service, unless the request is for Latchkey itself. */
  readonly service: { readonly id: string; readonly open: boolean } | null;
  readonly match: RouteMatch | OwnRoute | UntoldCall;
  /** Who takes the call to its upstream, where that is not Latchkey. */
  readonly forwarder?: Forwarder;
}

/** A proxy that asks about a call and then takes it to an upstream that we have no say in. */
export interface Forwarder {
  /** Whether it takes the parameter `hapikey` out of the query before. */
  readonly takesHapikeyOut: boolean;
}

/** Somebody asked about a call, and there is none to judge: who asked may not, or did not say which one is meant. */
export type UntoldCall =
  | { readonly kind: 'asker_untrusted' }
  /** @param detail what is wrong, in words that echo no input */
  | { readonly kind: 'call_unclear'; readonly detail: string };

/** A route of Latchkey's own: management and `self`. */
export interface OwnRoute {
  readonly kind: 'own';
  readonly path: string;
  readonly scopeSets: readonly (readonly string[])[];
  /** The account that the request is about, where it names one: as whose member somebody acts. */
  readonly accountId?: string;
  /** Anyone: no credential is looked at. People: whoever is signed in, in whatever account; no key. */
  readonly openTo?: 'anyone' | 'people';
  /** Where it stands for an API. Others open none: they are held to no limit, and who looks after keys is never told to wait. */
  readonly isMetered?: true;
}

/** Whether it looks at no credential. */
export function isPublic({ match }: Target): boolean {
  if (match.kind === 'own') return match.openTo === 'anyone';
  return match.kind === 'found' && match.route.public;
}
