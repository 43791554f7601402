import { forwardedForLines } from '../core/caller.js';
import { misplacedSecretsIn, type SeenText } from '../core/misplaced-secret.js';
import type { NewCall } from '../core/ports.js';
import { isMasked } from '../core/redaction.js';
import type { SecretSightings } from '../store/secret-sightings.js';
import type { Attempt } from './arrival.js';

/** Notes secrets of ours that came where none belongs, to be looked up later. It waits for nothing. @param row what is kept */
export function lookForSecrets(attempt: Attempt, row: NewCall, sightings: SecretSightings): void {
  const found = misplacedSecretsIn(textsOf(attempt, row), attempt.rawHeaders);
  if (found.length === 0) return;
  // Its account may be another than the one that says where the caller is, so it is told what we saw ourselves.
  const callerIp = attempt.actor === null ? row.callerIp : row.peerIp;
  const call = { callId: attempt.id, callerIp, seenAt: attempt.at };
  for (const secret of found) sightings.saw(secret, call);
}

/** What may hold one: what is kept was looked through for secrets, so only what that changed is read once more. */
function textsOf({ target, headers, rawHeaders }: Attempt, row: NewCall): readonly SeenText[] {
  const texts: SeenText[] = [];
  const add = (place: SeenText['place'], raw: string | null | undefined) => {
    if (raw) texts.push({ place, raw });
  };
  if (isMasked(row.path)) add('path', target.path.raw);
  if (isMasked(row.query)) add('query', target.rawQuery);
  if (isMasked(row.host)) add('host', headers.host);
  add('referer', headers.referer);
  if (isMasked(row.userAgent)) add('user_agent', headers['user-agent']);
  if (isMasked(row.clientRequestId)) add('request_id', [headers['x-request-id']].flat().join(' '));
  if (isMasked(row.forwardedFor)) add('forwarded_for', forwardedForLines(rawHeaders).join(', '));
  return texts;
}
