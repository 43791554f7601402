import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCallLogFile, type CallLogFile } from '../support/call-log-file.js';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import type { Json } from '../support/latchkey.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const identity = ['account', 'key', 'key-name', 'environment', 'scopes'].map(
  (name) => `x-latchkey-${name}`,
);

describe('§5 the gateway', () => {
  let gateway: OpenGateway;
  let upstream: RecordingUpstream;
  let callLog: CallLogFile;
  /** What an upstream does once it has a call, before it answers. */
  let inTheUpstream: () => void;

  beforeAll(async () => {
    upstream = await startUpstream((_request, response) => {
      inTheUpstream();
      response.writeHead(200).end('done');
    });
    gateway = await openGateway(upstream.url);
    callLog = openCallLogFile(gateway.latchkey);
  });

  beforeEach(async () => {
    inTheUpstream = () => {};
    await gateway.rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    callLog.close();
    await gateway.close();
    await upstream.close();
  });

  function call(headers: readonly HeaderLine[] = [], method = 'GET'): Promise<RawAnswer> {
    const own: HeaderLine[] = [['Authorization', `Bearer ${gateway.secret}`]];
    const request = { method, target: '/crm/a', headers: [...own, ...headers] };
    return sendRaw(gateway.latchkey.accessUrl, request);
  }

  const putService = (settings: Json): Promise<Json> =>
    gateway.latchkey.manage('PUT', '/v1/services/crm', {
      ...{ upstream: upstream.url, mount: '/crm' },
      ...settings,
    });

  /** The names of the identity headers that the upstream got with its one call. */
  function told(): string[] {
    expect(upstream.calls).toHaveLength(1);
    const names = Object.keys(upstream.calls[0]?.headers ?? {});
    return names.filter((name) => name.startsWith('x-latchkey-')).sort();
  }

  it.each<[place: string, credential: Json]>([
    ['a header', { in: 'header', name: 'X-Api-Key', value: 'v' }],
    ['the query', { in: 'query', name: 'api_key', value: 'v' }],
  ])(
    '§5 an upstream with a sealed credential in %s gets none of the identity headers unless asked for, then all',
    async (_place, credential) => {
      const spoofed = identity.map((name): HeaderLine => [name, 'spoofed']);
      await putService({ credential });
      expect((await call(spoofed)).status).toBe(200);
      expect(told()).toEqual([]);
      upstream.calls.length = 0;
      await putService({ credential, identityHeaders: true });
      expect((await call(spoofed)).status).toBe(200);
      expect(told()).toEqual(identity.toSorted());
      expect(JSON.stringify(upstream.calls)).not.toContain('spoofed');
      await putService({ credential: null, identityHeaders: null });
    },
  );

  it('§5 a call that was admitted is not denied any more when the log breaks under it', async () => {
    inTheUpstream = () => callLog.spoil();
    let answer: RawAnswer;
    try {
      answer = await call([], 'POST');
      expect([answer.status, answer.text]).toEqual([200, 'done']);
      // It did break: the next call is not let through.
      expect((await call([], 'POST')).status).toBe(503);
      expect(upstream.calls).toHaveLength(1);
    } finally {
      callLog.repair();
    }
    await untilReady();
    const rows = await gateway.rows.takeCompleted(2);
    expect(rows).toMatchObject([
      {
        id: answer.headers.get('x-correlation-id'),
        decision: 'allowed',
        status: 200,
        reason: null,
      },
      { status: 503, reason: 'LOG_UNAVAILABLE' },
    ]);
  });

  async function untilReady(): Promise<void> {
    const until = performance.now() + 30_000;
    while ((await gateway.latchkey.call('GET', '/latchkey/health/ready')).status !== 200) {
      if (performance.now() > until) throw new Error('The log did not come back.');
      await sleep(10);
    }
  }
});
