import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

describe('the story: a real API behind scoped keys', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let crm: Crm;

  beforeEach(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey();
    crm = await publishCrm(latchkey, upstream.url);
  });

  afterEach(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  it('a key opens what its scopes open, and the call is one row with the caller', async () => {
    const key = await crm.makeKey();
    const answer = await latchkey.call('GET', `/crm/contacts/7?a=1&hapikey=${key.secret}&b=2`);
    expect(answer.status).toBe(200);
    expect(upstream.calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /contacts/7?a=1&b=2',
    ]);
    const [row] = await latchkey.rows();
    expect(row).toMatchObject({
      keyId: key.id,
      method: 'GET',
      path: '/crm/contacts/7',
      query: 'a=1&hapikey=***&b=2',
      route: '/contacts/{id}',
      usedScopes: ['contacts.read'],
      decision: 'allowed',
      status: 200,
      upstreamStatus: 200,
      callerIp: '127.0.0.1',
      door: 'gateway',
      credential: 'hapikey',
    });
  });

  it('401 without a key, 403 beyond it', async () => {
    const key = await crm.makeKey();
    expect((await latchkey.call('GET', '/crm/contacts')).json).toMatchObject({
      reason: 'CREDENTIALS_MISSING',
    });
    const denied = await latchkey.call('POST', '/crm/contacts', { secret: key.secret, body: {} });
    expect(denied.status).toBe(403);
    expect(denied.json.errors[0].context).toEqual({
      requiredGranularScopes: ['contacts.read', 'contacts.write'],
      missingScopes: ['contacts.write'],
    });
    expect(upstream.calls).toEqual([]);
  });
});
