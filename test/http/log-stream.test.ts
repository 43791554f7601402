import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { CALL_LOG } from '../../src/store/tokens.js';
import { exampleCall } from '../support/call-log.js';
import { EventStream } from '../support/event-stream.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { openAudited, putCallsOf, type Audited } from '../support/reads-of-log.js';
import { describeOnEachDatabase } from '../support/store.js';
import { until } from '../support/until.js';

describeOnEachDatabase('GET …/request-log/stream', (kind) => {
  let nodes: Nodes;
  let ours: Audited;
  let theirs: Audited;
  const opened: EventStream[] = [];

  beforeAll(async () => {
    nodes = await startNodes(kind);
  });

  afterAll(() => nodes?.remove());

  beforeEach(async () => {
    [ours, theirs] = [await openAudited(nodes.one), await openAudited(nodes.one)];
  });

  afterEach(() => {
    for (const stream of opened.splice(0)) stream.leave();
  });

  const put = (account: Audited, count: number, fields: Json = {}, node = nodes.one) =>
    putCallsOf(node, account, count, fields);

  /** Calls that the test made itself are told apart from those it looks at by their door. */
  const open = async (
    account: Audited,
    { query = '', secret = account.secret, lastEventId, node = nodes.one }: Json = {},
  ): Promise<EventStream> => {
    const path = `/v1/accounts/${account.id}/request-log/stream?door=gateway${query}`;
    const stream = await EventStream.open(node.managementUrl, path, secret, lastEventId);
    opened.push(stream);
    if (stream.status === 200) await until('it begins', () => stream.events.length > 0);
    return stream;
  };

  it('tells of each call that matches as it comes, and of none before', async () => {
    await put(ours, 3);
    const stream = await open(ours, { query: '&status=404' });
    expect([stream.status, stream.answer.headers['content-type']]).toEqual([
      200,
      'text/event-stream',
    ]);
    const [id] = await put(ours, 1, {
      status: 404,
      path: '/two\nlines 𝒳',
      userAgent: 'a\r\n\r\nevent: x',
    });
    await put(ours, 5, { status: 200 });
    const [last] = await put(ours, 1, { status: 404 });
    expect(await stream.untilCalls(2)).toEqual([id, last]);
    const { results } = await nodes.one.manage(
      'GET',
      `/v1/accounts/${ours.id}/request-log?status=404`,
    );
    expect(stream.events.flatMap(({ call }) => call ?? [])).toEqual(results.toReversed());
  });

  it('goes on after any event without a gap or a double, while two nodes write', async () => {
    const written: string[] = [];
    const write = async (node: TestLatchkey): Promise<void> => {
      for (let turn = 0; turn < 60; turn += 1) written.push(...(await put(ours, 5, {}, node)));
    };
    const seen: string[] = [];
    const first = await open(ours);
    let lastEventId = first.lastEventId;
    first.leave();
    const writing = Promise.all([write(nodes.one), write(nodes.other)]);
    for (let turn = 0; seen.length < 600; turn += 1) {
      const stream = await open(ours, {
        lastEventId,
        node: turn % 2 === 0 ? nodes.one : nodes.other,
      });
      await sleep((turn * 7) % 60);
      stream.leave();
      // Whatever was read counts, however it was cut off.
      seen.push(...stream.callIds);
      lastEventId = stream.lastEventId;
    }
    await writing;
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.toSorted()).toEqual(written.toSorted());
  });

  it('leaves out no call that took longer than those after it', async () => {
    const log = nodes.one.app.get<CallLogWriter>(CALL_LOG);
    const slow = exampleCall(log, { accountId: ours.id });
    const stream = await open(ours);
    const [quick] = await put(ours, 1);
    await stream.untilCalls(1);
    stream.leave();
    await log.write(slow);
    const next = await open(ours, { lastEventId: stream.lastEventId });
    expect([...stream.callIds, ...(await next.untilCalls(1))]).toEqual([quick, slow.id]);
  });

  it('catches up over many pages', async () => {
    const { lastEventId } = await open(ours);
    const ids = await put(ours, 2_000);
    await put(theirs, 2_000);
    const stream = await open(ours, { lastEventId });
    expect(await stream.untilCalls(2_000)).toEqual(ids.toReversed());
  });

  it('#62 two accounts at once: neither has an event of the other', async () => {
    const streams = await Promise.all([ours, theirs].map((account) => open(account)));
    const all = await EventStream.open(
      nodes.one.managementUrl,
      '/v1/request-log/stream?door=gateway',
      nodes.one.operatorKey,
    );
    opened.push(all);
    await until('it begins', () => all.events.length > 0);
    const ids = await Promise.all([ours, theirs].map((account) => put(account, 300)));
    for (const [i, stream] of streams.entries())
      expect((await stream.untilCalls(300)).toSorted()).toEqual(ids[i]?.toSorted());
    await all.untilCalls(600);
    for (const [i, account] of [ours, theirs].entries())
      expect(new Set(streams[i]?.events.flatMap(({ call }) => call?.accountId ?? []))).toEqual(
        new Set([account.id]),
      );
    const foreign = await open(ours, { secret: theirs.secret });
    expect(foreign.status).toBe(404);
  });

  it.each<[what: string, end: (account: Audited) => Promise<unknown>]>([
    ['is revoked', ({ keys, key }) => nodes.other.manage('POST', `${keys}/${key.id}/revoke`)],
    ['is suspended', ({ keys, key }) => nodes.other.manage('POST', `${keys}/${key.id}/suspend`)],
    [
      'expires',
      ({ keys, key }) =>
        nodes.other.manage('PATCH', `${keys}/${key.id}`, {
          expiresAt: new Date(Date.now() + 1_000).toISOString(),
        }),
    ],
    [
      'loses its scope',
      ({ keys, key }) => nodes.other.manage('PATCH', `${keys}/${key.id}`, { scopes: [] }),
    ],
    [
      'is of an account that is suspended',
      ({ id }) => nodes.other.manage('POST', `/v1/accounts/${id}/suspend`),
    ],
  ])('ends when its key %s', async (_what, end) => {
    const stream = await open(ours);
    const other = await open(theirs);
    await end(ours);
    expect(await stream.untilEnded()).toBeLessThan(5_000);
    await put(ours, 1);
    expect(stream.callIds).toEqual([]);
    await put(theirs, 1);
    await other.untilCalls(1);
  });

  it('no more than eight at once for an account, and as many again once one is closed', async () => {
    for (let count = 0; count < 8; count += 1) expect((await open(ours)).status).toBe(200);
    const path = `/v1/accounts/${ours.id}/request-log/stream`;
    const refused = await nodes.one.ask('GET', path, { secret: ours.secret });
    expect([refused.status, refused.json?.reason, refused.json?.category]).toEqual([
      429,
      'TOO_MANY_STREAMS',
      'RATE_LIMITS',
    ]);
    expect((await open(theirs)).status).toBe(200);
    opened[0]?.leave();
    await until('there is room', async () => (await open(ours)).status === 200);
  });

  it.each(['abc', 'e30', 'W10', Buffer.from('[0,["nod_1",-1]]').toString('base64url')])(
    '400 for a Last-Event-ID that is none: %s',
    async (lastEventId) => {
      expect((await open(ours, { lastEventId })).status).toBe(400);
    },
  );
});

it('ends when the server stops, at once', async () => {
  const latchkey = await startTestLatchkey();
  const stream = await EventStream.open(
    latchkey.managementUrl,
    '/v1/request-log/stream',
    latchkey.operatorKey,
  );
  await until('it begins', () => stream.events.length > 0);
  const began = performance.now();
  await latchkey.remove();
  await stream.untilEnded();
  expect(performance.now() - began).toBeLessThan(4_000);
});
