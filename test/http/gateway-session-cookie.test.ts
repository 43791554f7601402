import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { addMember, type SignedInPerson } from '../support/people.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

/** Cookies know no ports: whoever is signed in to the console sends the session to the gateway of that host as well. */
describe('#84 #16 gateway: the session of the console', () => {
  let gateway: OpenGateway;
  let upstream: RecordingUpstream;
  let person: SignedInPerson;

  beforeAll(async () => {
    upstream = await startUpstream((_request, response) => {
      response.setHeader('set-cookie', [
        'own=1; Path=/',
        'latchkey_session=planted; Path=/',
        '__HOST-latchkey_session=planted; Path=/; Secure',
      ]);
      response.end('{}');
    });
    gateway = await openGateway(upstream.url);
    person = await addMember(gateway.latchkey, gateway.crm.accountId, 'admin');
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each<[what: string, cookie: (mine: string) => string, seen: string | undefined]>([
    ['alone', (mine) => mine, undefined],
    ['among others', (mine) => `a=1; ${mine}; b=2`, 'a=1; b=2'],
    ['behind https', (mine) => `a=1; __Host-${mine}`, 'a=1'],
    ['not at all', () => 'a=1;b=2', 'a=1;b=2'],
  ])('reaches no upstream: %s', async (_what, cookie, seen) => {
    const { secret, latchkey } = gateway;
    const headers = { cookie: cookie(person.session) };
    expect((await latchkey.call('GET', '/crm/a', { secret, headers })).status).toBe(200);
    expect(upstream.calls.at(-1)?.headers.cookie).toBe(seen);
  });

  it('is set by no upstream', async () => {
    const { secret, latchkey } = gateway;
    const { headers } = await latchkey.call('GET', '/crm/a', { secret });
    expect(headers.getSetCookie()).toEqual(['own=1; Path=/']);
  });

  it('opens nothing there', async () => {
    const { latchkey } = gateway;
    const answer = await latchkey.call('GET', '/crm/a', { session: person.session });
    expect([answer.status, answer.json.reason]).toEqual([401, 'CREDENTIALS_MISSING']);
  });
});
