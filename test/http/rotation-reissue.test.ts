import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectNoSecret } from '../support/denials.js';
import { everyDoorScopes, expectAtEveryDoor } from '../support/every-door.js';
import type { CallRow, Json } from '../support/latchkey.js';
import {
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { NewEvents } from '../support/new-events.js';
import { NewRows } from '../support/new-rows.js';
import { openConnection } from '../support/raw-connection.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

let latchkey: Management;
let upstream: RecordingUpstream;
let crm: Crm;
let rows: NewRows;
let events: NewEvents;
let now = Date.UTC(2030, 0, 1);
let keys: string;

beforeAll(async () => {
  upstream = await startUpstream();
  latchkey = await startManagement({}, { wallClock: () => now });
  crm = await publishCrm(latchkey, upstream.url);
  keys = `/v1/accounts/${crm.accountId}/keys`;
  rows = new NewRows(latchkey);
  events = new NewEvents(latchkey, crm.accountId);
});

beforeEach(() => events.skip());

afterAll(async () => {
  await latchkey.remove();
  await upstream.close();
});

const makeKey = async (): Promise<{ key: Json; at: string }> => {
  const key = await crm.makeKey({ scopes: everyDoorScopes });
  return { key, at: `${keys}/${key.id}` };
};

const makeRotation = async (): Promise<{ key: Json; at: string; rotation: Json }> => {
  const { key, at } = await makeKey();
  const body = { graceSeconds: 3600 };
  const rotation = await latchkey.manage('POST', `${at}/rotations`, body);
  await events.skip();
  return { key, at, rotation };
};

const expectSaid = (secret: string, expected: string | 200, row: CallRow = {}): Promise<void> =>
  expectAtEveryDoor(latchkey, rows, secret, expected, row);

const secretsOf = async (at: string): Promise<Json[]> => (await latchkey.manage('GET', at)).secrets;

const factsOf = (secrets: Json[]): Json[] => secrets.map(({ id, start }) => ({ id, start }));

/** Asked again, a secret in use is not given another in its place: 409, without any secret. */
async function expectInUse(path: string, ...secrets: string[]): Promise<void> {
  await events.skip();
  const request = { method: 'POST', path, secret: latchkey.operatorKey };
  const answer = await expectRefused(latchkey, request, refusals.conflict('SECRET_USED'));
  expectNoSecret(secrets, answer, []);
  expect(await events.take()).toEqual([]);
}

const ways: [of: string, rest: (rotation: Json) => string, action: string][] = [
  ['its rotation', ({ id }) => `/rotations/${id}/reissue`, 'rotation.reissued'],
  ['its key', () => '/reissue', 'key.reissued'],
];

describe.each(ways)('#98 reissue of a rotation’s new secret, by %s', (_of, restOf, action) => {
  it('the lost one ends, another takes its place, the old one works on', async () => {
    const { key, at, rotation } = await makeRotation();
    const lost = { secret: rotation.secret, id: rotation.replacing.secretId };
    now += 1000;
    const again = await latchkey.manage('POST', at + restOf(rotation));
    expect(again.secret).not.toBe(lost.secret);
    const ended = { keyId: key.id, secretId: lost.id, secretState: 'revoked' };
    await expectSaid(lost.secret, 'SECRET_REVOKED', ended);
    const kept = await latchkey.manage('GET', `${at}/rotations/${rotation.id}`);
    const { startedAt, graceEndsAt, retiring } = rotation;
    expect(kept).toMatchObject({ state: 'open', startedAt, graceEndsAt, retiring });
    const secrets = await secretsOf(at);
    expect(secrets.map(({ state }) => state)).toEqual(['retiring', 'revoked', 'current']);
    expect(kept.replacing.secretId).toBe(secrets[2].id);
    const [before, after] =
      action === 'key.reissued'
        ? [{ secrets: factsOf(secrets.slice(0, 2)) }, { secrets: factsOf(secrets) }]
        : [{ replacingSecretId: lost.id }, { replacingSecretId: secrets[2].id }];
    const all = [key.secret, lost.secret, again.secret];
    await events.expectOne({ action, target: { type: 'key', id: key.id }, before, after }, all);
    await expectSaid(key.secret, 200);
    await expectSaid(again.secret, 200);
  });

  it('409 once it was used; the used one works on beyond the grace', async () => {
    const { key, at, rotation } = await makeRotation();
    await expectSaid(rotation.secret, 200);
    await expectInUse(at + restOf(rotation), key.secret, rotation.secret);
    now += 3_600_000;
    await expectSaid(rotation.secret, 200);
    await expectSaid(key.secret, 'SECRET_EXPIRED', { rotationId: rotation.id });
  });
});

describe('#98 reissue of a key’s only secret', () => {
  it('as often as it got lost, and no more once it was used', async () => {
    const { key, at } = await makeKey();
    let { secret } = key;
    for (let i = 0; i < 3; i += 1) {
      const before = await secretsOf(at);
      await events.skip();
      const again = await latchkey.manage('POST', `${at}/reissue`);
      await expectSaid(secret, 'SECRET_REVOKED', { keyId: key.id });
      const after = await secretsOf(at);
      const states = [...before.map(() => 'revoked'), 'current'];
      expect(after.map(({ state }) => state)).toEqual(states);
      const facts = { before: { secrets: factsOf(before) }, after: { secrets: factsOf(after) } };
      await events.expectOne({ action: 'key.reissued', ...facts }, [secret, again.secret]);
      secret = again.secret;
    }
    await expectSaid(secret, 200);
    await expectInUse(`${at}/reissue`, secret);
  });

  it('a secret that became current again by a cancel is in use', async () => {
    const { key, at, rotation } = await makeRotation();
    await expectSaid(key.secret, 200);
    await latchkey.manage('POST', `${at}/rotations/${rotation.id}/cancel`);
    await expectInUse(`${at}/reissue`, key.secret);
  });

  it('409 for a revoked key', async () => {
    const { at } = await makeKey();
    await latchkey.manage('POST', `${at}/revoke`);
    const request = { method: 'POST', path: `${at}/reissue`, secret: latchkey.operatorKey };
    await expectRefused(latchkey, request, refusals.conflict('KEY_REVOKED'));
  });
});

describe('#98 the answer to a create or rotate is lost', () => {
  /** Sends a POST and goes away before its answer, once it was carried out. */
  async function postAndLeave(path: string, body: Json, idempotencyKey: string): Promise<void> {
    const connection = await openConnection(latchkey.managementUrl);
    const text = JSON.stringify(body);
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: latchkey',
      `Authorization: Bearer ${latchkey.operatorKey}`,
      'Content-Type: application/json',
      `Idempotency-Key: ${idempotencyKey}`,
      `Content-Length: ${Buffer.byteLength(text)}`,
    ];
    await connection.write(`${head.join('\r\n')}\r\n\r\n${text}`);
    connection.socket.pause();
    let made: Json[] = [];
    while (made.length === 0) made = await events.take();
    connection.reset();
    expect(made).toHaveLength(1);
  }

  it.each<[what: string, prepare: () => Promise<{ path: string; body: Json; reissue: (made: Json) => string }>]>([
    ['create', async () => ({
      path: keys,
      body: { name: 'Vendor', scopes: everyDoorScopes },
      reissue: ({ id }) => `${keys}/${id}/reissue`,
    })],
    ['rotate', async () => {
      const { at } = await makeKey();
      const path = `${at}/rotations`;
      return { path, body: { graceSeconds: 60 }, reissue: ({ id }) => `${path}/${id}/reissue` };
    }],
  ])('%s: the retry tells its id, and a reissue gives the secret', async (what, prepare) => {
    const { path, body, reissue } = await prepare();
    await events.skip();
    await postAndLeave(path, body, `lost-${what}`);
    const headers = { 'idempotency-key': `lost-${what}` };
    const retry = await latchkey.ask('POST', path, { secret: latchkey.operatorKey, body, headers });
    expect([retry.status, retry.json.secret]).toEqual([201, undefined]);
    expect(retry.headers.get('idempotency-replayed')).toBe('true');
    expect(await events.take()).toEqual([]);
    const { secret } = await latchkey.manage('POST', reissue(retry.json));
    await expectSaid(secret, 200);
    await expectInUse(reissue(retry.json), secret);
  }); // prettier-ignore
});
