import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { denialKinds } from '../../src/core/decision.js';
import { otherReasons } from '../../src/platform/errors/envelope.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { denials, expectDenial, expectEnvelope, expectNoSecret } from '../support/denials.js';
import {
  startTestLatchkey,
  type Answer,
  type AskOptions,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { sendBytes } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const listeners = ['access', 'management'] as const;
type Listener = (typeof listeners)[number];

/** Every reason there is, with its status. */
const reasons = Object.entries({ ...denialKinds, ...otherReasons });

let latchkey: TestLatchkey;
let upstream: RecordingUpstream;
let crm: Crm;
let rows: NewRows;

beforeAll(async () => {
  upstream = await startUpstream();
  latchkey = await startTestLatchkey({ TRUSTED_PROXIES: '127.0.0.1' });
  crm = await publishCrm(latchkey, upstream.url);
  rows = new NewRows(latchkey);
});

beforeEach(() => rows.skip());

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

const send = (
  listener: Listener,
  method: string,
  path: string,
  options?: AskOptions,
): Promise<Answer> =>
  listener === 'access'
    ? latchkey.call(method, path, options)
    : latchkey.ask(method, path, options);

/** A page that runs nothing, loads nothing and frames nowhere, whose one style is the one that its policy names. */
function expectPage({ status, headers, text }: Answer): void {
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(text).not.toMatch(
    /<script|<link|<img|<iframe|<form|<base|\son\w+=|style=|javascript:|https?:/i,
  );
  const styles = [...text.matchAll(/<style>([^]*?)<\/style>/g)].map(([, style]) => style as string);
  expect(styles).toHaveLength(1);
  const hash = createHash('sha256')
    .update(styles[0] as string)
    .digest('base64');
  const policy = (headers.get('content-security-policy') ?? '').split('; ').sort();
  expect(policy).toEqual([
    ...["base-uri 'none'", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    `style-src 'sha256-${hash}'`,
  ]);
  expect(text.match(/[a-z][a-z0-9]*_(?:prod|stg|qa|dev)_[0-9A-Za-z]{38}/)).toBeNull();
}

describe.each(listeners)('/latchkey/errors on the %s listener', (listener) => {
  it.each(reasons)('has a page for %s, open to everyone', async (reason, { status }) => {
    const answer = await send(listener, 'GET', `/latchkey/errors/${reason}`);
    expectPage(answer);
    expect(answer.text).toContain(`<h1>${reason}</h1>`);
    expect(answer.text).toContain(`HTTP ${status}<`);
    expect(answer.text).toMatch(/<h2>If your program got this answer<\/h2>\n<p>[^<]{15,}<\/p>/);
    expect(answer.text).toMatch(/installation<\/h2>\n<p>[^<]{15,}<\/p>/);
    const head = await send(listener, 'HEAD', `/latchkey/errors/${reason}`);
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers.get('content-security-policy')).toBe(answer.headers.get('content-security-policy'));
  });

  it('lists them all', async () => {
    const answer = await send(listener, 'GET', '/latchkey/errors');
    expectPage(answer);
    const links = [...answer.text.matchAll(/href="([^"]+)"/g)].map(([, href]) => href);
    expect(links.sort()).toEqual(reasons.map(([reason]) => `/latchkey/errors/${reason}`).sort());
  });

  it('needs no credential, and is no call: it makes no row', async () => {
    for (const path of ['/latchkey/errors', '/latchkey/errors/KEY_UNKNOWN', '/latchkey/errors/NOPE'])
      await send(listener, 'GET', path);
    expect(await rows.take(0)).toEqual([]);
  });

  it.each([
    'NOPE',
    'scope_missing',
    'SCOPE_MISSING%20',
    '__proto__',
    'constructor',
    'toString',
    '%3Cscript%3Ealert(1)%3C%2Fscript%3E',
    '7',
  ])('404 in the one envelope for a reason that there is not: %s', async (reason) => {
    const answer = await send(listener, 'GET', `/latchkey/errors/${reason}`);
    expect(answer.status).toBe(404);
    expectEnvelope(answer, { reason: 'OBJECT_NOT_FOUND', category: 'NOT_FOUND' });
    expect(answer.text).not.toContain('<');
  });

  it('repeats nothing of what it was asked', async () => {
    const { secret } = await crm.makeKey();
    for (const path of [`/latchkey/errors/${secret}`, `/latchkey/errors/NOPE?hapikey=${secret}`, `/latchkey/errors/KEY_UNKNOWN?a=${secret}`])
      expectNoSecret([secret], await send(listener, 'GET', path), []);
  });

  it.each(['POST', 'PUT', 'DELETE'])('takes no %s', async (method) => {
    const answer = await send(listener, method, '/latchkey/errors/KEY_UNKNOWN', { secret: latchkey.operatorKey });
    expect([404, 405]).toContain(answer.status);
    expectDenial(answer, answer.json.reason, await rows.take(1), { method, path: '/latchkey/errors/KEY_UNKNOWN' });
  });
}); // prettier-ignore

/** A path of each listener that a key of the CRM opens. */
const paths = { access: '/crm/contacts', management: '/v1/accounts' } as const;
const scopes = ['contacts.read', 'latchkey.accounts.read', 'latchkey.keys.write'];

/** How each denial is come by. */
const provoked: Record<string, (listener: Listener) => Promise<Answer>> = {
  CALLER_UNDETERMINED: (to) => send(to, 'GET', paths[to], { headers: { 'x-forwarded-for': 'unknown' } }),
  PATH_INVALID: (to) => send(to, 'GET', `${paths[to]}//a`),
  CREDENTIALS_MISSING: (to) => send(to, 'GET', paths[to]),
  CREDENTIALS_MALFORMED: (to) => send(to, 'GET', `${paths[to]}?hapikey=a&hapikey=b`),
  KEY_UNKNOWN: (to) => send(to, 'GET', paths[to], { secret: 'no-such-secret-of-anybody' }),
  SECRET_EXPIRED: (to) => withKey(to, ({ at }) => latchkey.manage('POST', `${at}/rotations`, { graceSeconds: 0 })),
  KEY_REVOKED: (to) => withKey(to, ({ at }) => latchkey.manage('POST', `${at}/revoke`)),
  SECRET_REVOKED: (to) => withKey(to, ({ at }) => latchkey.manage('POST', `${at}/reissue`)),
  KEY_SUSPENDED: (to) => withKey(to, ({ at }) => latchkey.manage('POST', `${at}/suspend`)),
  ACCOUNT_SUSPENDED: (to) => withAccount(to, (account) => latchkey.manage('POST', `${account}/suspend`)),
  HAPIKEY_NOT_ALLOWED: (to) => withAccount(to, (account) => latchkey.manage('PATCH', account, { allowHapikey: false })),
  IP_NOT_ALLOWED: (to) => withKey(to, ({ at }) => latchkey.manage('PUT', `${at}/ip-allowlist`, { mode: 'enforce', entries: [] })),
  ROUTE_UNKNOWN: (to) => withKey(to, async () => '/nowhere'),
  SCOPE_MISSING: (to) => withKey(to, ({ at }) => latchkey.manage('PATCH', at, { scopes: [] })),
}; // prettier-ignore

/** Calls with a new key to which something was done. @param change may say another path to call */
async function withKey(listener: Listener, change: (key: Json) => Promise<Json>): Promise<Answer> {
  const key = await crm.makeKey({ scopes });
  const changed = await change({ ...key, at: `/v1/accounts/${crm.accountId}/keys/${key.id}` });
  await rows.skip();
  const path = typeof changed === 'string' ? changed : paths[listener];
  return send(listener, 'GET', path, { secret: key.secret });
}

/** Calls with a key, as hapikey, of a new account to which something was done. */
async function withAccount(listener: Listener, change: (account: string) => Promise<Json>) {
  const { id } = await latchkey.manage('POST', '/v1/accounts', { name: 'Other' });
  const account = `/v1/accounts/${id}`;
  const key = await latchkey.manage('POST', `${account}/keys`, { name: 'Vendor', scopes });
  await change(account);
  await rows.skip();
  return send(listener, 'GET', `${paths[listener]}?hapikey=${key.secret}`);
}

/** The link in an error leads to the page of its reason, on the listener that gave it. */
async function expectLinked(listener: Listener, { json }: Pick<Answer, 'json'>): Promise<void> {
  const page = await send(listener, 'GET', json.links.documentation);
  expectPage(page);
  expect(page.text).toContain(`<h1>${json.reason}</h1>`);
}

describe.each(listeners)('the link in an error of the %s listener leads to its page', (listener) => {
  it.each(Object.entries(provoked))('%s', async (reason, provoke) => {
    expect(denials).toHaveProperty(reason);
    const answer = await provoke(listener);
    expectDenial(answer, reason, await rows.take(1));
    await expectLinked(listener, answer);
  });

  it.each([
    ['REQUEST_MALFORMED', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['HEADERS_TOO_LARGE', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['EXPECTATION_FAILED', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n'],
  ])('%s, which is no call', async (reason, bytes) => {
    const origin = listener === 'access' ? latchkey.accessUrl : latchkey.managementUrl;
    const answer = await sendBytes(origin, Buffer.from(bytes));
    expect(answer.json.reason).toBe(reason);
    await expectLinked(listener, answer);
  });
}); // prettier-ignore

it.each<[reason: string, method: string, path: () => string, body?: unknown, headers?: Record<string, string>]>([
  ['METHOD_NOT_ALLOWED', 'PUT', () => '/v1/accounts', {}],
  ['VALIDATION_FAILED', 'POST', () => '/v1/accounts', {}],
  ['REQUEST_MALFORMED', 'POST', () => '/v1/accounts', '{', { 'content-type': 'application/json' }],
  ['UNSUPPORTED_MEDIA_TYPE', 'POST', () => '/v1/accounts', 'a', { 'content-type': 'text/plain' }],
  ['BODY_TOO_LARGE', 'POST', () => '/v1/accounts', { name: 'x'.repeat(2_000_000) }],
  ['OBJECT_NOT_FOUND', 'GET', () => '/v1/accounts/acc_0', undefined],
  ['PRECONDITION_FAILED', 'PATCH', () => `/v1/accounts/${crm.accountId}`, { name: 'x' }, { 'if-match': '"0"' }],
  ['CONFLICT', 'DELETE', () => '/v1/scopes/contacts.read', undefined],
])('the link of %s leads to its page', async (reason, method, path, body, headers = {}) => {
  const answer = await latchkey.ask(method, path(), { secret: latchkey.operatorKey, body, headers });
  expect(answer.json.reason).toBe(reason);
  await expectLinked('management', answer);
}); // prettier-ignore
