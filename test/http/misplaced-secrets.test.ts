import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { newSecret } from '../../src/core/secret-format.js';
import { SecretSightings } from '../../src/store/secret-sightings.js';
import { publishCrm, type Crm } from '../support/crm.js';
import type { Json, TestLatchkey } from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { openConnection } from '../support/raw-connection.js';
import { describeOnEachDatabase } from '../support/store.js';
import { until } from '../support/until.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const courier = { watchMs: 20, sweepMs: 20 };
/** Long enough for several looks; who has nothing to tell by then tells nothing. */
const someLooks = () => sleep(200);

describeOnEachDatabase('a secret that travelled in the wrong place', (kind) => {
  let nodes: Nodes;
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let caller: Json;
  let owner: string;
  let lost: Json;

  beforeAll(async () => {
    upstream = await startUpstream();
    nodes = await startNodes(kind, { courier });
    latchkey = nodes.one;
    crm = await publishCrm(latchkey, upstream.url);
    caller = await crm.makeKey();
  });

  afterAll(async () => {
    await nodes?.remove();
    await upstream?.close();
  });

  /** Of another account than the caller's: the one that is to be told. */
  beforeEach(async () => {
    owner = (await latchkey.manage('POST', '/v1/accounts', { name: 'Owner' })).id;
    lost = await latchkey.manage('POST', `/v1/accounts/${owner}/keys`, {
      name: 'Lost',
      scopes: [],
    });
  });

  const told = async (accountId = owner): Promise<Json[]> => {
    const { results } = await latchkey.manage<Json>('GET', `/v1/accounts/${accountId}/notices`);
    return results
      .filter((notice: Json) => notice.kind === 'secret.misplaced')
      .map((notice: Json) => notice.data);
  };

  const toldOf = (times: number) =>
    until('it is told', async () => (await told()).length === times);

  const places: [place: string, send: (secret: string) => [string, Record<string, string>]][] = [
    ['path', (secret) => [`/crm/contacts/${secret}`, {}]],
    ['query', (secret) => [`/crm/contacts?x=1&access_token=${secret}`, {}]],
    ['referer', (secret) => ['/crm/contacts', { referer: `https://app.example/?key=${secret}` }]],
    ['user_agent', (secret) => ['/crm/contacts', { 'user-agent': `sync/1 (${secret})` }]],
    ['request_id', (secret) => ['/crm/contacts', { 'x-request-id': secret }]],
    ['forwarded_for', (secret) => ['/crm/contacts', { 'x-forwarded-for': secret }]],
  ];

  it.each(places)('in the %s: its account is told, and not the caller’s', async (place, send) => {
    const [path, headers] = send(lost.secret);
    const answer = await latchkey.call('GET', path, { secret: caller.secret, headers });
    await toldOf(1);
    const [data] = await told();
    expect(data).toEqual({
      ...{ keyId: lost.id, keyName: 'Lost', environment: 'production' },
      ...{ secretId: lost.secrets[0].id, secretStart: lost.secrets[0].start, place },
      ...{ callId: answer.headers.get('x-correlation-id'), callerIp: '127.0.0.1' },
      seenAt: expect.stringMatching(/Z$/),
    });
    expect(await told(crm.accountId)).toEqual([]);
    // Once for each place and day, however often it comes.
    for (let i = 0; i < 3; i += 1)
      await latchkey.call('GET', path, { secret: caller.secret, headers });
    await latchkey.call('GET', `/crm/orders?a=${lost.secret}&b=${lost.secret}`);
    await toldOf(place === 'query' ? 1 : 2);
    await someLooks();
    expect((await told()).map((one) => one.place).toSorted()).toEqual(
      [...new Set([place, 'query'])].toSorted(),
    );
  });

  it('in the name of a header', async () => {
    const connection = await openConnection(latchkey.accessUrl);
    const request = `GET /crm/contacts HTTP/1.1\r\nHost: x\r\n${lost.secret}: 1\r\nConnection: close\r\n\r\n`;
    await connection.write(request);
    expect(await connection.untilClosed()).toMatch(/^HTTP\/1\.1 401 /);
    await toldOf(1);
    expect((await told())[0]).toMatchObject({ place: 'header_name', keyId: lost.id });
  });

  it('on the management listener as well, and where its own account sent it', async () => {
    const path = `/v1/accounts?after=${lost.secret}`;
    const answer = await latchkey.ask('GET', path, { secret: lost.secret });
    expect(answer.status).toBe(403);
    await toldOf(1);
    expect((await told())[0].place).toBe('query');
  });

  it('where it belongs nobody is told: as hapikey, as a bearer token, as X-Access-Token', async () => {
    const { secret } = lost;
    await latchkey.call('GET', `/latchkey/v1/self?hapikey=${secret}`);
    await latchkey.call('GET', `/latchkey/v1/self?hap%69key=${secret}`);
    await latchkey.call('GET', '/latchkey/v1/self', { secret });
    await latchkey.call('GET', '/latchkey/v1/self', { headers: { 'x-access-token': secret } });
    await someLooks();
    expect(await told()).toEqual([]);
  });

  it('one that no longer opens anything, or was never given out, is nobody’s worry', async () => {
    await latchkey.manage('POST', `/v1/accounts/${owner}/keys/${lost.id}/revoke`);
    const madeUp = newSecret('lk', 'production');
    meetSecret(madeUp);
    for (const secret of [lost.secret, madeUp])
      await latchkey.call('GET', `/crm/contacts/${secret}`, { secret: caller.secret });
    await until(
      'they were looked up',
      () => latchkey.app.get(SecretSightings).waiting.length === 0,
    );
    await someLooks();
    expect(await told()).toEqual([]);
  });

  it('many that were made up keep nobody from being told', async () => {
    const flood = Array.from({ length: 300 }, () => newSecret('lk', 'production'));
    await Promise.all(flood.map((secret) => latchkey.call('GET', `/crm/x/${secret}`)));
    await until('there is room', () => latchkey.app.get(SecretSightings).waiting.length === 0);
    await latchkey.call('GET', `/crm/x/${lost.secret}`);
    await toldOf(1);
    expect((await told())[0]).toMatchObject({ keyId: lost.id, place: 'path' });
  });

  it('the one notice goes out like any other: by webhook where that asks for its kind', async () => {
    const url = 'https://hooks.invalid';
    const hook = { url, kinds: ['secret.misplaced'] };
    await latchkey.manage('POST', `/v1/accounts/${owner}/webhooks`, hook);
    await latchkey.call('GET', `/crm/x/${lost.secret}`);
    await toldOf(1);
    const { results } = await latchkey.manage<Json>('GET', `/v1/accounts/${owner}/notices`);
    expect(results[0].deliveries).toHaveLength(1);
  });
});
