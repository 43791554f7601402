import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectNoSecret } from '../support/denials.js';
import type { Answer, Json } from '../support/latchkey.js';
import {
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { NewEvents } from '../support/new-events.js';
import { NewRows } from '../support/new-rows.js';
import { sendRaw, type HeaderLine } from '../support/raw-http.js';
import { slowReads } from '../support/slow-reads.js';

const hour = 3_600_000;
const rounds = 200;

let latchkey: Management;
let rows: NewRows;
let now = Date.UTC(2030, 0, 1);
let accountId: string;
let keys: string;
let count = 0;

beforeAll(async () => {
  latchkey = await startManagement({}, { wallClock: () => now });
  await latchkey.addScopes('contacts.read');
  rows = new NewRows(latchkey);
});

beforeEach(async () => {
  accountId = (await latchkey.openAccount()).id;
  keys = `/v1/accounts/${accountId}/keys`;
});

afterAll(() => latchkey.remove());

const newKey = (): string => `try-${(count += 1)}`;

const post = (
  path: string,
  body: unknown,
  idempotencyKey: string,
  secret = latchkey.operatorKey,
): Promise<Answer> =>
  latchkey.ask('POST', path, { secret, body, headers: { 'idempotency-key': idempotencyKey } });

const isReplay = ({ headers }: Answer): boolean => headers.get('idempotency-replayed') === 'true';

const refused = {
  reused: { status: 422, reason: 'IDEMPOTENCY_KEY_REUSED', category: 'CONFLICT' },
  notAKey: { status: 400, reason: 'VALIDATION_FAILED', category: 'VALIDATION_ERROR', code: 'IDEMPOTENCY_KEY' },
}; // prettier-ignore

/** A POST that creates, with another body for it, and how many of its objects there are in the account `trail`. */
interface Creation {
  readonly path: string;
  readonly body: Json;
  readonly other: Json;
  readonly invalid: Json;
  readonly trail: (made: Json) => string;
  readonly action: string;
  readonly countMade: () => Promise<number>;
}

const creations: [what: string, prepare: () => Promise<Creation>][] = [
  ['account', async () => ({
    path: '/v1/accounts',
    body: { name: 'Rolling Donut', kind: 'sandbox' },
    other: { name: 'Rolling Donut', kind: 'developer' },
    invalid: { name: '' },
    trail: ({ id }) => id,
    action: 'account.created',
    countMade: async () => (await latchkey.manage('GET', '/v1/accounts?limit=500')).results.length,
  })],
  ['key', async () => ({
    path: keys,
    body: { name: 'Vendor', scopes: ['contacts.read'] },
    other: { name: 'Vendor', scopes: [] },
    invalid: { name: 'Vendor', scopes: ['nope'] },
    trail: () => accountId,
    action: 'key.created',
    countMade: async () => (await latchkey.manage('GET', `${keys}?limit=500`)).results.length,
  })],
  ['rotation', async () => {
    const { id, secret } = await latchkey.makeKey(accountId);
      // What it was used for is no part of what a rotation is answered with when it is opened.
      await latchkey.call('GET', '/latchkey/v1/self', { secret });
    return {
      path: `${keys}/${id}/rotations`,
      body: { graceSeconds: 60 },
      other: { graceSeconds: 61 },
      invalid: { graceSeconds: -1 },
      trail: () => accountId,
      action: 'rotation.opened',
      countMade: async () => (await latchkey.manage('GET', `${keys}/${id}`)).secrets.length,
    };
  }],
]; // prettier-ignore

describe.each(creations)('#49 a POST that makes a %s, with an Idempotency-Key', (_what, prepare) => {
  it('is carried out once: its retry answers with the same object and status, without the secret', async () => {
    const { path, body, countMade, trail, action } = await prepare();
    const before = await countMade();
    const idempotencyKey = newKey();
    const first = await post(path, body, idempotencyKey);
    expect([first.status, isReplay(first)]).toEqual([201, false]);
    const { secret, ...made } = first.json;
    now += hour;
    await rows.skip();
    for (let i = 0; i < 2; i += 1) {
      const retry = await post(path, body, idempotencyKey);
      expect([retry.status, isReplay(retry)]).toEqual([201, true]);
      expect(retry.json).toEqual(made);
      expect(retry.headers.get('cache-control')).toBe(first.headers.get('cache-control'));
      const made1 = await rows.take(1);
      expect(made1).toMatchObject([{ method: 'POST', path, status: 201, decision: 'allowed' }]);
      expectNoSecret(secret === undefined ? [] : [secret], retry, made1);
    }
    expect(await countMade()).toBe(before + 1);
    const events = new NewEvents(latchkey, trail(made));
    const all = (await events.take()).filter((event) => event.action === action);
    expect(all).toHaveLength(1);
    if (secret !== undefined) expect(JSON.stringify(all)).not.toContain(secret);
  });

  it('422 with another body, and nothing is done', async () => {
    const { path, body, other, countMade, trail } = await prepare();
    const idempotencyKey = newKey();
    const { secret, ...made } = (await post(path, body, idempotencyKey)).json;
    const before = await countMade();
    const events = new NewEvents(latchkey, trail(made));
    await events.skip();
    const request = {
      ...{ method: 'POST', path, body: other, secret: latchkey.operatorKey },
      headers: { 'idempotency-key': idempotencyKey },
    };
    const answer = await expectRefused(latchkey, request, refused.reused);
    if (secret !== undefined) expectNoSecret([secret], answer, []);
    expect([await countMade(), await events.take()]).toEqual([before, []]);
    // The first request stands: its own body is still answered.
    expect((await post(path, body, idempotencyKey)).json).toEqual(made);
  });

  it('is remembered for 24 hours, to the millisecond', async () => {
    const { path, body } = await prepare();
    const idempotencyKey = newKey();
    const { id } = (await post(path, body, idempotencyKey)).json;
    now += 24 * hour;
    const last = await post(path, body, idempotencyKey);
    expect([last.json.id, isReplay(last)]).toEqual([id, true]);
    now += 1;
    const next = await post(path, body, idempotencyKey);
    expect([next.status, isReplay(next)]).toEqual([201, false]);
    expect(next.json.id).not.toBe(id);
    // The new one is what is remembered now, for 24 hours of its own.
    now += 24 * hour;
    expect((await post(path, body, idempotencyKey)).json.id).toBe(next.json.id);
  });

  it('a first try that is refused (400, 403) is not remembered', async () => {
    const { path, body, invalid } = await prepare();
    const idempotencyKey = newKey();
    expect((await post(path, invalid, idempotencyKey)).status).toBe(400);
    const weak = await latchkey.makeKey(accountId, { scopes: ['latchkey.keys.read'] });
    expect((await post(path, body, idempotencyKey, weak.secret)).status).toBe(403);
    const answer = await post(path, body, idempotencyKey);
    expect([answer.status, isReplay(answer)]).toEqual([201, false]);
  });
}); // prettier-ignore

describe('#49 an Idempotency-Key', () => {
  const body = { name: 'Vendor', scopes: ['contacts.read'] };

  it('403, 404 and 409 are not remembered either', async () => {
    const scopes = ['latchkey.keys.write'];
    const caller = await latchkey.makeKey(accountId, { scopes });
    const idempotencyKey = newKey();
    const tryAs = () => post(keys, body, idempotencyKey, caller.secret);
    expect((await tryAs()).json.reason).toBe('SCOPE_NOT_GRANTABLE');
    const given = { grantableScopes: ['contacts.read'] };
    await latchkey.manage('PATCH', `${keys}/${caller.id}`, given);
    const [first, second] = [await tryAs(), await tryAs()];
    expect([first.status, isReplay(first), second.status, isReplay(second)]).toEqual([
      ...[201, false, 201, true],
    ]);
    const rotations = `${keys}/${first.json.id}/rotations`;
    const open = await latchkey.manage('POST', rotations, { graceSeconds: 3600 });
    const rotate = () => post(rotations, { graceSeconds: 3600 }, idempotencyKey);
    expect((await rotate()).json.errors[0].code).toBe('ROTATION_OPEN');
    await latchkey.manage('POST', `${rotations}/${open.id}/finish`);
    expect((await rotate()).status).toBe(201);
  });

  it('is the caller’s own: another key’s request with it is another request', async () => {
    const idempotencyKey = newKey();
    const given = { scopes: ['latchkey.keys.write'], grantableScopes: ['contacts.read'] };
    const callers = [await latchkey.makeKey(accountId, given), await latchkey.makeKey(accountId, given)];
    const answers: Answer[] = [];
    for (const { secret } of callers) answers.push(await post(keys, body, idempotencyKey, secret));
    expect(answers.map((answer) => [answer.status, isReplay(answer)])).toEqual([[201, false], [201, false]]);
    expect(answers.map(({ json }) => json.createdBy)).toEqual(callers.map(({ id }) => id));
    // It is the key that counts, not its secret: a retry with the next secret is a retry.
    const [first] = callers;
    const rotation = await latchkey.manage('POST', `${keys}/${first.id}/rotations`, { graceSeconds: 60 });
    const retry = await post(keys, body, idempotencyKey, rotation.secret);
    expect([retry.json.id, isReplay(retry)]).toEqual([answers[0]?.json.id, true]);
  }); // prettier-ignore

  it('is a path’s own, and the credential in the query is no part of the path', async () => {
    const idempotencyKey = newKey();
    const other = `/v1/accounts/${(await latchkey.openAccount()).id}/keys`;
    const [first, second] = [await post(keys, body, idempotencyKey), await post(other, body, idempotencyKey)];
    expect([first.json.accountId, isReplay(second)]).toEqual([accountId, false]);
    const headers = { 'idempotency-key': idempotencyKey };
    const retry = await latchkey.ask('POST', `${keys}?hapikey=${latchkey.operatorKey}`, { body, headers });
    expect([retry.json.id, isReplay(retry)]).toEqual([first.json.id, true]);
  }); // prettier-ignore

  it('the body is compared by what it says, not by how it is written', async () => {
    const idempotencyKey = newKey();
    const first = await post(keys, body, idempotencyKey);
    for (const text of [
      '{"scopes":["contacts.read"],"name":"Vendor"}',
      ' { "name" : "\\u0056endor",\n"scopes":["contacts.read"] } ',
    ]) {
      const headers = { 'idempotency-key': idempotencyKey, 'content-type': 'application/json' };
      const retry = await latchkey.ask('POST', keys, { secret: latchkey.operatorKey, body: text, headers });
      expect([retry.status, retry.json.id, isReplay(retry)]).toEqual([201, first.json.id, true]);
    }
  }); // prettier-ignore

  const lines = (...values: string[]): HeaderLine[] =>
    values.map((value) => ['Idempotency-Key', value]);

  it.each<[what: string, headers: HeaderLine[]]>([
    ['that is empty', lines('')],
    ['of 256 characters', lines('x'.repeat(256))],
    ['with a space', lines('a b')],
    ['with a tab', lines('a\tb')],
    ['that is not ASCII', lines('caf\u00e9')],
    ['that is sent twice', lines('a', 'b')],
    ['that is sent twice the same', lines('a', 'a')],
  ])('400: one %s; nothing is made', async (_what, headers) => {
    await rows.skip();
    const answer = await sendRaw(latchkey.managementUrl, {
      ...{ method: 'POST', target: keys, body: JSON.stringify(body) },
      headers: [
        ...headers,
        ['Authorization', `Bearer ${latchkey.operatorKey}`],
        ['Content-Type', 'application/json'],
      ],
    });
    expect([answer.status, answer.json.reason]).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.json.errors).toMatchObject([{ code: 'IDEMPOTENCY_KEY', in: 'headers', context: { field: 'Idempotency-Key' } }]);
    const row = { id: answer.json.correlationId, keyId: latchkey.operatorKeyId, status: 400, path: keys };
    expect(await rows.take(1)).toMatchObject([{ ...row, callerIp: '127.0.0.1' }]);
    expect((await latchkey.manage('GET', keys)).results).toEqual([]);
  }); // prettier-ignore

  it.each([['of 255 characters', 'x'.repeat(255)], ['of one', '!'], ['like a UUID', '"8e03978e-40d5"']])(
    '201: one %s',
    async (_what, idempotencyKey) => {
      const [first, retry] = [await post(keys, body, idempotencyKey), await post(keys, body, idempotencyKey)];
      expect([first.status, retry.status, retry.json.id]).toEqual([201, 201, first.json.id]);
    },
  ); // prettier-ignore
});

