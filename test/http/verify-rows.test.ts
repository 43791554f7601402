import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { getDataSourceToken } from '@nestjs/typeorm';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { randomBase62 } from '../../src/core/ids.js';
import { readerName } from '../../src/store/database.js';
import { SecretSightings } from '../../src/store/secret-sightings.js';
import { craftSecret } from '../support/crafted-secrets.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { holdRead } from '../support/held-reads.js';
import {
  startTestLatchkey,
  type CallRow,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { meetSecret } from '../support/met-secrets.js';
import { NewRows } from '../support/new-rows.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { openConnection } from '../support/raw-connection.js';
import { describeOnEachDatabase } from '../support/store.js';
import { until } from '../support/until.js';
import { checkOf, makeVerifier, verify, verifyPath } from '../support/verify.js';

describeOnEachDatabase('§6 the rows of a verify call', (kind) => {
  let nodes: Nodes;
  let latchkey: TestLatchkey;
  let rows: NewRows;
  let crm: Crm;
  let verifier: Json;
  let key: Json;

  beforeAll(async () => {
    nodes = await startNodes(kind, {}, { TRUSTED_PROXIES: '127.0.0.1' });
    latchkey = nodes.one;
    rows = new NewRows(latchkey);
    crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
    verifier = await makeVerifier(latchkey);
    key = await crm.makeKey({ name: 'Mail merge' });
  });

  beforeEach(() => rows.skip());
  afterAll(() => nodes?.remove());

  const ask = (body: unknown, headers: Record<string, string> = {}) =>
    verify(latchkey, verifier.secret, body, { headers });

  it('one of the verified key, with who verified it, and one of the call itself', async () => {
    const told = {
      ...{ method: 'HEAD', path: '/crm/contacts/7', sentAs: 'access_token' },
      ...{ host: 'api.example', userAgent: 'sync/1', callerIp: '::ffff:203.0.113.7' },
    };
    const headers = {
      ...{ 'user-agent': 'publisher/2', 'x-request-id': 'req-1' },
      'x-forwarded-for': '198.51.100.9',
    };
    const answer = await ask(checkOf(key.secret, told), headers);
    const made = await rows.take(2);
    const call = made.find(({ keyId }) => keyId === verifier.id);
    expect(made.filter((row) => row !== call)).toEqual([
      {
        ...{ id: answer.json.correlationId, at: expect.stringMatching(/Z$/) },
        ...{ accountId: crm.accountId, keyId: key.id, keyName: 'Mail merge' },
        ...{ environment: 'production', secretId: key.secrets[0].id, secretState: 'current' },
        ...{ secretStart: key.secrets[0].start, rotationId: null, credential: 'access_token' },
        ...{ door: 'verify', actor: verifier.id, serviceId: crm.serviceId },
        ...{ method: 'HEAD', host: 'api.example', path: '/crm/contacts/7', query: null },
        ...{ route: '/contacts/{id}', requiredScopes: ['contacts.read'] },
        ...{ usedScopes: ['contacts.read'], missingScopes: [], decision: 'allowed', reason: null },
        ...{ wouldDeny: null, status: 200, upstreamStatus: null, callerIp: '203.0.113.7' },
        ...{ peerIp: '198.51.100.9', forwardedFor: null, userAgent: 'sync/1' },
        ...{ clientRequestId: null, durationMs: expect.any(Number), upstreamMs: null },
        ...{ requestBytes: null, responseBytes: null },
        ...{ nodeId: expect.any(String), seq: expect.any(Number) },
      },
    ]);
    expect(call).toMatchObject({
      ...{ id: answer.headers.get('x-correlation-id'), keyId: verifier.id, actor: null },
      ...{ door: 'verify', method: 'POST', path: verifyPath, route: verifyPath, serviceId: null },
      ...{ usedScopes: ['latchkey.verify'], decision: 'allowed', status: 200 },
      ...{ callerIp: '198.51.100.9', peerIp: '127.0.0.1', userAgent: 'publisher/2' },
      ...{ clientRequestId: 'req-1', responseBytes: answer.text.length },
    });
  });

  it('one for each check of a batch, denied or not, and one of the call', async () => {
    const unknown = craftSecret('lk_prod', randomBase62(32));
    const checks = [
      checkOf(key.secret),
      checkOf(key.secret, { path: '/crm/orders' }),
      checkOf(unknown),
      checkOf(key.secret, { path: undefined, scopes: ['contacts.read'] }),
      checkOf(`Bearer ${key.secret}`),
      checkOf(''),
    ];
    const { json } = await ask({ checks });
    const made = (await rows.take(7)).filter(({ path }) => path !== verifyPath);
    expect(made.map(({ id }) => id)).toEqual(json.results.map((one: Json) => one.correlationId));
    const { id } = key;
    expect(made.map((row) => [row['keyId'], row['reason'], row['status'], row['credential']])).toEqual([
      [id, null, 200, 'bearer'],
      [id, 'SCOPE_MISSING', 403, 'bearer'],
      [null, 'KEY_UNKNOWN', 401, 'bearer'],
      [id, null, 200, 'bearer'],
      [id, 'CREDENTIALS_MALFORMED', 400, 'none'],
      [null, 'CREDENTIALS_MISSING', 401, 'none'],
    ]); // prettier-ignore
    expect(made.map(({ actor }) => actor)).toEqual(Array(6).fill(verifier.id));
    expect(made[1]).toMatchObject({
      requiredScopes: ['orders.read'],
      missingScopes: ['orders.read'],
    });
    expect(made[3]).toMatchObject({ path: '', route: null, serviceId: null });
    const own = await latchkey.manage(
      'GET',
      `/v1/accounts/${crm.accountId}/request-log?door=verify`,
    );
    expect(own.results.slice(0, 4).map((row: CallRow) => row['id'])).toEqual(
      [made[4], made[3], made[1], made[0]].map((row) => row?.['id']),
    );
  });

  it('#28 #60 neither the checked secret nor another is in a row, an answer or an error', async () => {
    const { secret } = key;
    const escaped = encodeURIComponent(secret.replaceAll('_', '%5F'));
    const places = [
      { path: `/crm/contacts/${secret}` },
      { path: `/crm/contacts/${escaped}` },
      { host: secret, userAgent: `sync/1 (${secret})` },
      { method: secret },
      { callerIp: secret },
      { [secret]: secret },
    ];
    const texts: string[] = [];
    for (const told of places) texts.push((await ask(checkOf(secret, told))).text);
    const made = await rows.take(9);
    expect(made).toHaveLength(9);
    const seen = [...texts, JSON.stringify(made)].join('\n');
    expect(seen).not.toContain(secret.slice(-38));
    expect(made.filter(({ keyId }) => keyId === key.id)).toMatchObject([
      { path: '/crm/contacts/***' },
      { path: '/crm/contacts/***' },
      { host: '***', userAgent: 'sync/1 (***)' },
    ]);
  });

  it('#28 one that was brought along has no checksum, and is masked as well', async () => {
    const legacy = randomBytes(24).toString('base64url');
    meetSecret(legacy);
    const told = { path: `/crm/contacts/${legacy}`, host: legacy, userAgent: `a ${legacy}` };
    expect((await ask(checkOf(legacy, told))).text).not.toContain(legacy);
    for (const body of [
      checkOf(legacy, { [legacy]: 1 }),
      { checks: [checkOf('x'), checkOf(legacy, { [`x${legacy}`]: 1 })] },
    ]) {
      const refused = await ask(body);
      expect(refused.json.reason).toBe('VALIDATION_FAILED');
      expect(refused.text).not.toContain(legacy);
    }
    const row = (await rows.take(4)).find(({ path }) => path !== verifyPath);
    expect(row).toMatchObject({ path: '/crm/contacts/***', host: '***', userAgent: 'a ***' });
  });

  it('#59 CR, LF and ANSI are written out, and text beyond Latin-1 is kept', async () => {
    await ask(checkOf(key.secret, { userAgent: 'a\r\nb\u001b[31m', host: 'é漢' }));
    const made = await rows.take(2);
    expect(made.find(({ keyId }) => keyId === key.id)).toMatchObject({
      ...{ userAgent: 'a\\u000d\\u000ab\\u001b[31m', host: 'é漢' },
    });
  });
});

describe('a secret in the path of a check', () => {
  it('is noted as one that travelled in the wrong place, with the address that we saw ourselves', async () => {
    const latchkey = await startTestLatchkey({}, { courier: { watchMs: 20, sweepMs: 20 } });
    try {
      const crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
      const verifier = await makeVerifier(latchkey);
      const [key, lost] = [await crm.makeKey(), await crm.makeKey({ name: 'Lost' })];
      const path = `/v1/accounts/${crm.accountId}/notices`;
      const told = async () => {
        const { results } = await latchkey.manage<Json>('GET', path);
        return results.filter((notice: Json) => notice.kind === 'secret.misplaced');
      };
      await verify(latchkey, verifier.secret, checkOf(key.secret, { path: '/crm/contacts' }));
      const { json } = await verify(
        ...([
          latchkey,
          verifier.secret,
          checkOf(key.secret, { path: `/crm/x/${lost.secret}` }),
        ] as const),
      );
      await until('it is told', async () => (await told()).length > 0);
      await sleep(100);
      expect(await told()).toMatchObject([
        {
          data: {
            keyId: lost.id,
            place: 'path',
            callId: json.correlationId,
            callerIp: '127.0.0.1',
          },
        },
      ]);
      expect(latchkey.app.get(SecretSightings).waiting).toEqual([]);
    } finally {
      await latchkey.remove();
    }
  });
});

describe('#89 checks of secrets that are not genuine', () => {
  const budget = 3;
  const minuteMs = 60_000;

  it('have rows within the budget of the caller’s addresses, and are counted beyond it', async () => {
    const now = Math.ceil(Date.now() / minuteMs) * minuteMs;
    const latchkey = await startTestLatchkey(
      { JUNK_ROWS_PER_MINUTE: String(budget) },
      { wallClock: () => now },
    );
    try {
      const crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
      const [verifier, key] = [await makeVerifier(latchkey), await crm.makeKey()];
      const rows = new NewRows(latchkey);
      await rows.skip();
      const junk = (callerIp: string) =>
        checkOf(craftSecret('lk_prod', randomBase62(32)), { callerIp });
      const checks = Array.from({ length: 10 }, (_, i) => [
        ...[junk(`203.0.113.${i}`), junk(`2001:db8::${i}`), checkOf(key.secret)],
      ]).flat();
      const { json } = await verify(latchkey, verifier.secret, { checks });
      expect(json.results.map(({ reason }: Json) => reason)).toEqual(
        checks.map((_, i) => (i % 3 === 2 ? null : 'KEY_UNKNOWN')),
      );
      const made = await rows.take(17);
      expect(made.filter(({ reason }) => reason === 'KEY_UNKNOWN').map(({ callerIp }) => callerIp).toSorted()).toEqual([
        ...['2001:db8::', '2001:db8::1', '2001:db8::2', '203.0.113.0', '203.0.113.1', '203.0.113.2'],
      ]); // prettier-ignore
      expect(made.filter(({ keyId }) => keyId === key.id)).toHaveLength(10);
      expect(made).toHaveLength(17);
      const counted = async (): Promise<Json[]> =>
        (await latchkey.manage('GET', '/v1/request-log/junk')).results;
      await until('they are counted', async () => (await counted()).length === 2);
      for (const block of ['2001:db8::/64', '203.0.113.0/24'])
        expect(await counted()).toContainEqual(
          expect.objectContaining({ block, reason: 'KEY_UNKNOWN', calls: 7 }),
        );
    } finally {
      await latchkey.remove();
    }
  });
});

describe('#87 a client that leaves before its answer', () => {
  it('is logged as one that left, and what was decided as it was', async () => {
    const latchkey = await startTestLatchkey();
    try {
      const crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
      const [verifier, key] = [await makeVerifier(latchkey), await crm.makeKey()];
      const rows = new NewRows(latchkey);
      await rows.skip();
      const body = JSON.stringify(checkOf(key.secret));
      const reader = latchkey.app.get<DataSource>(getDataSourceToken(readerName));
      const lookUp = holdRead(reader, 1, (statement) => statement.includes('secret'));
      const connection = await openConnection(latchkey.accessUrl);
      await connection.write(
        `POST ${verifyPath} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${verifier.secret}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      await lookUp.reached;
      connection.reset();
      await sleep(100);
      lookUp.release();
      const made = await rows.take(2);
      expect(made.map(({ keyId, status, reason }) => [keyId, status, reason])).toEqual([
        [verifier.id, 499, 'CLIENT_CLOSED'],
        [key.id, 200, null],
      ]);
    } finally {
      await latchkey.remove();
    }
  });
});
