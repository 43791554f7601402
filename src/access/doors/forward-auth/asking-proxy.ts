import type { Forwarder } from '../../../core/access-request.js';
import type { ErrorAnswer } from '../../../platform/errors/envelope.js';
import type { WrittenAnswer } from '../../admission.js';
import type { Arrival } from '../../arrival.js';

/** The call that a proxy asks about, in the words of the proxy. */
export type ToldCall =
  | {
      readonly clear: true;
      readonly method: string;
      /** Path and query, byte for byte as they are sent on. */
      readonly uri: string;
      /** For the log. */
      readonly host: string | undefined;
    }
  | { readonly clear: false; readonly detail: string };

/** How one kind of proxy asks about a call, and in what form it can pass our answer on. */
export interface AskingProxy extends Forwarder {
  /** The last part of its door's path. */
  readonly name: string;
  /** Whether the call's own path follows that, and its method is the call's. All others ask by GET. */
  readonly asksByCall: boolean;
  tell(arrival: Arrival): ToldCall;
  /** Whether it must be told what there is nothing of, since it would make something up. */
  readonly needsEveryHeader: boolean;
  /** A denial as this proxy can pass it on, where that is not as it is. */
  readonly denialFor?: (denial: WrittenAnswer) => ErrorAnswer;
}
