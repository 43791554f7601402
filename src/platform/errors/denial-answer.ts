import { describeEngagement, notableIn, type Engagement } from '../../core/credential.js';
import {
  denialKinds,
  type DenialContext,
  type DenialReason,
  type Denied,
} from '../../core/decision.js';
import { answerText, type AnswerText } from '../http/write-answer.js';
import { limitStandingResponse } from '../http/rate-limits.dto.js';
import { errorAnswer, type ErrorAnswer, type ErrorDetail } from './envelope.js';

/** Where a denial's cause lies, for `errors[].in`. */
const places: Readonly<Record<DenialReason, string>> = {
  PROXY_NOT_TRUSTED: 'headers',
  CALL_UNCLEAR: 'headers',
  CALLER_UNDETERMINED: 'headers',
  PATH_INVALID: 'path',
  CREDENTIALS_MISSING: 'credentials',
  CREDENTIALS_MALFORMED: 'credentials',
  KEY_UNKNOWN: 'credentials',
  SESSION_UNKNOWN: 'credentials',
  SESSION_ENDED: 'credentials',
  SESSION_EXPIRED: 'credentials',
  CROSS_ORIGIN: 'headers',
  SECRET_EXPIRED: 'credentials',
  SECRET_OVER_AGE: 'credentials',
  SECRET_BROWNOUT: 'credentials',
  KEY_REVOKED: 'credentials',
  SECRET_REVOKED: 'credentials',
  KEY_SUSPENDED: 'key',
  ACCOUNT_SUSPENDED: 'account',
  HAPIKEY_NOT_ALLOWED: 'credentials',
  IP_NOT_ALLOWED: 'ip',
  SERVICE_NOT_AVAILABLE: 'service',
  ROUTE_UNKNOWN: 'path',
  METHOD_NOT_ALLOWED: 'method',
  SESSION_NEEDED: 'credentials',
  SCOPE_MISSING: 'scopes',
  RATE_LIMITED: 'limits',
  STORE_UNAVAILABLE: 'latchkey',
  LOG_UNAVAILABLE: 'latchkey',
};

/** What a caller is told, in one or two sentences: what is wrong, and what to do. Nothing in them was sent by the caller. */
const messages: Readonly<Record<DenialReason, (context: DenialContext) => string>> = {
  PROXY_NOT_TRUSTED: () =>
    'Only a proxy that is named in TRUSTED_PROXIES may ask here about the calls of others.',
  CALL_UNCLEAR: ({ detail }) =>
    `It is not clear which call the proxy asks about${detail === undefined ? '' : `: ${detail}`}.`,
  CALLER_UNDETERMINED: ({ detail }) =>
    `The caller cannot be determined: ${detail ?? 'a trusted proxy sent an X-Forwarded-For entry that is no address'}.`,
  PATH_INVALID: ({ detail }) => `This path cannot be judged: ${detail ?? 'it is not well-formed'}.`,
  CREDENTIALS_MISSING: ({ detail }) =>
    `No credentials were received${detail === undefined ? '' : `: ${detail}`}. Send the secret as "Authorization: Bearer <secret>", as X-Access-Token, or as the query parameter hapikey.`,
  CREDENTIALS_MALFORMED: ({ detail }) =>
    `It is not clear which secret was meant${detail === undefined ? '' : `: ${detail}`}. Send one secret, once, by one method.`,
  KEY_UNKNOWN: () =>
    'This key is not known here. Check that the secret was copied whole and belongs to this installation.',
  SESSION_UNKNOWN: () => 'This session is not known here. Sign in.',
  SESSION_ENDED: ({ endedAt }) =>
    `This session was ended${endedAt === undefined ? '' : ` at ${new Date(endedAt).toISOString()}`}. Sign in again.`,
  SESSION_EXPIRED: ({ endedAt }) =>
    `This session ended by itself${endedAt === undefined ? '' : ` at ${new Date(endedAt).toISOString()}`}. Sign in again.`,
  CROSS_ORIGIN: () =>
    'This request did not come from a page of this console. A session acts only from there; a program uses a key.',
  SECRET_EXPIRED: ({ endedAt, rotationId }) => {
    const when = endedAt === undefined ? '' : ` at ${new Date(endedAt).toISOString()}`;
    return rotationId === undefined
      ? `This key expired${when}. Ask for a new one.`
      : `This secret was replaced by a rotation and stopped working${when}. Use the key's new secret.`;
  },
  SECRET_OVER_AGE: ({ endedAt }) =>
    `This secret is older than its account allows and is refused${endedAt === undefined ? '' : ` since ${new Date(endedAt).toISOString()}`}. Have its key rotated: an admin opens a rotation of it (POST /v1/accounts/{accountId}/keys/{keyId}/rotations) and gives you the new secret; until its grace is over this one works again.`,
  SECRET_BROWNOUT: ({ endedAt }) =>
    `This secret is being retired and is refused for a short while${endedAt === undefined ? '' : `, until ${new Date(endedAt).toISOString()}`}. Use the key's new secret.`,
  KEY_REVOKED: () => 'This key was revoked. It will not work again; ask for a new one.',
  SECRET_REVOKED: () =>
    "This secret was revoked, though its key lives. Use the key's current secret.",
  KEY_SUSPENDED: () => 'This key is suspended. An admin of its account can resume it.',
  ACCOUNT_SUSPENDED: ({ person }) =>
    `${person === undefined ? "This key's" : 'Your'} account is suspended. The operator can resume it.`,
  HAPIKEY_NOT_ALLOWED: ({ detail }) =>
    `${detail === undefined ? 'This account does not allow the query parameter hapikey' : `The query parameter hapikey is not allowed here: ${detail}`}. Send the secret as "Authorization: Bearer <secret>".`,
  IP_NOT_ALLOWED: ({ callerIp, person }) =>
    `${person === undefined ? 'This key' : 'Your account'} may not be used from ${callerIp ?? 'this address'}.`,
  SERVICE_NOT_AVAILABLE: ({ detail }) =>
    `This key's account has no access to this service${detail === undefined ? '' : ` by this way: ${detail}`}.`,
  ROUTE_UNKNOWN: () => 'There is no such route here.',
  METHOD_NOT_ALLOWED: ({ allow }) =>
    `This path does not take that method. It takes ${(allow ?? []).join(', ')}.`,
  SESSION_NEEDED: () => 'This is about whoever is signed in. A key has no part in it.',
  SCOPE_MISSING: ({ missingScopes = [], person }) => {
    const missing = missingScopes.join(', ');
    if (person === undefined) return `This key may not do this: it lacks ${missing}.`;
    return person.role === null
      ? `You are a member of no account, and this needs ${missing}.`
      : `Your role, ${person.role}, may not do this: it lacks ${missing}.`;
  },
  RATE_LIMITED: ({ limit }) =>
    limit === undefined
      ? 'There were too many calls. Wait as long as Retry-After says.'
      : `${limit.appliesTo === 'key' ? 'This key' : "This key's account"} has reached its limit ${limit.policyName} of ${limit.limit} calls. Wait as long as Retry-After says.`,
  STORE_UNAVAILABLE: () =>
    'Keys cannot be checked at the moment. Nothing was forwarded; try again shortly.',
  LOG_UNAVAILABLE: () =>
    'Calls cannot be logged at the moment, so none are let through. Try again shortly.',
};

