import { forwardedForLines } from '../core/caller.js';
import { misplacedSecretsIn } from '../core/misplaced-secret.js';
import type { NewCall } from '../core/ports.js';
import type { SecretSightings } from '../store/secret-sightings.js';
import type { Attempt } from './arrival.js';

/** Notes secrets of ours that came where none belongs, to be looked up later. It waits for nothing. @param row what is kept */
export function lookForSecrets(attempt: Attempt, row: NewCall, sightings: SecretSightings): void {
  const { headers, rawHeaders } = attempt;
  const found = misplacedSecretsIn(
    [
      { place: 'path', raw: attempt.target.path.raw, kept: row.path },
      { place: 'query', raw: attempt.target.rawQuery, kept: row.query },
      { place: 'host', raw: headers.host, kept: row.host },
      { place: 'referer', raw: headers.referer, kept: undefined },
      { place: 'user_agent', raw: headers['user-agent'], kept: row.userAgent },
      {
        place: 'request_id',
        raw: [headers['x-request-id']].flat().join(' '),
        kept: row.clientRequestId,
      },
      {
        place: 'forwarded_for',
        raw: row.forwardedFor === null ? null : forwardedForLines(rawHeaders).join(', '),
        kept: row.forwardedFor,
      },
    ],
    rawHeaders,
  );
  // Its account may be another than the one that says where the caller is, so it is told what we saw ourselves.
  const callerIp = attempt.actor === null ? row.callerIp : row.peerIp;
  const call = { callId: attempt.id, callerIp, seenAt: attempt.at };
  for (const secret of found) sightings.saw(secret, call);
}
