import type { FastifyRequest } from 'fastify';
import type { AccessOutcome } from '../../core/check-access.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { IdempotencyClaim } from '../../store/idempotency.store.js';
import type { Arrival } from '../arrival.js';

/** A request on its way through the guards, with what each found out. */
export interface GuardedRequest extends FastifyRequest {
  /** Set as the request comes in. */
  arrival: Arrival;
  /** Set by the access guard, or by the error filter where the guard was never reached. */
  outcome?: AccessOutcome;
  /** Set by the access guard: whether the same request would be let in now. For an answer that goes on. */
  stillAdmitted?: () => Promise<boolean>;
  /** Set by the tenancy guard, for a route that names an account. */
  account?: AccountEntity;
  /** Set for a creating request with an `Idempotency-Key` that was not carried out before. */
  idempotency?: IdempotencyClaim;
}

/** What passport's strategies are shown in place of a request: our one reading of it, and nothing else to read. */
export interface Carrier {
  /** Asks for the decision. It comes with the request because passport keeps its strategies for the process, not for one application. */
  judge(): Promise<AccessOutcome>;
  /** For passport-http-bearer: the bearer token as we read it, if that is what there is. */
  readonly headers: { readonly authorization?: string };
}
