import type { DenialReason } from '../../core/decision.js';
import type { OtherReason } from './envelope.js';

/** What a person should know of one reason. Each sentence stands by itself. */
export interface ErrorGuide {
  readonly meaning: string;
  /** For whoever wrote the calling program. */
  readonly integrator: string;
  /** For whoever looks after the account, its keys or the installation. */
  readonly admin: string;
}

const nothingToDo = 'Nothing: this is between the calling program and the API.';

/** One page per reason. The type makes a reason without a page an error of the build. */
export const errorGuides: Readonly<Record<DenialReason | OtherReason, ErrorGuide>> = {
  PROXY_NOT_TRUSTED: {
    meaning:
      'Somebody asked whether a call may pass (forward-auth) who is no proxy that is trusted to tell of the calls of others.',
    integrator: 'Call the API itself. This address is for the proxy in front of it.',
    admin:
      'If it was your proxy that asked, name its address in TRUSTED_PROXIES: the row in the request log has it as peerIp.',
  },
  CALL_UNCLEAR: {
    meaning:
      'A trusted proxy asked whether a call may pass (forward-auth) without saying, once each and well-formed, what its method and its URI are.',
    integrator: 'If your program calls with an unusual method, use one that the API documents.',
    admin:
      'Compare the configuration of the proxy with the ready one for it: the message names the header that is missing, repeated or wrong.',
  },
  CALLER_UNDETERMINED: {
    meaning:
      'A trusted proxy passed on an X-Forwarded-For entry that is no IP address, or asked about a call (forward-auth) without X-Forwarded-For, so it cannot be told who is calling.',
    integrator: 'If your program sets X-Forwarded-For itself, stop doing so.',
    admin:
      'Find the proxy, of those in TRUSTED_PROXIES, that writes words such as "unknown" into X-Forwarded-For, and have it write the address.',
  },
  PATH_INVALID: {
    meaning:
      'The path can be read in more than one way: it holds dot segments, an empty segment, a bad percent escape, a backslash or a fragment.',
    integrator:
      'Send the path in its plain form. Percent-encode what belongs to a value: a slash inside an id is %2F.',
    admin: nothingToDo,
  },
  CREDENTIALS_MISSING: {
    meaning:
      'No credential was received. The body\'s "engagement" says for each method what was found in its place.',
    integrator:
      'Send the secret by one method: the query parameter hapikey, "Authorization: Bearer <secret>", or X-Access-Token. A parameter that is present but empty, a redirect that dropped the query and an unset environment variable are the usual causes.',
    admin:
      'In the request log such calls stand without a key. The user agent and the IP tell whose they are.',
  },
  CREDENTIALS_MALFORMED: {
    meaning:
      'More than one credential was received, or one that is not well-formed, so it is not clear which was meant.',
    integrator:
      'Send exactly one secret, once, by one method. A client library and your own code may each be adding one.',
    admin: nothingToDo,
  },
  KEY_UNKNOWN: {
    meaning:
      'The secret is not known here. It may be cut short, mistyped, or made by another installation.',
    integrator:
      'Copy the secret again, whole: it ends in a checksum, so any slip is noticed. Check that you call the right host.',
    admin: 'A secret is shown once and cannot be looked up. If it is lost, rotate the key.',
  },
  SESSION_UNKNOWN: {
    meaning: 'The session of this browser is not known here.',
    integrator: 'A session is for people in the console. A program uses a key.',
    admin: 'Sign in again: what ended long ago is not remembered.',
  },
  SESSION_ENDED: {
    meaning:
      'The session was ended: by signing out, by a new password, or by an admin. The body says when.',
    integrator: 'A session is for people in the console. A program uses a key.',
    admin: 'Sign in again. The audit trail says who ended it.',
  },
  SESSION_EXPIRED: {
    meaning:
      'The session ended by itself: it was not used for a while, or it had lasted long enough.',
    integrator: 'A session is for people in the console. A program uses a key.',
    admin: 'Sign in again. SESSION_IDLE_MINUTES and SESSION_MINUTES_MAX say how long one lasts.',
  },
  CROSS_ORIGIN: {
    meaning:
      'A browser sent its session along with a request that no page of the console made, so nobody can tell that its owner meant it.',
    integrator: 'Use a key, which is never sent along by itself.',
    admin:
      'Set CONSOLE_URL to the address at which people open the console. If it is set, a page of somebody else tried to act in your name, and nothing came of it.',
  },
  SESSION_NEEDED: {
    meaning: 'The call is about the person who is signed in, and a key is none.',
    integrator: 'Nothing: keys do not sign in.',
    admin: 'Use the console.',
  },
  SIGN_IN_FAILED: {
    meaning: 'The e-mail address and the password do not belong together, or are not known here.',
    integrator: 'Nothing: keys do not sign in.',
    admin:
      'Try again. An admin of the account, or the operator, can make a link for a new password.',
  },
  SECOND_FACTOR_NEEDED: {
    meaning:
      'The password, or the link, is right, and this person has a second factor: a code is asked for as well.',
    integrator: 'Nothing: keys do not sign in.',
    admin:
      'Give what your authenticator app shows, or one of your recovery codes. Whoever has lost both asks an admin of the account, or the operator, to reset it.',
  },
  SECOND_FACTOR_FAILED: {
    meaning:
      'The code is not right now, or was used already. Each code of an authenticator app, and each recovery code, works once.',
    integrator: 'Nothing: keys do not sign in.',
    admin:
      'Wait for the next code. If none is taken, look whether the clock of the phone is right, or use a recovery code.',
  },
  PASSKEY_FAILED: {
    meaning:
      'What the passkey answered cannot be accepted: it is not known here any more, was made for another address, came too late, or was used already.',
    integrator: 'Nothing: keys do not sign in.',
    admin:
      'Try again. If none is taken, sign in with your password, remove the passkey under Security, and add another one.',
  },
  TOO_MANY_ATTEMPTS: {
    meaning:
      'From this address, or for this e-mail address, somebody tried to sign in too often. It says nothing about the password.',
    integrator: 'Nothing: keys do not sign in.',
    admin: 'Wait as long as Retry-After says.',
  },
  KEY_OF_OTHERS: {
    meaning: 'A developer changes the keys that they made, and no others.',
    integrator: nothingToDo,
    admin: 'An admin of the account can change every key of it.',
  },
  SECRET_EXPIRED: {
    meaning:
      "The secret has ended: its rotation's grace window is over, or its key has expired. The body says when, and which rotation.",
    integrator: "Use the key's new secret. If you have none, ask the admin of the account.",
    admin:
      'The rotation shows who still uses the old secret. If it ended too early, open another rotation and give the new secret out.',
  },
  SECRET_OVER_AGE: {
    meaning:
      'The secret is older than its account allows. The body says since when. The key itself is as it was.',
    integrator:
      'Ask the admin of the account for a new secret. As soon as the key is rotated, this one works beside it until the grace is over.',
    admin:
      "Open a rotation of the key and give the new secret out. The account's policy says how old a secret may be, and the hygiene report lists those that soon will be older.",
  },
  SECRET_BROWNOUT: {
    meaning:
      'The secret is being retired and is refused for a short, planned while, so that forgotten systems are found before its end.',
    integrator:
      'Change to the new secret now. The old one works again at the time the body gives, and not for long.',
    admin: 'The rotation lists its brownouts and who ran into them.',
  },
  KEY_REVOKED: {
    meaning: 'The key was revoked. That is final.',
    integrator: 'Ask the admin of the account for a new key.',
    admin: 'The audit trail says who revoked it and when. Make a new key if it is still needed.',
  },
  SECRET_REVOKED: {
    meaning:
      'This secret was ended early, by a cancelled rotation or a reissue, while its key lives on.',
    integrator: "Use the key's current secret.",
    admin: "The key's page shows which secret is current.",
  },
  KEY_SUSPENDED: {
    meaning: 'The key is suspended: it is refused until somebody resumes it.',
    integrator: 'Ask the admin of the account why.',
    admin: 'Resume the key when the reason is gone.',
  },
  ACCOUNT_SUSPENDED: {
    meaning: 'The account is suspended, and with it every key of it.',
    integrator: 'Ask the admin of the account.',
    admin: 'The operator of this installation can resume the account.',
  },
  HAPIKEY_NOT_ALLOWED: {
    meaning:
      "The account does not allow secrets in URLs, because URLs end up in other people's logs. Or the call came through a proxy that cannot take the secret out of the URL before it forwards it; the message says which.",
    integrator: 'Send the same secret as "Authorization: Bearer <secret>".',
    admin:
      "The account's setting allowHapikey decides. Through such a proxy hapikey does not work for any account; the gateway takes it. A secret that travelled in a URL is best rotated.",
  },
  IP_NOT_ALLOWED: {
    meaning:
      'The key may not be used from this address. The body names the address that was judged.',
    integrator:
      'Call from an address that is on the allowlist, or have yours added. Behind a proxy or NAT it is the outer address that counts.',
    admin:
      'Both the account\'s allowlist and the key\'s must admit the address. With mode "report" you see who would be refused before anybody is.',
  },
  SERVICE_NOT_AVAILABLE: {
    meaning:
      'The account of this key has no access to this service. Or it has one with an upstream or a credential of its own, and the call came through a proxy, which cannot use them; the message says so then.',
    integrator: "Check the path's first part: it names the service.",
    admin:
      'The operator can bind the account to the service, for one environment or for all. What a binding has of its own is used by the gateway only.',
  },
  ROUTE_UNKNOWN: {
    meaning: 'No service declares this path.',
    integrator: 'Check the path, also for a slash too many at its end.',
    admin:
      "Only declared routes are reachable. Import the API's description again if it has grown.",
  },
  METHOD_NOT_ALLOWED: {
    meaning:
      'The path exists, and does not take this method. The Allow header lists those it takes.',
    integrator: 'Use one of the methods in Allow.',
    admin:
      "Only declared routes are reachable. Import the API's description again if it has grown.",
  },
  SCOPE_MISSING: {
    meaning:
      'The key is good and may not do this. The body lists the scopes that are needed and those that are missing.',
    integrator: 'Ask the admin of the account for the missing scopes, or call something else.',
    admin:
      "Add the missing scopes to the key if its purpose calls for them. If the key holds them already, the account's entitledScopes may leave them out.",
  },
  RATE_LIMITED: {
    meaning:
      'The key, or all keys of its account together, made as many calls as they may in a stretch of some seconds, or in a day. The body\'s "policyName" says which limit it was, and its context how far it goes. Nothing was forwarded, and a call that is refused for a limit is not counted against it.',
    integrator:
      'Wait as long as Retry-After says; sooner it is refused again. Every answer to a call that was counted says in RateLimit how many are left, so that a program can slow down before.',
    admin:
      'GET …/keys/{keyId}/limits shows how the limits stand. Those of a key are its rateLimits, set by PATCH of the key; those of the account are the operator’s to set. A rotation changes nothing about them.',
  },
  STORE_UNAVAILABLE: {
    meaning:
      'The database cannot be asked at the moment, or this node has not heard from it for too long. Keys cannot be checked, so nothing is let through and nothing was forwarded.',
    integrator:
      'Try again after Retry-After. A change through the management API says whether it was made: "changed" is "no", or "unknown" where the connection broke during the commit.',
    admin: 'The database cannot be reached, is full or broken. The server log says why.',
  },
  LOG_UNAVAILABLE: {
    meaning:
      'Calls cannot be logged at the moment, and what cannot be logged is not let through. Nothing was forwarded.',
    integrator: 'Try again after Retry-After.',
    admin:
      'The call log cannot be written: its disk may be full. It recovers by itself. Keys can be managed meanwhile.',
  },
  VALIDATION_FAILED: {
    meaning:
      'The request is well-formed, and something in it cannot be taken. "errors" has one entry per field.',
    integrator:
      'Correct the fields that are named. Properties and parameters that are not known are refused, too.',
    admin: nothingToDo,
  },
  REQUEST_MALFORMED: {
    meaning: 'What was received is not well-formed HTTP or JSON.',
    integrator:
      'Look at the bytes your program sends, a second Host or Content-Length header included.',
    admin: nothingToDo,
  },
  SCOPE_NOT_GRANTABLE: {
    meaning:
      "Nobody gives more than they may give: the scopes that are named are not this caller's to hand out.",
    integrator: 'Use a key whose grantableScopes hold them.',
    admin:
      "The operator, or a key that may, can add scopes to a key's grantableScopes. Scopes that change the installation stay with the operator's account.",
  },
  LIMIT_NOT_GRANTABLE: {
    meaning:
      'Nobody gives more than they may give: a key that is limited to some addresses, or until some time, makes keys with the same limits or narrower ones.',
    integrator: 'Give the new key an enforced ipAllowlist and an expiresAt within your own.',
    admin: 'Make the key with one that is not limited, or with the operator key.',
  },
  SELF_EDIT: {
    meaning: 'A key never changes itself.',
    integrator: 'Use another key that may change this one.',
    admin: nothingToDo,
  },
  OBJECT_NOT_FOUND: {
    meaning: 'There is no such object, or it belongs to another account.',
    integrator: 'Check the id, and that the key belongs to the account in the path.',
    admin: nothingToDo,
  },
  REQUEST_TIMEOUT: {
    meaning: 'The request took too long to arrive.',
    integrator: 'Send the headers at once, and keep the body flowing.',
    admin: nothingToDo,
  },
  CONFLICT: {
    meaning: 'The object is not in a state that allows this. "errors" says what stands in the way.',
    integrator: 'Read the object again and decide anew.',
    admin:
      'If it was you who asked: the code in "errors" says what stands in the way. ROTATION_OPEN: finish, cancel or extend that rotation first. REPLACING_SECRET_USED, NOT_SAFE_TO_FINISH: look at the traffic that comes with it. SECRET_USED: rotate the key. KEY_REVOKED: make another key.',
  },
  PRECONDITION_FAILED: {
    meaning: 'The object has changed since it was read. Nothing was written.',
    integrator: 'Read it again, and send the new ETag as If-Match.',
    admin: nothingToDo,
  },
  BODY_TOO_LARGE: {
    meaning: 'The body is larger than this route takes.',
    integrator: 'Send less at a time.',
    admin: nothingToDo,
  },
  UNSUPPORTED_MEDIA_TYPE: {
    meaning: 'The body is of a type that this route does not read.',
    integrator: 'Send JSON with Content-Type: application/json.',
    admin: nothingToDo,
  },
  EXPECTATION_FAILED: {
    meaning: 'The request expects something of the server that it cannot do.',
    integrator: 'Leave the Expect header out.',
    admin: nothingToDo,
  },
  IDEMPOTENCY_KEY_REUSED: {
    meaning: 'The Idempotency-Key was used before with another body. Nothing was done.',
    integrator: 'Use a new key for each new request, and the same one only to repeat a request.',
    admin: nothingToDo,
  },
  TOO_MANY_STREAMS: {
    meaning:
      'As many exports, streams, registers or searches for gaps of the request log are open as may be, for this account or in all.',
    integrator:
      'Close one that is no longer read, or wait for one to end; one with a wider filter may do.',
    admin: nothingToDo,
  },
  HEADERS_TOO_LARGE: {
    meaning: 'The request line and headers are larger, or more, than are read.',
    integrator: 'Send fewer or shorter headers, and large values in a body.',
    admin: nothingToDo,
  },
  INTERNAL: {
    meaning: 'Something went wrong inside Latchkey.',
    integrator: 'Tell the operator the correlation id.',
    admin: 'The server log holds the error under the correlation id.',
  },
  UPGRADE_NOT_SUPPORTED: {
    meaning: 'The key was accepted, but WebSocket connections are not carried.',
    integrator: "Use the API's plain HTTP calls.",
    admin: nothingToDo,
  },
  UPSTREAM_UNREACHABLE: {
    meaning: 'The key was accepted, but the service behind could not be reached, or broke off.',
    integrator: 'Try again later. If the call may have had an effect, find out first.',
    admin: "Check the service's upstream address and that it runs.",
  },
  UPSTREAM_CREDENTIAL_REFUSED: {
    meaning:
      'The key was accepted, but the service behind refused the credential that Latchkey holds for it.',
    integrator: 'Nothing is wrong with your key. Tell the operator.',
    admin: "Replace the credential of the service, or of the account's binding to it.",
  },
  UPSTREAM_TIMEOUT: {
    meaning: 'The key was accepted, but the service behind did not answer in time.',
    integrator: 'Try again later. If the call may have had an effect, find out first.',
    admin: "The service's timeoutMs is how long is waited.",
  },
};

export function isGuided(reason: string): reason is DenialReason | OtherReason {
  return Object.hasOwn(errorGuides, reason);
}
