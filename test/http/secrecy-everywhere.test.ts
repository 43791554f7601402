import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { craftSecret } from '../support/crafted-secrets.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { legacySecret, oddHeaders, oddQuery } from '../support/odd-places.js';
import { sendRaw, type HeaderLine } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

// Every answer here is swept by `sendRaw`, and every file, row and line of the log when Latchkey is removed: what is left to
// these tests is to put secrets where they do not belong, and to see that each error was really met.

const encoded = encodeURIComponent;
const anyIp = '203.0.113.0/24';

let now = Date.now();
let latchkey: TestLatchkey;
let upstream: RecordingUpstream;
let crm: Crm;

beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    // Some never answer, and some do not know the credential they are shown.
    if (request.url?.startsWith('/never')) return;
    response.writeHead(request.url?.startsWith('/refusing') ? 401 : 200).end('{}');
  });
  const environment = { OPERATOR_KEY: legacySecret, TRUSTED_PROXIES: '127.0.0.9' };
  latchkey = await startTestLatchkey(environment, { wallClock: () => now });
  crm = await publishCrm(latchkey, upstream.url);
  await publish('dead', 'http://127.0.0.1:9');
  await publish('never', `${upstream.url}/never`, { timeoutMs: 100 });
  const credential = { in: 'header', name: 'X-Key', value: craftSecret('lk_prod', 'U'.repeat(32)) };
  await publish('refusing', `${upstream.url}/refusing`, { credential });
  await publish('bound', upstream.url, { open: false });
});

afterAll(async () => {
  await upstream.close();
  // The files are swept here.
  await latchkey.remove();
});

async function publish(name: string, url: string, settings: Json = {}): Promise<void> {
  await latchkey.manage('PUT', `/v1/services/${name}`, {
    ...{ upstream: url, mount: `/${name}`, ...settings },
  });
  const route = { method: 'GET', path: '/*', scopeSets: [['contacts.read']] };
  await latchkey.manage('PUT', `/v1/services/${name}/routes`, { routes: [route] });
}

/** A secret with which a call to a path is answered in a certain way. */
interface Situation {
  readonly secret: string;
  readonly path: string;
  readonly method?: string;
  readonly from?: string;
  /** As bearer unless given. */
  readonly credential?: (secret: string) => Shown;
}

/** How a secret is shown as the credential. */
interface Shown {
  readonly query?: string;
  readonly headers?: HeaderLine[];
}

const bearer = (secret: string): Shown => ({ headers: [['Authorization', `Bearer ${secret}`]] });
const hapikey = (secret: string): Shown => ({ query: `hapikey=${encoded(secret)}&` });

async function makeKey(settings: Json = {}): Promise<{ path: string; secret: string }> {
  const key = await crm.makeKey(settings);
  return { path: `/v1/accounts/${crm.accountId}/keys/${key.id}`, secret: key.secret };
}

async function inOtherAccount(settings: Json, act?: string): Promise<string> {
  const { id } = await latchkey.manage('POST', '/v1/accounts', { name: 'Other', ...settings });
  const body = { name: 'k', scopes: ['contacts.read'] };
  const { secret } = await latchkey.manage('POST', `/v1/accounts/${id}/keys`, body);
  if (act !== undefined) await latchkey.manage('POST', `/v1/accounts/${id}/${act}`);
  return secret;
}

const plain = async (path: string, more: Partial<Situation> = {}): Promise<Situation> => ({
  ...{ secret: (await makeKey()).secret, path, ...more },
});

