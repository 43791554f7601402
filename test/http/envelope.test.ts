import { getDataSourceToken } from '@nestjs/typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { DataSource } from 'typeorm';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial, expectEnvelope, expectNoSecret } from '../support/denials.js';
import {
  startTestLatchkey,
  type Answer,
  type AskOptions,
  type CallRow,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { sendRaw } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

interface ErrorCase {
  readonly name: string;
  readonly ask: [method: string, path: string, options?: AskOptions];
  readonly expected: [status: number, reason: string, category: string];
}

const json = { 'content-type': 'application/json' };
const text = { 'content-type': 'text/plain' };

describe('one envelope for every error', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let silent: Server;
  let crm: Crm;
  let rows: NewRows;
  let key: Json;

  beforeAll(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey();
    crm = await publishCrm(latchkey, upstream.url);
    key = await crm.makeKey({ scopes: ['contacts.read', 'contacts.write'] });
    rows = new NewRows(latchkey);
    silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const silentUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    for (const [name, url] of [
      ['dead', 'http://127.0.0.1:1'],
      ['silent', silentUrl],
    ] as const) {
      await latchkey.manage('PUT', `/v1/services/${name}`, {
        upstream: url,
        mount: `/${name}`,
        timeoutMs: 100,
      });
      const routes = ['GET', 'POST'].map((method) => ({ method, path: '/*', scopeSets: [] }));
      await latchkey.manage('PUT', `/v1/services/${name}/routes`, { routes });
    }
  });

  beforeEach(() => rows.skip());

  afterAll(async () => {
    await latchkey.remove();
    await upstream.close();
    silent.close();
  });

  const managementErrors: ErrorCase[] = [
    { name: 'an unknown property', ask: ['POST', '/v1/accounts', { body: { name: 'a', role: 'admin' } }], expected: [400, 'VALIDATION_FAILED', 'VALIDATION_ERROR'] },
    { name: 'an unknown query parameter', ask: ['GET', '/v1/accounts?limits=1'], expected: [400, 'VALIDATION_FAILED', 'VALIDATION_ERROR'] },
    { name: 'a missing property', ask: ['POST', '/v1/accounts', { body: {} }], expected: [400, 'VALIDATION_FAILED', 'VALIDATION_ERROR'] },
    { name: 'a list for a body', ask: ['POST', '/v1/accounts', { body: [] }], expected: [400, 'VALIDATION_FAILED', 'VALIDATION_ERROR'] },
    { name: 'no JSON', ask: ['POST', '/v1/accounts', { body: '{', headers: json }], expected: [400, 'REQUEST_MALFORMED', 'INVALID_REQUEST'] },
    { name: '__proto__ in a body', ask: ['POST', '/v1/accounts', { body: '{"name":"a","__proto__":{"isOperator":true}}', headers: json }], expected: [400, 'REQUEST_MALFORMED', 'INVALID_REQUEST'] },
    { name: 'no such object', ask: ['GET', '/v1/accounts/acc_0'], expected: [404, 'OBJECT_NOT_FOUND', 'NOT_FOUND'] },
    { name: 'an object in use', ask: ['DELETE', '/v1/scopes/contacts.read'], expected: [409, 'CONFLICT', 'CONFLICT'] },
    { name: 'a large body', ask: ['POST', '/v1/accounts', { body: { name: 'a'.repeat(2_000_000) } }], expected: [413, 'BODY_TOO_LARGE', 'INVALID_REQUEST'] },
    { name: 'another type', ask: ['POST', '/v1/accounts', { body: 'name=a', headers: text }], expected: [415, 'UNSUPPORTED_MEDIA_TYPE', 'INVALID_REQUEST'] },
  ]; // prettier-ignore

  it.each(managementErrors.map((each) => [each.name, each] as const))(
    'management: %s',
    async (_name, each) => {
      const [method, path, options] = each.ask;
      const [status, reason, category] = each.expected;
      const answer = await latchkey.ask(method, path, { ...options, secret: latchkey.operatorKey });
      expect(answer.status).toBe(status);
      expectEnvelope(answer, { reason, category });
      const made = await rows.take(1);
      expect(made).toHaveLength(1);
      // The key was good and the call was let through; what it asked for was not.
      const row = {
        id: answer.json.correlationId,
        door: 'management',
        status,
        decision: 'allowed',
        reason: null,
        method,
      };
      expect(made[0]).toMatchObject({ ...row, callerIp: '127.0.0.1', keyName: 'Operator key' });
      expectNoSecret([latchkey.operatorKey], answer, made);
    },
  );

  it.each(managementErrors.map((each) => [each.name, each] as const))(
    'management, %s: who asks comes first',
    async (_name, { ask: [method, path, options] }) => {
      expectDenial(
        await latchkey.ask(method, path, options),
        'CREDENTIALS_MISSING',
        await rows.take(1),
        { method, keyId: null },
      );
    },
  );

  /** An unsafe call is on the log before it is forwarded, and completed after it was answered. */
  async function completed(id: string): Promise<CallRow[]> {
    const until = performance.now() + 2_000;
    for (;;) {
      const found = (await latchkey.rows()).filter((row) => row['id'] === id);
      if (found[0]?.['status'] !== null || performance.now() > until) return found;
    }
  }

  it.each([
    ['a dead upstream', 'GET', '/dead/x', [502, 'UPSTREAM_UNREACHABLE', 'UPSTREAM']],
    [
      'a dead upstream, an unsafe call',
      'POST',
      '/dead/x',
      [502, 'UPSTREAM_UNREACHABLE', 'UPSTREAM'],
    ],
    ['a silent upstream', 'GET', '/silent/x', [504, 'UPSTREAM_TIMEOUT', 'UPSTREAM']],
    [
      'a silent upstream, an unsafe call',
      'POST',
      '/silent/x',
      [504, 'UPSTREAM_TIMEOUT', 'UPSTREAM'],
    ],
  ] as const)('access: %s', async (_name, method, path, [status, reason, category]) => {
    const answer = await latchkey.call(
      method,
      `${path}?hapikey=${key.secret}`,
      method === 'POST' ? { body: {} } : {},
    );
    expect(answer.status).toBe(status);
    expectEnvelope(answer, { reason, category });
    expect(await rows.take(1)).toHaveLength(1);
    const made = await completed(answer.json.correlationId);
    const row = {
      id: answer.json.correlationId,
      door: 'gateway',
      status,
      decision: 'allowed',
      reason,
      method,
      path,
    };
    expect(made[0]).toMatchObject({ ...row, upstreamStatus: null, keyId: key.id });
    // Where the service really is is nobody's business.
    expect(answer.text).not.toMatch(/127\.0\.0\.1|ECONN/);
    expectNoSecret([key.secret], answer, made);
  });

  it("the correlation id is made here: a caller's own X-Request-Id is kept in the row and nowhere else", async () => {
    const headers = {
      'x-request-id': 'mine-4711',
      'x-correlation-id': 'call_00000000000000000000000',
    };
    const denied = await latchkey.call('GET', '/crm/orders', { secret: key.secret, headers });
    expect(denied.json.correlationId).not.toBe(headers['x-correlation-id']);
    expect(denied.text).not.toContain('mine-4711');
    const made = await rows.take(1);
    expect(made[0]).toMatchObject({ id: denied.json.correlationId, clientRequestId: 'mine-4711' });
    const allowed = await latchkey.call('GET', '/crm/contacts', { secret: key.secret, headers });
    const id = allowed.headers.get('x-correlation-id');
    expect(await rows.take(1)).toMatchObject([{ id, clientRequestId: 'mine-4711' }]);
    expect(id).not.toBe(headers['x-correlation-id']);
    expect(upstream.calls.at(-1)?.headers['x-correlation-id']).toBe(id);
  });

  it('answers that carry a secret are not stored by anybody', async () => {
    const keys = `/v1/accounts/${crm.accountId}/keys`;
    const ask = (path: string, body: Json) =>
      latchkey.ask('POST', path, { secret: latchkey.operatorKey, body });
    const created = await ask(keys, { name: 'k', scopes: [] });
    const rotated = await ask(`${keys}/${created.json.id}/rotations`, { graceSeconds: 1 });
    for (const answer of [created, rotated]) {
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
      expect(answer.json.secret).toMatch(/^lk_prod_[0-9A-Za-z]{38}$/);
    }
    const read = await latchkey.ask('GET', `${keys}/${created.json.id}`, {
      secret: latchkey.operatorKey,
    });
    expectNoSecret([created.json.secret, rotated.json.secret], read, []);
  });

  it.each([
    ['the name of a property', (k: string) => ({ name: 'a', [k]: 1 })],
    [
      'part of the name of a long property',
      (k: string) => ({ name: 'a', [`${'x'.repeat(70)}.${k}`]: 1 }),
    ],
    ['a name', (k: string) => ({ name: `key ${k}` })],
    ['a scope', (k: string) => ({ name: 'a', entitledScopes: [k] })],
    ['an unknown kind', (k: string) => ({ name: 'a', kind: k })],
  ])('an error never repeats a secret that was sent as %s', async (_name, bodyOf) => {
    const { secret } = await crm.makeKey();
    const answer = await latchkey.ask('POST', '/v1/accounts', {
      secret: latchkey.operatorKey,
      body: bodyOf(secret),
    });
    expect(answer.status).toBe(400);
    expectEnvelope(answer, { reason: 'VALIDATION_FAILED', category: 'VALIDATION_ERROR' });
    expectNoSecret([secret, secret.slice(12)], answer, []);
    expect(answer.text).not.toContain(secret.slice(8, 24));
  });

  describe('when the database fails', () => {
    const rename = (from: string, to: string) =>
      latchkey.app
        .get<DataSource>(getDataSourceToken())
        .query(`ALTER TABLE ${from} RENAME TO ${to}`);

    it('STORE_UNAVAILABLE: a key that must be looked up is refused with 503, one that is remembered is not', async () => {
      const cold = await crm.makeKey();
      expect((await latchkey.call('GET', '/crm/contacts', { secret: key.secret })).status).toBe(
        200,
      );
      await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
      await rename('secret', 'secret_gone');
      await rows.skip();
      const answers: Answer[] = [];
      try {
        answers.push(await latchkey.call('GET', '/crm/contacts', { secret: cold.secret }));
        answers.push(await latchkey.call('GET', '/latchkey/v1/self', { secret: cold.secret }));
        answers.push(await latchkey.ask('GET', '/v1/accounts', { secret: cold.secret }));
        expect(
          (await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret })).status,
        ).toBe(200);
      } finally {
        await rename('secret_gone', 'secret');
      }
      const made = await rows.take(4);
      for (const [i, answer] of answers.entries()) {
        expectDenial(answer, 'STORE_UNAVAILABLE', made.slice(i, i + 1), { keyId: null });
        expect(answer.headers.get('retry-after')).toBe('1');
        expect(answer.text).not.toMatch(/secret_gone|SQLITE|SELECT|no such table/i);
      }
      expect((await latchkey.call('GET', '/crm/contacts', { secret: cold.secret })).status).toBe(
        200,
      );
    });

    it('INTERNAL: 500 without a stack and without SQL', async () => {
      await rename('scope', 'scope_gone');
      let answer: Answer;
      try {
        answer = await latchkey.ask('GET', `/v1/scopes?hapikey=${latchkey.operatorKey}`);
      } finally {
        await rename('scope_gone', 'scope');
      }
      expect(answer.status).toBe(500);
      expectEnvelope(answer, { reason: 'INTERNAL', category: 'INTERNAL' });
      expect(answer.text).not.toMatch(
        /scope_gone|SQLITE|SELECT|no such table|\.ts|\.js|node_modules|at /,
      );
      expect(await rows.take(1)).toMatchObject([
        { id: answer.json.correlationId, status: 500, decision: 'allowed' },
      ]);
      expectNoSecret([latchkey.operatorKey], answer, []);
    });
  });

  it('a WebSocket is refused in the envelope too', async () => {
    const headers = [
      ['X-Access-Token', key.secret],
      ['Upgrade', 'websocket'],
    ] as const;
    const answer = await sendRaw(latchkey.accessUrl, { target: '/crm/contacts', headers });
    expect(answer.status).toBe(501);
    expectEnvelope(answer, { reason: 'UPGRADE_NOT_SUPPORTED', category: 'INVALID_REQUEST' });
  });
});