describe(`in ${rounds} rounds of several requests at once with one Idempotency-Key`, () => {
  const tellsRunning = refusals.conflict('IDEMPOTENCY_KEY_RUNNING').code;

  it('one is 201 with the secret, the others are 409 or its replay', async () => {
    const outcomes = new Set<string>();
    const end = slowReads(latchkey, () => Math.random() * 2);
    for (let round = 0; round < rounds; round += 1) {
      const idempotencyKey = newKey();
      const body = { name: `Round ${round}`, scopes: [] };
      const answers = await Promise.all([1, 2, 3, 4].map(() => post(keys, body, idempotencyKey)));
      const made = answers.filter((answer) => answer.status === 201 && !isReplay(answer));
      expect(made.map(({ json }) => typeof json.secret)).toEqual(['string']);
      for (const answer of answers.filter((one) => one !== made[0])) {
        outcomes.add(isReplay(answer) ? 'replay' : answer.json.errors[0].code);
        if (isReplay(answer)) expect(answer.json.id).toBe(made[0]?.json.id);
        else expect([answer.status, answer.json.errors[0].code]).toEqual([409, tellsRunning]);
      }
    }
    end();
    expect(outcomes).toEqual(new Set([tellsRunning, 'replay']));
    const { results } = await latchkey.manage('GET', `${keys}?limit=500`);
    const names = Array.from({ length: rounds }, (_, round) => `Round ${round}`);
    expect(results.map(({ name }: Json) => name).sort()).toEqual(names.sort());
  }, 180_000);
});
