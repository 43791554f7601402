import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessOutcome } from '../../../core/check-access.js';
import { type Admission, ignoreUnavailable } from '../../admission.js';
import type { Arrival } from '../../arrival.js';
import type { CallPlace } from '../../call-row.js';

/** A browser asking whether a page may call (Fetch standard, "CORS-preflight request"); any other OPTIONS is a method like others. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

const outcome: AccessOutcome = {
  decision: { allowed: true, usedScopes: [] },
  credential: null,
  session: null,
  member: null,
  secretState: null,
  credentialKind: 'none',
  wouldDeny: null,
  limits: [],
};

/** Answers with the service's policy, which is: no cross-origin use. A browser reads the absence of headers as a no. */
export async function answerPreflight(
  admission: Admission,
  arrival: Arrival,
  response: ServerResponse,
  place: CallPlace,
): Promise<void> {
  try {
    await admission.record(arrival, outcome, place, { status: 204, responseBytes: 0 });
  } catch (error) {
    ignoreUnavailable(error);
    return admission.answerLogUnavailable(response, arrival, outcome);
  }
  response.writeHead(204, { 'X-Correlation-Id': arrival.id, Vary: 'Origin' });
  response.end();
}
