import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectEnvelope } from '../support/denials.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { startUpstream, type RecordedCall, type RecordingUpstream } from '../support/upstream.js';

const godKey = 'Bearer pat-na1-everything';

describe('bindings and sealed credentials (contract §5, §6 "Account and service")', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let other: RecordingUpstream;
  let crm: Crm;

  beforeEach(async () => {
    upstream = await startUpstream();
    other = await startUpstream();
    latchkey = await startTestLatchkey();
    crm = await publishCrm(latchkey, upstream.url);
  });

  afterEach(async () => {
    await latchkey.remove();
    await upstream.close();
    await other.close();
  });

  const putService = (settings: Json) =>
    latchkey.manage('PUT', '/v1/services/crm', {
      upstream: upstream.url,
      mount: '/crm',
      ...settings,
    });
  const bind = (settings: Json, accountId = crm.accountId) =>
    latchkey.manage('PUT', `/v1/accounts/${accountId}/services/crm`, settings);
  const last = ({ calls }: RecordingUpstream): RecordedCall => calls.at(-1) as RecordedCall;

  it('a credential in a header takes the place of any header of its name, in any spelling', async () => {
    await putService({
      credential: { in: 'header', name: 'X-Api-Key', value: 'one god-mode key' },
    });
    const key = await crm.makeKey();
    const headers = { 'x-api-key': 'mine', X_Api_Key: 'mine too' };
    expect(
      (await latchkey.call('GET', '/crm/contacts', { secret: key.secret, headers })).status,
    ).toBe(200);
    const { rawHeaders } = last(upstream);
    const sent = rawHeaders.filter(
      (_, i) => i % 2 === 1 && /^x[-_]api[-_]key$/i.test(rawHeaders[i - 1] as string),
    );
    expect(sent).toEqual(['one god-mode key']);
  });

  it('a credential in the Authorization header replaces the secret', async () => {
    await putService({ credential: { in: 'header', name: 'Authorization', value: godKey } });
    const key = await crm.makeKey();
    await latchkey.call('GET', '/crm/contacts', { secret: key.secret });
    expect(last(upstream).headers.authorization).toBe(godKey);
  });

  it('a credential in the query takes the place of any parameter of its name; other bytes stay', async () => {
    await putService({ credential: { in: 'query', name: 'hapikey', value: 'a&b c' } });
    const key = await crm.makeKey();
    await latchkey.call('GET', `/crm/contacts?a=%7e&hap%69key=${key.secret}&b=1+2`);
    expect(last(upstream).url).toBe('/contacts?a=%7e&b=1+2&hapikey=a%26b%20c');
  });

  it('an upstream with a credential of its own is not told who called, unless that is asked for', async () => {
    const key = await crm.makeKey();
    const told = async () => {
      await latchkey.call('GET', '/crm/contacts', { secret: key.secret });
      return last(upstream).headers['x-latchkey-key'];
    };
    expect(await told()).toBe(key.id);
    await putService({ credential: { in: 'header', name: 'X-Api-Key', value: 'v' } });
    expect(await told()).toBeUndefined();
    await putService({ identityHeaders: true });
    expect(await told()).toBe(key.id);
  });

  it('#97 the upstream answers 401 to the sealed credential → 502, not the caller’s fault', async () => {
    const refusing = await startUpstream((_request, response) =>
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="theirs"' }).end('no'),
    );
    const key = await crm.makeKey();
    await putService({ upstream: refusing.url });
    expect((await latchkey.call('GET', '/crm/contacts', { secret: key.secret })).status).toBe(401);
    await putService({
      upstream: refusing.url,
      credential: { in: 'header', name: 'X-Api-Key', value: 'a-sealed-value' },
    });
    const rows = new NewRows(latchkey);
    const expectRefused = async (): Promise<void> => {
      await rows.skip();
      const answer = await latchkey.call('GET', '/crm/contacts', { secret: key.secret });
      expect(answer.status).toBe(502);
      const refused = { reason: 'UPSTREAM_CREDENTIAL_REFUSED', category: 'UPSTREAM' };
      expectEnvelope(answer, refused);
      // Neither what the upstream said to us nor what it was shown is the caller's to see.
      expect(answer.text).not.toMatch(/a-sealed-value|"no"/);
      expect(answer.headers.get('www-authenticate')).toBeNull();
      expect(await rows.take(1)).toMatchObject([
        {
          ...{ id: answer.json.correlationId, keyId: key.id, status: 502, upstreamStatus: 401 },
          ...{ decision: 'allowed', reason: 'UPSTREAM_CREDENTIAL_REFUSED' },
        },
      ]);
    };
    await expectRefused();
    // The same with a credential that is the binding's alone.
    await putService({ upstream: refusing.url, credential: null });
    await bind({
      upstream: refusing.url,
      credential: { in: 'query', name: 'key', value: 'a-sealed-value' },
    });
    await expectRefused();
    await refusing.close();
  });

  it('the value is shown to nobody, and lies sealed on disk', async () => {
    const value = 'a-god-mode-key-nobody-may-read';
    const service = await putService({ credential: { in: 'header', name: 'X-Api-Key', value } });
    expect(service.credential).toEqual({ in: 'header', name: 'X-Api-Key' });
    const operator = await latchkey.manage('GET', '/v1/accounts');
    const trail = await latchkey.manage(
      'GET',
      `/v1/accounts/${operator.results[0].id}/audit-events`,
    );
    expect(JSON.stringify([trail, await latchkey.manage('GET', '/v1/services')])).not.toContain(
      value,
    );
    const entries = readdirSync(latchkey.folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).toContain('latchkey.db');
    for (const { parentPath, name } of files)
      expect(readFileSync(join(parentPath, name)).includes(value)).toBe(false);
  });

  it('a credential that is left out stays, and null takes it away', async () => {
    await putService({ credential: { in: 'header', name: 'X-Api-Key', value: 'v' } });
    expect((await putService({ timeoutMs: 1000 })).credential).toEqual({
      in: 'header',
      name: 'X-Api-Key',
    });
    expect((await putService({ credential: null })).credential).toBeNull();
  });

  it('a credential never follows to another upstream unsaid', async () => {
    await putService({ credential: { in: 'header', name: 'X-Api-Key', value: 'v' } });
    const body = { upstream: other.url, mount: '/crm' };
    const answer = await latchkey.ask('PUT', '/v1/services/crm', {
      secret: latchkey.operatorKey,
      body,
    });
    expect(answer.status).toBe(400);
    expect(answer.json.errors[0].context).toEqual({ field: 'credential' });
    expect((await putService({ upstream: other.url, credential: null })).upstream).toBe(other.url);
  });

  it('a service that is not open needs a binding: 403 SERVICE_NOT_AVAILABLE until there is one, and after it is gone', async () => {
    await putService({ open: false });
    const key = await crm.makeKey();
    const ask = async () =>
      (await latchkey.call('GET', '/crm/contacts', { secret: key.secret })).status;
    expect(await ask()).toBe(403);
    expect((await latchkey.rows('&door=gateway'))[0]).toMatchObject({
      reason: 'SERVICE_NOT_AVAILABLE',
      keyId: key.id,
    });
    await bind({});
    expect(await ask()).toBe(200);
    await latchkey.manage('DELETE', `/v1/accounts/${crm.accountId}/services/crm`);
    expect(await ask()).toBe(403);
  });

  it('a QA key never reaches production, and each environment has its own upstream and credential', async () => {
    await putService({ open: false });
    await bind({
      environment: 'production',
      credential: { in: 'header', name: 'X-Api-Key', value: 'prod' },
    });
    const production = await crm.makeKey();
    const qa = await crm.makeKey({ environment: 'qa' });
    expect((await latchkey.call('GET', '/crm/contacts', { secret: qa.secret })).status).toBe(403);
    await bind({
      environment: 'qa',
      upstream: other.url,
      credential: { in: 'header', name: 'X-Api-Key', value: 'qa' },
    });
    await latchkey.call('GET', '/crm/contacts', { secret: qa.secret });
    await latchkey.call('GET', '/crm/contacts', { secret: production.secret });
    expect(other.calls.map((call) => call.headers['x-api-key'])).toEqual(['qa']);
    expect(upstream.calls.map((call) => call.headers['x-api-key'])).toEqual(['prod']);
  });

  it('one account’s god-mode key never serves another’s calls', async () => {
    const second = await latchkey.manage('POST', '/v1/accounts', { name: 'Second' });
    await bind({ credential: { in: 'header', name: 'X-Api-Key', value: 'first' } });
    await bind({ credential: { in: 'header', name: 'X-Api-Key', value: 'second' } }, second.id);
    const own = await crm.makeKey();
    const foreign = await latchkey.manage('POST', `/v1/accounts/${second.id}/keys`, {
      name: 'k',
      scopes: ['contacts.read'],
    });
    for (const { secret } of [own, foreign, own])
      await latchkey.call('GET', '/crm/contacts', { secret });
    expect(upstream.calls.map((call) => call.headers['x-api-key'])).toEqual([
      'first',
      'second',
      'first',
    ]);
  });

  it('a binding with an upstream of its own does not get the service’s credential', async () => {
    await putService({ credential: { in: 'header', name: 'X-Api-Key', value: 'of the service' } });
    await bind({ upstream: other.url });
    const key = await crm.makeKey();
    await latchkey.call('GET', '/crm/contacts', { secret: key.secret });
    expect(last(other).headers['x-api-key']).toBeUndefined();
  });

  it.each([
    ['a header that frames the message', { in: 'header', name: 'Content-Length', value: '1' }],
    ['an identity header', { in: 'header', name: 'x_latchkey_key', value: '1' }],
    ['no header name', { in: 'header', name: 'a b', value: '1' }],
    ['a line end in the value', { in: 'header', name: 'X-Api-Key', value: 'a\r\nX: b' }],
    ['another place', { in: 'cookie', name: 'a', value: 'b' }],
    ['no value', { in: 'query', name: 'a' }],
  ])('%s → 400', async (_name, credential) => {
    const body = { upstream: upstream.url, mount: '/crm', credential };
    const answer = await latchkey.ask('PUT', '/v1/services/crm', {
      secret: latchkey.operatorKey,
      body,
    });
    expect([answer.status, answer.json.reason]).toEqual([400, 'VALIDATION_FAILED']);
  });
});
