import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { openCallLogFile } from '../support/call-log-file.js';
import { expectDenial, expectEnvelope } from '../support/denials.js';
import { startTestLatchkey, type Answer, type AskOptions, type Json } from '../support/latchkey.js';
import { NewEvents } from '../support/new-events.js';
import { NewRows } from '../support/new-rows.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';

const path = '/latchkey/v1/self/rotations';
const minute = 60_000;
const iso = (time: number) => new Date(time).toISOString();

describeOnEachDatabase('§7 POST self/rotations', (kind) => {
  let now = Date.UTC(2030, 0, 1);
  let nodes: Nodes;
  let rows: NewRows;
  let accountId: string;
  let keys: string;
  let key: Json;

  beforeAll(async () => {
    nodes = await startNodes(kind, { wallClock: () => now });
    rows = new NewRows(nodes.one);
    accountId = (await nodes.one.manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' })).id;
    keys = `/v1/accounts/${accountId}/keys`;
  });

  afterAll(() => nodes?.remove());

  beforeEach(async () => {
    now += minute;
    key = await makeKey();
    await rows.skip();
  });

  const makeKey = (settings: Json = {}): Promise<Json> =>
    nodes.one.manage('POST', keys, {
      ...{ name: 'Nightly sync', scopes: ['latchkey.self.rotate'] },
      ...settings,
    });

  const rotate = (options: AskOptions = {}, node = nodes.one): Promise<Answer> =>
    node.call('POST', path, { secret: key.secret, body: { graceSeconds: 3_600 }, ...options });

  const saidTo = async (secret: string): Promise<unknown> => {
    const { status, json } = await nodes.one.call('GET', '/latchkey/v1/self', { secret });
    return json.reason ?? status;
  };

  it('201: the new secret once, the old one beside it until the grace is over', async () => {
    const answer = await rotate();
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { secret, ...rotation } = answer.json;
    expect(rotation).toMatchObject({
      ...{ keyId: key.id, state: 'open', startedAt: iso(now), graceEndsAt: iso(now + 60 * minute) },
      retiring: { secretId: key.secrets[0].id, calls: 0 },
    });
    const shown = await nodes.one.manage('GET', `${keys}/${key.id}/rotations/${rotation.id}`);
    expect(shown).toEqual(rotation);
    now += 60 * minute - 1;
    expect([await saidTo(key.secret), await saidTo(secret)]).toEqual([200, 200]);
    now += 1;
    expect([await saidTo(key.secret), await saidTo(secret)]).toEqual(['SECRET_EXPIRED', 200]);
  });

  it('is one row, completed, and one audit event by the key itself', async () => {
    const events = new NewEvents(nodes.one, accountId);
    await events.skip();
    await rows.skip();
    const answer = await rotate();
    expect(await rows.takeCompleted(1)).toEqual([
      expect.objectContaining({
        ...{ id: answer.headers.get('x-correlation-id'), keyId: key.id, method: 'POST', path },
        ...{ door: 'self', route: path, decision: 'allowed', status: 201, callerIp: '127.0.0.1' },
        ...{ usedScopes: ['latchkey.self.rotate'], responseBytes: answer.text.length },
      }),
    ]);
    const [event] = await events.take();
    expect(event).toMatchObject({
      ...{ action: 'rotation.opened', callerIp: '127.0.0.1' },
      ...{ actor: { kind: 'key', id: key.id }, target: { type: 'key', id: key.id } },
    });
    expect(JSON.stringify(event)).not.toContain(answer.json.secret);
  });

  it('takes an instant, and no body at all', async () => {
    const body = { graceEndsAt: iso(now + 2 * minute) };
    const { status, json } = await rotate({ body });
    expect([status, json.graceEndsAt]).toEqual([201, body.graceEndsAt]);
    const other = await makeKey();
    const headers = { 'content-type': 'application/json' };
    const answer = await rotate({ secret: other.secret, headers, body: '' });
    expect([answer.status, answer.json.graceEndsAt]).toEqual([201, iso(now + 7 * 86_400_000)]);
  });

  it('tells who asks with a retiring secret that it retires, whatever the answer', async () => {
    const { id, graceEndsAt } = (await rotate()).json;
    const answers = [
      await rotate(),
      await nodes.one.call('GET', path, { secret: key.secret }),
      await nodes.one.call('POST', `${path}/${id}/reissue`, { secret: key.secret }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([409, 405, 200]);
    for (const { headers } of answers)
      expect(headers.get('latchkey-secret-retires')).toBe(graceEndsAt);
  });

  it('403 without the scope, 401 without a credential, each with its row', async () => {
    const other = await makeKey({ scopes: ['latchkey.keys.write'] });
    await rows.skip();
    const refused = await rotate({ secret: other.secret });
    const detail = expectDenial(refused, 'SCOPE_MISSING', await rows.take(1), { keyId: other.id });
    expect(detail.context.missingScopes).toEqual(['latchkey.self.rotate']);
    const nobody = await nodes.one.call('POST', path, { body: { graceSeconds: 60 } });
    expectDenial(nobody, 'CREDENTIALS_MISSING', await rows.take(1));
  });

  it('405 for another method, and who asks comes first', async () => {
    const get = await nodes.one.call('GET', path, { secret: key.secret });
    expectDenial(get, 'METHOD_NOT_ALLOWED', await rows.take(1), { keyId: key.id });
    expect(get.headers.get('allow')).toBe('POST');
    const nobody = await nodes.one.call('GET', path);
    expectDenial(nobody, 'CREDENTIALS_MISSING', await rows.take(1));
  });

  it.each<[name: string, options: AskOptions, status: number, reason: string]>([
    ['a grace beyond 90 days', { body: { graceSeconds: 7_776_001 } }, 400, 'VALIDATION_FAILED'],
    ['a start', { body: { startsAt: '2031-01-01T00:00:00Z', graceSeconds: 60 } }, 400, 'VALIDATION_FAILED'],
    ['2,000 levels', { body: `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`, headers: { 'content-type': 'application/json' } }, 400, 'REQUEST_MALFORMED'],
    ['a property that is none', { body: { graceSeconds: 60, keyId: 'x' } }, 400, 'VALIDATION_FAILED'],
    ['a list', { body: [60] }, 400, 'VALIDATION_FAILED'],
    ['an instant in the past', { body: { graceEndsAt: '2029-01-01T00:00:00Z' } }, 400, 'VALIDATION_FAILED'],
    ['broken JSON', { body: '{"graceSeconds":', headers: { 'content-type': 'application/json' } }, 400, 'REQUEST_MALFORMED'],
    ['a prototype', { body: '{"__proto__":{"graceSeconds":60}}', headers: { 'content-type': 'application/json' } }, 400, 'REQUEST_MALFORMED'],
    ['text', { body: 'graceSeconds=60', headers: { 'content-type': 'text/plain' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['17 KB', { body: { graceSeconds: 60, x: 'x'.repeat(17_000) } }, 413, 'BODY_TOO_LARGE'],
    ['a bad Idempotency-Key', { headers: { 'idempotency-key': 'a b' } }, 400, 'VALIDATION_FAILED'],
  ])('is refused with %s, and says why', async (_name, options, status, reason) => {
    const answer = await rotate(options);
    expect([answer.status, answer.json.reason]).toEqual([status, reason]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await rows.takeCompleted(1)).toEqual([
      expect.objectContaining({ keyId: key.id, decision: 'allowed', status }),
    ]);
    expect((await nodes.one.manage('GET', `${keys}/${key.id}`)).openRotation).toBeNull();
    // Whoever may not ask is told nothing of the body.
    const nobody = await nodes.one.call('POST', path, { ...options, secret: undefined });
    expect(nobody.json.reason).toBe('CREDENTIALS_MISSING');
  }); // prettier-ignore

  it('409 while one is open, for either secret', async () => {
    const { json } = await rotate();
    for (const secret of [key.secret, json.secret]) {
      const answer = await rotate({ secret });
      expect(expectEnvelope(answer, { reason: 'CONFLICT', category: 'CONFLICT' })).toMatchObject({
        ...{ code: 'ROTATION_OPEN', context: { rotationId: json.id } },
      });
    }
  });

  it('#46 of many at once one is 201, the others are 409, and both secrets work', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => rotate({}, i % 2 === 0 ? nodes.one : nodes.other)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    const won = answers.find(({ status }) => status === 201) as Answer;
    expect([await saidTo(key.secret), await saidTo(won.json.secret)]).toEqual([200, 200]);
  });

  it.each([
    ['revoked', 'revoke', 'KEY_REVOKED'],
    ['suspended', 'suspend', 'KEY_SUSPENDED'],
  ])('a key that is %s gives itself nothing', async (_state, action, reason) => {
    await nodes.one.manage('POST', `${keys}/${key.id}/${action}`);
    await rows.skip();
    expectDenial(await rotate(), reason, await rows.take(1), { keyId: key.id });
  });

  it('#53 a retry with the same Idempotency-Key answers the same, without the secret', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await rotate({ headers });
    const again = await rotate({ headers }, nodes.other);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    const { secret: _secret, ...rotation } = first.json;
    expect(again.json).toEqual(rotation);
    const otherBody = await rotate({ headers, body: { graceSeconds: 61 } });
    expect([otherBody.status, otherBody.json.reason]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  });

  describe('reissue of a secret that was lost on its way', () => {
    const reissue = (id: string, secret = key.secret) =>
      nodes.one.call('POST', `${path}/${id}/reissue`, { secret });

    it('gives another while it was never used, and ends it', async () => {
      const lost = (await rotate()).json;
      const answer = await reissue(lost.id);
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      const { secret } = answer.json;
      expect(await saidTo(lost.secret)).toBe('SECRET_REVOKED');
      expect([await saidTo(key.secret), await saidTo(secret)]).toEqual([200, 200]);
      const used = await reissue(lost.id);
      expect([used.status, used.json.errors[0].code]).toEqual([409, 'SECRET_USED']);
      expect(await saidTo(secret)).toBe(200);
    });

    it('404 for the rotation of another key, and for one that is over', async () => {
      const other = await makeKey();
      const theirs = (await rotate({ secret: other.secret })).json;
      expect((await reissue(theirs.id)).json.reason).toBe('OBJECT_NOT_FOUND');
      const over = (await rotate({ body: { graceSeconds: 0 } })).json;
      expect((await reissue(over.id, over.secret)).json.reason).toBe('OBJECT_NOT_FOUND');
    });

    it('takes nothing', async () => {
      const { id } = (await rotate()).json;
      const body = { force: true };
      const answer = await nodes.one.call('POST', `${path}/${id}/reissue`, {
        secret: key.secret,
        body,
      });
      expect([answer.status, answer.json.reason]).toEqual([400, 'VALIDATION_FAILED']);
    });
  });
});

describe('#61 §7 POST self/rotations while the call log cannot be written', () => {
  it('changes nothing', async () => {
    const latchkey = await startTestLatchkey();
    const callLog = openCallLogFile(latchkey);
    try {
      const { id } = await latchkey.manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
      const scopes = ['latchkey.self.rotate'];
      const key = await latchkey.manage('POST', `/v1/accounts/${id}/keys`, { name: 'a', scopes });
      // What is spoilt has to be there: a change has its row just after its answer.
      await new NewRows(latchkey).take(2);
      callLog.spoil();
      const { secret } = key;
      const answer = await latchkey.call('POST', path, { secret, body: { graceSeconds: 60 } });
      expectEnvelope(answer, { reason: 'LOG_UNAVAILABLE', category: 'UNAVAILABLE' });
      const shown = await latchkey.manage('GET', `/v1/accounts/${id}/keys/${key.id}`);
      expect(shown.openRotation).toBeNull();
    } finally {
      callLog.repair();
      callLog.close();
      await latchkey.remove();
    }
  });
});