const situations: readonly [reason: string, make: () => Promise<Situation>][] = [
  ['CALLER_UNDETERMINED', () => plain('/crm/contacts', { from: '127.0.0.9' })],
  ['PATH_INVALID', () => plain('/crm/../contacts')],
  ['CREDENTIALS_MISSING', () => plain('/crm/contacts', { credential: () => ({}) })],
  [
    'CREDENTIALS_MALFORMED',
    () =>
      plain('/crm/contacts', {
        credential: (secret) => ({ ...bearer(secret), ...hapikey(secret) }),
      }),
  ],
  [
    'KEY_UNKNOWN',
    async () => ({ secret: craftSecret('lk_prod', 'N'.repeat(32)), path: '/crm/contacts' }),
  ],
  [
    'SECRET_EXPIRED',
    async () => {
      const expiresAt = new Date(now + 60_000).toISOString();
      const { secret } = await makeKey({ expiresAt });
      now += 120_000;
      return { secret, path: '/crm/contacts' };
    },
  ],
  ...(['revoke', 'suspend'] as const).map((act): [string, () => Promise<Situation>] => [
    act === 'revoke' ? 'KEY_REVOKED' : 'KEY_SUSPENDED',
    async () => {
      const { path, secret } = await makeKey();
      await latchkey.manage('POST', `${path}/${act}`);
      return { secret, path: '/crm/contacts' };
    },
  ]),
  [
    'SECRET_REVOKED',
    async () => {
      const { path, secret } = await makeKey();
      await latchkey.manage('POST', `${path}/reissue`);
      return { secret, path: '/crm/contacts' };
    },
  ],
  [
    'ACCOUNT_SUSPENDED',
    async () => ({ secret: await inOtherAccount({}, 'suspend'), path: '/crm/contacts' }),
  ],
  [
    'HAPIKEY_NOT_ALLOWED',
    async () => ({
      secret: await inOtherAccount({ allowHapikey: false }),
      ...{ path: '/crm/contacts', credential: hapikey },
    }),
  ],
  [
    'IP_NOT_ALLOWED',
    async () => {
      const ipAllowlist = { mode: 'enforce', entries: [{ cidr: anyIp }] };
      return { secret: (await makeKey({ ipAllowlist })).secret, path: '/crm/contacts' };
    },
  ],
  ['SERVICE_NOT_AVAILABLE', () => plain('/bound/contacts')],
  ['ROUTE_UNKNOWN', () => plain('/nowhere')],
  ['METHOD_NOT_ALLOWED', () => plain('/crm/orders', { method: 'DELETE' })],
  ['SCOPE_MISSING', () => plain('/crm/orders')],
  ['UPSTREAM_UNREACHABLE', () => plain('/dead/contacts')],
  ['UPSTREAM_TIMEOUT', () => plain('/never/contacts')],
  ['UPSTREAM_CREDENTIAL_REFUSED', () => plain('/refusing/contacts')],
];

/** The reasons that a secret which was brought along can meet without ending it for all the others. */
const legacySituations: readonly [string, Omit<Situation, 'secret'>][] = [
  ['CALLER_UNDETERMINED', { path: '/crm/contacts', from: '127.0.0.9' }],
  ['PATH_INVALID', { path: '/crm/../contacts' }],
  ['CREDENTIALS_MALFORMED', { path: '/crm/contacts', credential: (s) => ({ ...bearer(s), ...hapikey(s) }) }],
  ['ROUTE_UNKNOWN', { path: '/nowhere' }],
  ['METHOD_NOT_ALLOWED', { path: '/crm/orders', method: 'DELETE' }],
  ['SCOPE_MISSING', { path: '/crm/orders' }],
]; // prettier-ignore

/** Where every key is judged alike, whatever it may do. */
const everyDoor = () => [
  [latchkey.accessUrl, '/crm/contacts'],
  [latchkey.accessUrl, '/latchkey/v1/self'],
  [latchkey.managementUrl, '/v1/accounts'],
];

/** Sends a secret in every odd place at once, in the query and not, by every door that answers for this reason. */
async function expectKept(reason: string, situation: Situation): Promise<void> {
  const { secret, path, method, from, credential = bearer } = situation;
  const { query = '', headers = [] } = credential(secret);
  const doors = path === '/crm/contacts' ? everyDoor() : [[latchkey.accessUrl, path]];
  for (const [origin = '', at = ''] of doors) {
    for (const odd of [oddQuery(secret), '']) {
      const answer = await sendRaw(origin, {
        target: `${at}?${query}${odd}`,
        headers: [...headers, ...oddHeaders(secret)],
        ...(method && { method }),
        ...(from && { from }),
      });
      expect([at, answer.json?.reason, answer.status >= 400]).toEqual([at, reason, true]);
    }
  }
}

describe('#28 #60 whatever the error, no secret that came in an odd place is told', () => {
  it.each(situations)('%s', async (reason, make) => expectKept(reason, await make()));

  it.each(legacySituations)('%s, of a secret that was brought along', (reason, situation) =>
    expectKept(reason, { ...situation, secret: legacySecret }),
  );

  it('and nothing of it reached an upstream', () => {
    expect(upstream.calls.length).toBeGreaterThan(0);
    for (const { url } of upstream.calls) expect(url).not.toMatch(/hapikey=|Zq(?:\+|%2B)/);
  });
});
