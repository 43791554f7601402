import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectNoSecret } from '../support/denials.js';
import type { Answer, Json } from '../support/latchkey.js';
import { expectInvalid, startManagement, type Management } from '../support/management.js';
import { sendRaw, type HeaderLine } from '../support/raw-http.js';

const upstreamHost = 'crm.internal.example';
let latchkey: Management;
let crm: Crm;
let keys: string;

beforeAll(async () => {
  latchkey = await startManagement();
  crm = await publishCrm(latchkey, `http://${upstreamHost}`);
  keys = `/v1/accounts/${crm.accountId}/keys`;
});

afterAll(() => latchkey.remove());

const callId = expect.stringMatching(/^call_[0-9A-Za-z]{23}$/);

describe('§4 the envelope, as the contract shows it', () => {
  it('of SCOPE_MISSING', async () => {
    const { secret } = await crm.makeKey();
    const answer = await latchkey.call('POST', '/crm/contacts', { secret, body: {} });
    const message = 'This key may not do this: it lacks contacts.write.';
    const context = {
      requiredGranularScopes: ['contacts.read', 'contacts.write'],
      missingScopes: ['contacts.write'],
    };
    expect(answer.json).toEqual({
      status: 'error',
      category: 'MISSING_SCOPES',
      reason: 'SCOPE_MISSING',
      message,
      correlationId: callId,
      errors: [{ message, code: 'SCOPE_MISSING', in: 'scopes', context }],
      links: { documentation: '/latchkey/errors/SCOPE_MISSING' },
    });
    expect(answer.headers.get('x-correlation-id')).toBe(answer.json.correlationId);
  });

  it('with its engagement', async () => {
    const answer = await latchkey.call('GET', '/crm/contacts?hapikey=');
    expect(answer.json).toEqual({
      ...{ status: 'error', category: 'INVALID_AUTHENTICATION', reason: 'CREDENTIALS_MISSING' },
      message: expect.stringContaining('hapikey is present in the query but empty'),
      correlationId: callId,
      errors: [expect.objectContaining({ code: 'CREDENTIALS_MISSING', in: 'credentials' })],
      links: { documentation: '/latchkey/errors/CREDENTIALS_MISSING' },
      engagement: {
        hapikey: 'not engaged: hapikey is present in the query but empty',
        'oauth-token': 'not engaged: there is no Authorization header',
        'x-access-token': 'not engaged: there is no X-Access-Token header',
      },
    });
  });
});

describe('§4 the engagement names no host', () => {
  const refused: [string, string, HeaderLine[]][] = [
    ['nothing', '', []],
    ['an empty hapikey', '?hapikey=', []],
    ['another scheme', '', [['Authorization', 'Basic YTpi']]],
    ['two methods', '?hapikey=a', [['X-Access-Token', 'a']]],
    ['no token', '', [['Authorization', 'Bearer']]],
    ['a hapikey that is an address', `?hapikey=http://${upstreamHost}&hapikey=a`, []],
  ];
  it.each(refused)('of %s, at neither listener', async (_what, query, headers) => {
    for (const [origin, path] of [
      [latchkey.accessUrl, '/crm/contacts'],
      [latchkey.accessUrl, '/latchkey/v1/self'],
      [latchkey.managementUrl, '/v1/accounts'],
    ] as const) {
      const forwarded: HeaderLine[] = [['X-Forwarded-Host', 'edge.internal.example']];
      const lines = [...headers, ...forwarded];
      const { json } = await sendRaw(origin, { target: path + query, headers: lines });
      const told = Object.values<string>(json.engagement).join('\n');
      expect(told).not.toMatch(/internal\.example|127\.0\.0\.1|localhost|:\d+/);
      expect(told.split(/[^\w.-]+/)).not.toContain(hostname());
    }
  });
});

describe('§4 a request that is not valid', () => {
  it('is told of each field that is wrong, in the body', async () => {
    const body = {
      ...{ name: 7, environment: 'moon', scopes: 'contacts.read', expiresAt: 'soon' },
      ...{ purpose: ['none'], nope: 1 },
    };
    const fields = ['name', 'environment', 'scopes', 'expiresAt', 'purpose', 'nope'];
    const answer = await latchkey.ask('POST', keys, { secret: latchkey.operatorKey, body });
    expect([answer.status, answer.json.category]).toEqual([400, 'VALIDATION_ERROR']);
    const told = answer.json.errors.map((each: Json) => [each.in, each.context.field]);
    expect(told.toSorted()).toEqual(fields.map((field) => ['body', field]).toSorted());
  });

  it('and in the query', async () => {
    const query = '?limit=501&nope=1';
    const answer = await latchkey.ask('GET', keys + query, { secret: latchkey.operatorKey });
    const told = answer.json.errors.map((each: Json) => [each.in, each.context.field]);
    expect([answer.status, told.toSorted()]).toEqual([
      400,
      [
        ['query', 'limit'],
        ['query', 'nope'],
      ],
    ]);
  });

  it('is told of a field that only the rules refuse, in the same way', async () => {
    await expectInvalid(latchkey, 'POST', keys, { name: 'k', scopes: ['no.such'] }, ['scopes']);
  });
});

describe('§4 what carries a secret is stored by nobody', () => {
  it('every answer that gives one out, and no later one shows it', async () => {
    const ask = (path: string, body?: Json): Promise<Answer> =>
      latchkey.ask('POST', path, { secret: latchkey.operatorKey, body });
    const created = await ask(keys, { name: 'k', scopes: [] });
    const at = `${keys}/${created.json.id}`;
    const reissued = await ask(`${at}/reissue`);
    const rotated = await ask(`${at}/rotations`, { graceSeconds: 60 });
    const again = await ask(`${at}/rotations/${rotated.json.id}/reissue`);
    const answers = [created, reissued, rotated, again];
    expect(answers.map(({ status, headers }) => [status, headers.get('cache-control')])).toEqual(
      [201, 200, 201, 200].map((status) => [status, 'no-store']),
    );
    const secrets: string[] = answers.map(({ json }) => json.secret);
    const whole = secrets.flatMap((secret) => [secret, secret.slice('lk_prod_4fGh'.length)]);
    for (const path of [at, `${at}/rotations/${rotated.json.id}`, keys]) {
      const read = await latchkey.ask('GET', path, { secret: latchkey.operatorKey });
      expect(read.status).toBe(200);
      expectNoSecret(whole, read, []);
    }
    const self = await latchkey.call('GET', '/latchkey/v1/self', { secret: again.json.secret });
    expect([self.status, self.json.secret.start]).toEqual([200, again.json.secret.slice(0, 12)]);
    expectNoSecret(whole, self, []);
  });

  it.each(['access', 'management'])('every error of the %s listener', async (listener) => {
    const send = listener === 'access' ? latchkey.call : latchkey.ask;
    for (const [method, path, secret] of [
      ['GET', '/nowhere', undefined],
      ['GET', '/nowhere', latchkey.operatorKey],
      ['GET', '/latchkey/errors/NOPE', undefined],
      ['POST', '/latchkey/health/ready', undefined],
      ['GET', '/a//b', undefined],
      ['GET', '/latchkey/v1/self', 'no-such-secret-of-anybody'],
    ] as const) {
      const answer = await send(method, path, secret === undefined ? {} : { secret });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect([path, answer.headers.get('cache-control')]).toEqual([path, 'no-store']);
      expect(answer.json).toMatchObject({ status: 'error', correlationId: callId });
    }
  });
});
