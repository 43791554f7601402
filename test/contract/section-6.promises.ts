import type { Promised } from '../support/contract.js';

export const section6: readonly Promised[] = [
  {
    says: '**Who may what.**',
    promisesNothing: 'A heading: the sentences after it say it.',
  },
  {
    says: 'Management scopes carry the reserved prefix `latchkey.` (no import or `PUT` may create one): `latchkey.accounts.read|write`, `.members.read|write`, `.keys.read|write`, `.scopes.read|write`, `.services.read|write`, `.request_log.read`, `.audit.read`, and `latchkey.self.rotate`.',
    shownBy: [
      'test/http/management-tenancy.test.ts: every scope that an account may hold is either of use to it or the operator’s alone',
      'test/http/management-scopes.test.ts: the reserved prefix',
      'test/http/management-openapi-import.test.ts: reserved scopes never join the catalogue',
    ],
  },
  {
    says: "A key of the operator's account acts on every account; any other key or member on its own only (elsewhere: 404).",
    shownBy: [
      'test/contract/authority.test.ts: §6 a key of the operator’s account acts on every account, any other on its own',
      'test/http/management-matrix.test.ts: #68 with a key of another account that holds all there is for it',
      'test/http/management-matrix.test.ts: : 404, as where there is none',
      'test/http/management-matrix.test.ts: , to the operator: 404, as for a key that is not there',
      'test/http/management-matrix.test.ts: with a member who is %s',
      'test/http/management-matrix.test.ts: #68 with an admin of another account',
      'test/http/members-keys.test.ts: is an admin of its account: on every account, and with everything',
    ],
  },
  {
    says: "Writing services, scopes, bindings and accounts is the operator's alone.",
    shownBy: [
      'test/contract/authority.test.ts: §6 writing services, scopes, bindings and accounts is the operator’s alone',
      'test/http/management-tenancy.test.ts: operator-only scopes never count in another account',
    ],
  },
  {
    says: 'Rotating, suspending, reissuing: `latchkey.keys.write`.',
    shownBy: [
      'test/contract/authority.test.ts: §6 rotating, suspending and reissuing take latchkey.keys.write, and nothing else',
    ],
  },
  {
    says: '**Nobody gives more than they may give.**',
    shownBy: [
      'test/http/management-delegation.test.ts: #31 a key hands out what it may, and no more',
      'test/http/delegation-limits.test.ts: through every generation: none is usable from elsewhere or for longer than the first',
    ],
  },
  {
    says: 'A key has `scopes` (what it may do) and `grantableScopes` (what it may hand out; default none); an admin member may hand out what the account is entitled to; the operator everything.',
    shownBy: [
      'test/http/management-keys.test.ts: 201: the key with its defaults, and its secret once',
      'test/http/management-delegation.test.ts: 201 within its grantable scopes, made by it',
      'test/http/management-delegation.test.ts: a key without grantable scopes makes keys without scopes',
      'test/contract/authority.test.ts: §6 the operator hands out everything, any other key what it may hand out',
      'test/http/members-keys.test.ts: what the account is entitled to now, and not what it was',
      'test/http/members-keys.test.ts: is an admin of its account: on every account, and with everything',
    ],
  },
  {
    says: "Every call that yields a secret or widens a key (create, change, allowlist, expiry, resume, rotate) needs the target's scopes within the caller's grantable ones.",
    shownBy: [
      'test/http/management-delegation.test.ts: 403 when it makes a key with %s',
      'test/http/management-delegation.test.ts: 403 when the caller %s; nothing is changed, no secret given',
      'test/http/management-delegation.test.ts: 403 when the caller resumes it, though it may suspend it',
      'test/http/management-delegation.test.ts: 403 for its grantable scopes as for its scopes',
      'test/http/delegation-limits.test.ts: 403 when it %s',
      'test/http/delegation-limits.test.ts: 403 when the account’s list is not the caller’s to open',
    ],
  },
  {
    says: 'A key never edits itself; a key made by a key gets no wider IP limits and no later expiry than its maker.',
    shownBy: [
      'test/http/management-delegation.test.ts: #31 a key never edits itself',
      'test/http/management-delegation.test.ts: 403 SELF_EDIT: %s',
      'test/http/management-delegation.test.ts: nor %s a rotation of itself',
      'test/http/management-delegation.test.ts: #31 what a key makes has no wider IP limits and no later expiry',
      'test/http/delegation-limits.test.ts: by its list: %s',
      'test/http/delegation-limits.test.ts: by an expiry: until its own 200, later or never 403',
    ],
  },
  {
    says: '**Account and service.**',
    promisesNothing: 'A heading: the sentences after it say it.',
  },
  {
    says: "A service is `open` to all accounts or needs a *binding*; a binding may carry its own upstream and sealed credential, per environment, so that one account's god-mode key never serves another's calls, and a QA key never reaches production.",
    shownBy: [
      'test/http/bindings.test.ts: a service that is not open needs a binding',
      'test/http/bindings.test.ts: a QA key never reaches production, and each environment has its own upstream and credential',
      'test/http/bindings.test.ts: one account’s god-mode key never serves another’s calls',
      'test/http/bindings.test.ts: a binding with an upstream of its own does not get the service’s credential',
    ],
  },
  {
    says: "`account.entitledScopes` (default all) bounds what the account's keys can use of the catalogue's other scopes, evaluated live.",
    shownBy: [
      'test/http/management-accounts.test.ts: 201: the account with its defaults',
      'test/http/management-accounts.test.ts: entitledScopes bounds what its keys can use, from the answer on',
      'test/http/credentials-revocation.test.ts: #53 %s: no call that begins afterwards is let through',
    ],
  },
  {
    says: 'Lists: `?limit=` (≤ 500, default 100) `&after=` → `{ "results": […], "paging": { "next": { "after": "…" } } }` (no `paging.next` at the end).',
    shownBy: [
      'test/http/management-keys-list.test.ts: 500 is allowed, and 100 is the default',
      'test/http/management-keys-list.test.ts: 400: limit=%s',
      'test/http/management-keys-list.test.ts: show each key once, in order',
      'test/http/management-accounts.test.ts: a page that is exactly full has no next',
    ],
  },
  {
    says: '`ETag` on keys, allowlists, routes, bindings; `If-Match` honoured (412).',
    shownBy: [
      'test/http/preconditions.test.ts: carries a strong ETag, which each change moves and answers with',
      'test/http/preconditions.test.ts: 412 for a tag that is not its own: nothing is written, and no event',
      'test/http/preconditions.test.ts: is changed and taken away with its own ETag, and with no other',
    ],
  },
  {
    says: 'POSTs that create take an `Idempotency-Key` (per caller and path, 24 h): a replay answers with the same object without the secret; another body 422; while the first runs 409.',
    shownBy: [
      'test/http/idempotency.test.ts: is carried out once: its retry answers with the same object and status, without the secret',
      'test/http/idempotency.test.ts: 422 with another body, and nothing is done',
      'test/http/idempotency.test.ts: is remembered for 24 hours, to the millisecond',
      'test/http/idempotency.test.ts: is the caller’s own: another key’s request with it is another request',
      'test/http/idempotency.test.ts: is a path’s own, and the credential in the query is no part of the path',
      'test/http/idempotency.test.ts: one is 201 with the secret, the others are 409 or its replay',
    ],
  },
  {
    says: 'A secret lost on the way is had again by `reissue`, as long as it was never used.',
    shownBy: [
      'test/http/rotation-reissue.test.ts: as often as it got lost, and no more once it was used',
      'test/http/rotation-reissue.test.ts: 409 once it was used; the used one works on beyond the grace',
      'test/http/rotation-reissue.test.ts: %s: the retry tells its id, and a reissue gives the secret',
    ],
  },
  {
    says: "Actions (`POST …/suspend` and the like) take an empty body or `{}`; writing management answers never wait for the call log: the audit event, in the change's own transaction, is their record.",
    shownBy: [
      'test/contract/authority.test.ts: §6 %s takes an empty body or {}',
      'test/contract/authority.test.ts: §6 and these are all there are',
      'test/contract/changes-without-log.test.ts: §6 one that %s: every change is made, told in the trail and answered',
      'test/http/management-audit.test.ts: #48 the event is part of its change: if it cannot be written, nothing is',
    ],
  },
  {
    says: '`POST /v1/accounts` | `{name, kind?: production·developer·sandbox, allowHapikey?, entitledScopes?}` → 201 account.',
    shownBy: [
      'test/http/management-accounts.test.ts: 201: the account with its defaults',
      'test/http/management-accounts.test.ts: 201: with everything said',
      'test/http/management-accounts.test.ts: an unknown kind',
    ],
  },
  {
    says: 'Also `GET`, `GET/PATCH /{id}`, `POST /{id}/suspend·resume`',
    shownBy: [
      'test/http/management-accounts.test.ts: pages through every account, oldest first, while accounts are opened',
      'test/http/management-accounts.test.ts: 200: changes exactly what is named',
      'test/http/management-accounts.test.ts: #27 suspending stops every key of the account at once, resuming starts them again',
    ],
  },
  {
    says: '`PUT /v1/scopes/{name}` | `{description?, sensitive?, dataCategories?: []}` → 200/201.',
    shownBy: ['test/http/management-scopes.test.ts: 201, then 200 with what it was replaced by'],
  },
  {
    says: '`GET /v1/scopes`, `DELETE` (409 while granted or required).',
    shownBy: [
      'test/http/management-scopes.test.ts: pages by name, and shows each once while scopes arrive',
      'test/http/management-scopes.test.ts: 409 while a key holds it, may hand it out, or a route needs it; 204 after',
    ],
  },
  {
    says: 'A name is an RFC 6749 scope-token',
    shownBy: [
      'test/http/management-scopes.test.ts: 201: a name of %s',
      'test/http/management-scopes.test.ts: 400: a name of %s',
    ],
  },
  {
    says: '`PUT /v1/services/{name}` | `{upstream, mount, open?: true, stripMount?, timeoutMs?, credential?: {in: header·query, name, value}}` → 200/201 (the value is never shown again)',
    shownBy: [
      'test/http/management-services.test.ts: 201 with its defaults, then 200 with the same id and creation time',
      'test/http/bindings.test.ts: a credential in a header takes the place of any header of its name',
      'test/http/bindings.test.ts: a credential in the query takes the place of any parameter of its name',
      'test/http/bindings.test.ts: the value is shown to nobody, and lies sealed on disk',
    ],
  },
  {
    says: '`PUT /v1/accounts/{a}/services/{name}` | the binding: `{environment?, upstream?, credential?}`.',
    shownBy: [
      'test/contract/bindings.test.ts: §6 PUT makes one for all environments and one for each',
      'test/contract/bindings.test.ts: §6 PUT again changes it: 200, and the same binding',
      'test/http/bindings.test.ts: a QA key never reaches production, and each environment has its own upstream and credential',
    ],
  },
  {
    says: '`GET`, `DELETE`',
    shownBy: [
      'test/contract/bindings.test.ts: and GET shows them, never a value',
      'test/contract/bindings.test.ts: §6 DELETE takes away the one that is named, and no other',
    ],
  },
  {
    says: '`PUT /v1/services/{name}/routes` | `{routes: [{method, path: "/contacts/{id}", scopeSets: [["contacts.read"]], public?}]}` replaces them all.',
    shownBy: [
      'test/http/management-services.test.ts: 200: replaces them all; a route that stays keeps its id',
    ],
  },
  {
    says: '`scopeSets: []` = any valid key; it must be given',
    shownBy: [
      'test/http/scopes.test.ts: no scope at all, where any key will do',
      'test/http/management-services.test.ts: no scope sets',
    ],
  },
  {
    says: '`PUT /v1/services/{name}/openapi` | an OpenAPI 3 document, JSON or YAML → `{routes, scopes, skipped: [{operation, why}]}`; scopes it names join the catalogue (`?scopePrefix=`).',
    shownBy: [
      'test/http/management-openapi-import.test.ts: 200: its operations become the routes, its scopes join the catalogue',
      'test/http/management-openapi-import.test.ts: takes YAML as %s',
      'test/http/management-openapi-import.test.ts: reserved scopes never join the catalogue',
    ],
  },
  {
    says: 'Operations without security need any valid key unless `?unsecured=public`.',
    shownBy: [
      'test/http/management-openapi-import.test.ts: 200: its operations become the routes',
      'test/http/management-openapi-import.test.ts: unsecured=public opens what has no security to anybody',
    ],
  },
  {
    says: '`?dryRun=true` shows the change only',
    shownBy: [
      'test/http/management-openapi-import.test.ts: dryRun=true says the same and changes nothing',
    ],
  },
  {
    says: '`POST /v1/accounts/{a}/keys` | `{name, description?, purpose?, environment?: production·staging·qa·development, scopes: [], grantableScopes?, ipAllowlist?, expiresAt?}` → 201 key + `secret` (once)',
    shownBy: [
      'test/http/management-keys.test.ts: 201: the key with its defaults, and its secret once',
      'test/http/management-keys.test.ts: 201: with everything said; addresses in their one spelling',
      'test/http/management-keys.test.ts: the environment %s stands in the secret as %s',
    ],
  },
  {
    says: '`GET /v1/accounts/{a}/keys`, `GET/PATCH …/{k}` | filters `state`, `environment`, `scope`, `q`',
    shownBy: [
      'test/http/management-keys-list.test.ts: the filters of GET …/keys',
      'test/http/management-keys-list.test.ts: &environment=qa',
      'test/http/management-keys-list.test.ts: &scope=contacts.read',
      'test/http/management-keys-list.test.ts: q=%s: the text itself, no pattern',
      'test/http/management-keys-list.test.ts: %s, once they have ended',
      'test/http/management-keys.test.ts: 200: changes exactly what is named',
    ],
  },
  {
    says: '`POST …/{k}/suspend·resume·revoke·reissue` | → 200 key (`reissue`: + `secret`).',
    shownBy: [
      'test/http/management-keys.test.ts: suspended at once, resumed at once, with no body or {}',
      'test/http/management-keys.test.ts: #53 revoked at once and for good',
      'test/http/rotation-reissue.test.ts: as often as it got lost, and no more once it was used',
    ],
  },
  {
    says: 'Revoke is final',
    shownBy: ['test/http/management-keys.test.ts: #53 revoked at once and for good'],
  },
  {
    says: '`PUT …/{k}/ip-allowlist`, `PUT /v1/accounts/{a}/ip-allowlist` | `{mode: off·report·enforce, entries: [{cidr, note?}], confirmAny?}`; both lists must admit.',
    shownBy: [
      'test/http/ip-allowlists.test.ts: answers with the list in its canonical form, which is then read',
      'test/http/ip-allowlists.test.ts: 400 for %s, and the list stays',
      'test/http/ip-allowlists.test.ts: #38 /0 with "confirmAny": true admits its family',
      'test/http/ip-allowlists.test.ts: #44 both must admit, whatever each is set to',
      "test/http/ip.test.ts: both lists must admit: the account's and the key's",
    ],
  },
  {
    says: '`POST …/ip-allowlist/check {ip}` → `{allowed, matched}`',
    shownBy: ['test/http/ip-allowlists.test.ts: check tells of %s what the list says: %s'],
  },
  {
    says: '`POST …/{k}/rotations` | `{graceSeconds: 0…7776000}` → 201 rotation + `secret` (once); 409 while one is open',
    shownBy: [
      'test/http/management-rotations.test.ts: 201: both secrets, the new one once and no-store, the grace from now',
      'test/http/management-rotations.test.ts: #50 400: graceSeconds %p',
      'test/http/management-rotations.test.ts: the longest grace is 90 days',
      'test/http/management-rotations.test.ts: grace 0 ends the old secret at once',
      'test/http/management-rotations.test.ts: 409 while one is open, naming it',
    ],
  },
  {
    says: '`GET …/{k}/rotations/{r}` | `{id, state: scheduled·open·finished·expired·cancelled, startedAt, graceEndsAt, retiring: {secretId, calls, lastUsedAt, callers: [{ip, userAgent, calls, firstSeenAt, lastSeenAt}]}, replacing: {…}}`; counted since `startedAt`, the opening call not counted',
    shownBy: [
      'test/http/management-rotations.test.ts: 201: both secrets, the new one once and no-store, the grace from now',
      'test/http/management-rotations.test.ts: counts the calls of each from startedAt on, by address and user agent, denied ones too',
      'test/http/management-rotations.test.ts: grace 0 ends the old secret at once',
      'test/http/rotation-endings.test.ts: a rotation that is %s',
      'test/http/rotation-scheduled.test.ts: gives its secret at once, and has the old one retire from its start to its end',
    ],
  },
  {
    says: '`POST …/{r}/finish·cancel·extend·reissue` | finish: the old secret ends now.',
    shownBy: [
      'test/http/management-rotations.test.ts: finish: the old secret ends now',
      'test/http/rotation-endings.test.ts: finish ends the old secret at once, at every door; the new one stays',
    ],
  },
  {
    says: 'cancel: the new one ends, the old stays; 409 with its traffic if the new one was already used, unless `{force: true}`.',
    shownBy: [
      'test/http/management-rotations.test.ts: cancel: the new one ends, the old one stays',
      'test/http/rotation-endings.test.ts: #51 after the new secret was used (%s) → 409 with its traffic; forced, it ends all the same',
    ],
  },
  {
    says: 'extend: `{graceEndsAt}`',
    shownBy: [
      'test/http/management-rotations.test.ts: extend: later or sooner, to the millisecond',
      'test/http/rotation-endings.test.ts: %s: the old secret works to the last millisecond, and is told when',
    ],
  },
  {
    says: '`GET /v1/accounts/{a}/request-log` | filters `keyId secretId ip (address or CIDR) method path status decision reason door from to q`, newest first.',
    shownBy: [
      'test/http/management-request-log.test.ts: the filters of GET …/request-log',
      'test/http/management-request-log.test.ts: combined: every one has to match',
      'test/http/management-request-log.test.ts: newest first, each row once, while calls arrive',
    ],
  },
  {
    says: '`…/export?format=csv·ndjson`, `…/stream` (SSE).',
    shownBy: [
      'test/http/log-export.test.ts: NDJSON: the very rows of the list, newest first',
      'test/http/log-export.test.ts: #64 CSV: the same to another’s parser, and no cell is a formula',
      'test/http/log-export.test.ts: every filter of the list holds, over many pages',
      'test/http/log-stream.test.ts: tells of each call that matches as it comes, and of none before',
      'test/http/log-stream.test.ts: goes on after any event without a gap or a double, while two nodes write',
    ],
  },
  {
    says: "`GET /v1/request-log`: the operator's view, with the calls for which no key was found",
    shownBy: [
      'test/http/management-request-log.test.ts: the operator’s view has every account’s calls, and those of nobody',
      'test/http/management-tenancy.test.ts: #62 the log of all accounts is not there',
    ],
  },
  {
    says: '`GET /v1/accounts/{a}/audit-events` | who changed what, from where',
    shownBy: [
      'test/http/management-audit.test.ts: account.created, .changed, .suspended, .resumed',
      'test/http/management-audit.test.ts: everything that becomes of a key',
      'test/http/management-audit.test.ts: a key acting in its own account is the actor, from where it really called',
      'test/http/management-audit.test.ts: shows the events of one kind, actor, target or time alone, page by page',
    ],
  },
  {
    says: 'A key: `{id, accountId, name, description, purpose, environment, state: active·suspended·revoked·expired, scopes, grantableScopes, ipAllowlist, expiresAt, createdAt, createdBy, lastUsedAt, lastUsedIp, secrets: [{id, start, state: current·retiring·expired·revoked, createdAt, expiresAt, lastUsedAt}], openRotation}`.',
    shownBy: [
      'test/http/management-keys.test.ts: 201: the key with its defaults, and its secret once',
      'test/http/management-keys.test.ts: say when and from where any of its secrets was last used',
      'test/http/management-keys.test.ts: expired by the clock alone, at the millisecond',
      'test/http/management-keys-list.test.ts: %s, once they have ended',
      'test/http/management-rotations.test.ts: 201: both secrets, the new one once and no-store, the grace from now',
      'test/http/management-rotations.test.ts: grace 0 ends the old secret at once',
      'test/http/management-rotations.test.ts: cancel: the new one ends, the old one stays',
    ],
  },
  {
    says: 'A call: `{id, at, accountId, keyId, keyName, environment, secretId, secretStart, secretState, rotationId, credential: hapikey·bearer·access_token·session·none, door: gateway·forward_auth·verify·self·management, actor, serviceId, method, host, path, query (redacted), route, requiredScopes, usedScopes, missingScopes, decision: allowed·denied, reason, wouldDeny, status, upstreamStatus, callerIp, peerIp, forwardedFor, userAgent, clientRequestId, durationMs, upstreamMs, requestBytes, responseBytes, nodeId, seq}`.',
    shownBy: [
      'test/contract/call-rows.test.ts: §6 has exactly the members that the contract names, whatever it was',
      'test/http/management-request-log.test.ts: a row says who, what, decided how, from where',
      'test/http/management-access.test.ts: the ways to carry a management key',
      'test/http/sessions.test.ts: is a credential whose row and event name the member',
    ],
  },
  {
    says: '`durationMs` runs to our first byte; `responseBytes` is what was sent, or null; a client that left first is status 499.',
    shownBy: [
      'test/contract/call-rows.test.ts: §6 durationMs of a %s runs to our first byte, and no further',
      'test/http/gateway-bodies.test.ts: %s: the body arrives whole, and the row counts it',
      'test/http/gateway-client-leaves.test.ts: %s, while the upstream is at work: that is called off, and the row says 499',
      'test/http/gateway-client-leaves.test.ts: %s, in the middle of the answer: the upstream is told, and the row says what was sent',
    ],
  },
  {
    says: '`wouldDeny` is the reason a report-mode list would have given.',
    shownBy: [
      'test/http/ip.test.ts: in report mode nobody is refused, and the row says who would have been',
      'test/http/ip-allowlists.test.ts: a call that is denied for something else says as well what a reporting list would have',
    ],
  },
  {
    says: 'Path and query are kept to 2 KB, user agent and forwarded-for to 512 bytes, marked when cut.',
    shownBy: [
      'test/contract/call-rows.test.ts: §6 path and query are kept to 2 KB, user agent and forwarded-for to 512 bytes, marked when cut',
    ],
  },
  {
    says: 'Parameters named like secrets (`token`, `password`, `code`, `sig`, …) are masked, as is anything whose checksum says it is a secret of ours.',
    shownBy: [
      'test/http/credentials-rows.test.ts: #60 a parameter named like a secret (%s) is masked',
      'test/http/credentials-rows.test.ts: #60 a secret in path, Referer, user agent or request id is in no row',
    ],
  },
  {
    says: '**One row per call with a genuine secret, always.**',
    shownBy: [
      'test/contract/call-rows.test.ts: §6 one row per call with a genuine secret, always',
      'test/contract/call-rows.test.ts: §6 of 300 at once, each its own, in the midst of a flood without one',
    ],
  },
  {
    says: 'Calls without one get rows within a budget per node and address block, and beyond it exact counters per minute, reason and block, on storage of their own: a flood of junk can neither fill the log nor slow or deny a good caller.',
    shownBy: [
      'test/http/junk-budget.test.ts: the answer is the same for all of them; the budget is each block’s own, and so is the count',
      'test/http/junk-budget.test.ts: every call with a genuine secret has its row, from the same place and in the same flood',
      'test/store/junk-counts.test.ts: are exact, by minute, block and reason, the latest minute first',
      'test/store/junk-counts.test.ts: tell a thousand places of a minute apart, and lose no call beyond them',
      'src/core/junk-budget.spec.ts: are no more than twenty blocks would get, however many blocks there are',
    ],
  },
];