const realm = 'Bearer realm="latchkey"';

/** Turns a denial into its HTTP answer: status, `WWW-Authenticate` and the envelope. */
export function denialAnswer(
  denied: Denied,
  correlationId: string,
  engagement: Engagement,
): ErrorAnswer {
  const { reason, context } = denied;
  const { status, category } = denialKinds[reason];
  const told = reason === 'CREDENTIALS_MISSING' || reason === 'CREDENTIALS_MALFORMED';
  const notable = told ? notableIn(engagement) : undefined;
  const message = messages[reason](notable === undefined ? context : { detail: notable });
  const detail: ErrorDetail = {
    message,
    code: reason,
    in: places[reason],
    context: contextOf(denied),
  };
  return errorAnswer(
    status,
    {
      category,
      reason,
      message,
      correlationId,
      errors: [detail],
      ...(told && { engagement: describeEngagement(engagement) }),
      ...(context.limit !== undefined && { policyName: context.limit.policyName }),
    },
    denialHeaders(denied),
  );
}

/** What stands before and behind the call's id in a denial that says nothing else of its call. */
const textsAroundId = new Map<DenialReason, readonly [string, string]>();

/** A denial as it is sent: of most reasons always the same but for the call's id, and of those a flood is made. */
export function denialText({ body }: ErrorAnswer, { reason, context }: Denied): AnswerText {
  const { engagement, correlationId } = body;
  if (engagement !== undefined || Object.keys(context).length > 0) return answerText(body);
  let around = textsAroundId.get(reason);
  if (around === undefined) {
    const [before = '', behind = ''] = JSON.stringify(body).split(correlationId);
    around = [before, behind];
    textsAroundId.set(reason, around);
  }
  const [before, behind] = around;
  const text = before + correlationId + behind;
  return { text, bytes: Buffer.byteLength(text) };
}

/** What the time is called that a denial knows. */
const timeNames = {
  SECRET_EXPIRED: 'endedAt',
  SESSION_ENDED: 'endedAt',
  SESSION_EXPIRED: 'endedAt',
  SECRET_OVER_AGE: 'overAgeSince',
  SECRET_BROWNOUT: 'worksAgainAt',
} as const;

function contextOf({ reason, context }: Denied): Record<string, unknown> {
  switch (reason) {
    case 'SCOPE_MISSING':
      return {
        requiredGranularScopes: context.requiredScopes,
        missingScopes: context.missingScopes,
      };
    case 'IP_NOT_ALLOWED':
      return { callerIp: context.callerIp };
    case 'RATE_LIMITED':
      return { ...(context.limit && limitStandingResponse(context.limit)) };
    case 'METHOD_NOT_ALLOWED':
      return { allow: context.allow };
    case 'SECRET_EXPIRED':
    case 'SESSION_ENDED':
    case 'SESSION_EXPIRED':
    case 'SECRET_OVER_AGE':
    case 'SECRET_BROWNOUT':
      return {
        ...(context.endedAt !== undefined && {
          [timeNames[reason]]: new Date(context.endedAt).toISOString(),
        }),
        ...(context.rotationId !== undefined && { rotationId: context.rotationId }),
      };
    default:
      return {};
  }
}

/** What a denial says in headers, beside those of every error: the challenge, `Allow`, `Retry-After`. */
export function denialHeaders({ reason, context }: Denied): Record<string, string> {
  const { challenge } = denialKinds[reason];
  const headers: Record<string, string> = {};
  switch (challenge) {
    case 'none':
      break;
    case 'plain':
      headers['WWW-Authenticate'] = realm;
      break;
    case 'insufficient_scope':
      headers['WWW-Authenticate'] =
        `${realm}, error="insufficient_scope", scope="${(context.requiredScopes ?? []).join(' ')}"`;
      break;
    default:
      headers['WWW-Authenticate'] = `${realm}, error="${challenge}"`;
  }
  if (context.allow !== undefined) headers['Allow'] = context.allow.join(', ');
  if (context.retryAfterSeconds !== undefined)
    headers['Retry-After'] = String(context.retryAfterSeconds);
  return headers;
}
