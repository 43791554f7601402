import type { SecretPlace } from './misplaced-secret.js';
import type { Notice, OfKey, OfRotation } from './notice.js';
import { escapeControls } from './redaction.js';
import { shownTime } from './shown-time.js';

/** A notice for a person. Each part is one line. */
export interface NoticeText {
  readonly subject: string;
  readonly happened: string;
  readonly toDo: string;
}

const placeTexts: Readonly<Record<SecretPlace, string>> = {
  path: 'the path',
  query: 'the query, other than as hapikey,',
  host: 'the Host header',
  referer: 'the Referer',
  user_agent: 'the user agent',
  request_id: 'the X-Request-Id',
  forwarded_for: 'the X-Forwarded-For',
  header_name: 'the name of a header',
};

const reportsTo = 'If you did not expect this, ask whoever administers your keys.';

/** What a notice says to a person: what happened, and what to do. */
export function noticeText(notice: Notice): NoticeText {
  const text = textOf(notice);
  return {
    subject: escapeControls(text.subject),
    happened: escapeControls(text.happened),
    toDo: escapeControls(text.toDo),
  };
}

function textOf(notice: Notice): NoticeText {
  switch (notice.kind) {
    case 'rotation.opened':
      return ofRotation(
        notice.data,
        'is being rotated',
        (until) =>
          `It has a new secret, which works already. The old one begins to retire at ${shownTime(notice.data.startedAt)} and stops working at ${until}.`,
        'Hand the new secret to every system that uses this key, and watch the rotation until nobody uses the old one.',
      );
    case 'rotation.extended':
      return ofRotation(
        notice.data,
        'has another end for its old secret',
        (until) => `The end was moved: the old secret now works until ${until}.`,
        'Move every system to the new secret before then.',
      );
    case 'rotation.cancelled':
      return ofRotation(
        notice.data,
        'is no longer rotated',
        () => 'The rotation was cancelled: the new secret has ended, and the old one stays.',
        'Put the old secret back wherever the new one is in use already.',
      );
    case 'rotation.finished':
      return ofRotation(
        notice.data,
        'was rotated',
        () => 'The rotation was finished: the old secret no longer works.',
        'Nothing, if every system uses the new secret. One that is refused now still has the old one.',
      );
    case 'rotation.expired':
      return ofRotation(
        notice.data,
        'was rotated',
        (until) => `The grace ended at ${until}: the old secret no longer works.`,
        'Nothing, if every system uses the new secret. One that is refused now still has the old one.',
      );
    case 'rotation.ends_in_7_days':
    case 'rotation.ends_in_24_hours': {
      const { oldSecretLastUsedAt, oldSecretCallers } = notice.data;
      const span = notice.kind === 'rotation.ends_in_7_days' ? '7 days' : '24 hours';
      const callers = `${oldSecretCallers} ${oldSecretCallers === 1 ? 'caller' : 'callers'}`;
      return ofRotation(
        notice.data,
        `has an old secret in use that ends in ${span}`,
        (until) =>
          `The old secret stops working at ${until}. It was last used at ${shownTime(oldSecretLastUsedAt)}; ${callers} used it since the rotation began.`,
        'See in the rotation who still uses it and move them to the new secret, or extend the grace.',
      );
    }
    case 'secret.over_age': {
      const { secretStart, createdAt, maxAgeDays, isRefused } = notice.data;
      return ofKey(
        notice.data,
        'has a secret that is too old',
        `The secret that begins with ${secretStart} was made at ${shownTime(createdAt)}, and may be ${maxAgeDays} days old.${isRefused ? ' Calls with it are refused.' : ''}`,
        'Rotate the key: the old secret works beside the new one until every system has moved.',
      );
    }
    case 'secret.misplaced': {
      const { secretStart, place, callId, callerIp, seenAt } = notice.data;
      return ofKey(
        notice.data,
        'has a secret that travelled in the wrong place',
        `The secret that begins with ${secretStart} was seen in ${placeTexts[place]} of the call ${callId}, from ${callerIp ?? 'an address that could not be determined'}, at ${shownTime(seenAt)}. It is masked in the log of Latchkey, and may stand in those of other systems on its way.`,
        'Find the program that sends it there, have it send the secret by one of the three methods alone, and rotate the key.',
      );
    }
    case 'key.expiring':
      return ofKey(
        notice.data,
        `expires within ${notice.data.withinDays === 1 ? 'a day' : `${notice.data.withinDays} days`}`,
        `It stops working, with all its secrets, at ${shownTime(notice.data.expiresAt)}.`,
        'Set a later expiry if it is still needed, or move its systems to another key before then.',
      );
    case 'key.suspended':
      return ofKey(
        notice.data,
        'was suspended',
        'Every call with it is refused until it is resumed.',
        reportsTo,
      );
    case 'key.revoked':
      return ofKey(
        notice.data,
        'was revoked',
        'The key and all its secrets have stopped working for good.',
        reportsTo,
      );
    case 'key.first_used_from_new_ip':
      return ofKey(
        notice.data,
        'was used from a new address',
        `It was first used from ${notice.data.ip} at ${shownTime(notice.data.firstSeenAt)}; its callers before had other addresses.`,
        'Nothing, if the caller is known to you. Otherwise rotate the key, or limit its addresses, and see in the log what was called.',
      );
    case 'webhook.test':
      return {
        subject: 'Latchkey: a test',
        happened: `Somebody asked for a test of the webhook ${notice.data.webhookId}.`,
        toDo: 'Nothing.',
      };
  }
}

function ofKey(key: OfKey, what: string, happened: string, toDo: string): NoticeText {
  const name = `${key.keyName} (${key.environment})`;
  return {
    subject: `Latchkey: the key ${name} ${what}`,
    happened: `The key ${name}, ${key.keyId}, ${what}. ${happened}`,
    toDo,
  };
}

function ofRotation(
  rotation: OfRotation,
  what: string,
  happened: (until: string) => string,
  toDo: string,
): NoticeText {
  return ofKey(rotation, what, happened(shownTime(rotation.graceEndsAt)), toDo);
}
