import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishCrm, type Crm } from '../support/crm.js';
import type { Answer, Json } from '../support/latchkey.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const callersPerSecret = 12;

/** Epoch milliseconds, by the same clock as the server's, in fractions. */
const clock = () => performance.timeOrigin + performance.now();

/** One call, from before it was sent until after it was answered. */
interface Seen {
  readonly sentAt: number;
  readonly answeredAt: number;
  /** The status, or the reason of a refusal. */
  readonly told: string;
}

/** Calls with one secret from many sides without a pause, from its start until it is stopped. */
class Load {
  readonly #seen: Seen[] = [];
  readonly #callers: Promise<void>[];
  #stopped = false;

  constructor(call: () => Promise<Answer>) {
    this.#callers = Array.from({ length: callersPerSecret }, () => this.#keepCalling(call));
  }

  /** Resolves once so many more calls are answered that each caller has sent one since. */
  async more(): Promise<void> {
    const enough = this.#seen.length + 3 * callersPerSecret;
    while (this.#seen.length < enough) await sleep(5);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#callers);
  }

  /**
   * What was told to calls that were over before the end began, and to those that were sent when it was complete. In between
   * either may be said.
   */
  toldAround({
    from,
    to,
  }: {
    from: number;
    to: number;
  }): [before: Set<string>, after: Set<string>] {
    const before = this.#seen.filter(({ answeredAt }) => answeredAt < from);
    const after = this.#seen.filter(({ sentAt }) => sentAt > to);
    // What was never tried shows nothing.
    for (const calls of [before, after]) expect(calls.length).toBeGreaterThan(callersPerSecret);
    return [new Set(before.map(({ told }) => told)), new Set(after.map(({ told }) => told))];
  }

  get toldEver(): Set<string> {
    return new Set(this.#seen.map(({ told }) => told));
  }

  async #keepCalling(call: () => Promise<Answer>): Promise<void> {
    while (!this.#stopped) {
      const sentAt = clock();
      const { status, json } = await call();
      this.#seen.push({ sentAt, answeredAt: clock(), told: `${json.reason ?? status}` });
    }
  }
}

describeOnEachDatabase('a rotation under load', (kind) => {
  let nodes: Nodes;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let key: Json;
  let path: string;
  let old: Load;

  beforeAll(async () => {
    upstream = await startUpstream();
    nodes = await startNodes(kind);
    crm = await publishCrm(nodes.one, upstream.url);
  });

  afterAll(async () => {
    await nodes?.remove();
    await upstream?.close();
  });

  beforeEach(async () => {
    key = await crm.makeKey();
    path = `/v1/accounts/${crm.accountId}/keys/${key.id}`;
    old = loadOf(key.secret);
    await old.more();
  });

  const loadOf = (secret: string) =>
    new Load(() => nodes.one.call('GET', '/crm/contacts', { secret }));

  /** @returns the answer, and between which times it was carried out */
  const act = async (rest: string, body?: Json) => {
    const from = clock();
    const answer = await nodes.one.manage('POST', `${path}/${rest}`, body);
    return { answer, from, to: clock() };
  };

  const both = async (fresh: Load): Promise<void> => {
    await Promise.all([old.more(), fresh.more()]);
    await Promise.all([old.stop(), fresh.stop()]);
  };

  /** The server judges by whole milliseconds. */
  const around = (time: number) => ({ from: time - 1, to: time + 1 });

  it('#45 both work until the end of the grace, and then the new one alone', async () => {
    const { answer } = await act('rotations', { graceSeconds: 2 });
    const fresh = loadOf(answer.secret);
    const endsAt = Date.parse(answer.graceEndsAt);
    await sleep(endsAt - clock());
    await both(fresh);
    expect(old.toldAround(around(endsAt))).toEqual([new Set(['200']), new Set(['SECRET_EXPIRED'])]);
    expect(fresh.toldEver).toEqual(new Set(['200']));
  });

  it('#46 of eight at once one opens, and no call fails', async () => {
    const asked = Array.from({ length: 8 }, (_, i) =>
      (i % 2 === 0 ? nodes.one : nodes.other).ask('POST', `${path}/rotations`, {
        ...{ secret: nodes.one.operatorKey, body: { graceSeconds: 60 } },
      }),
    );
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    const won = answers.find(({ status }) => status === 201);
    const fresh = loadOf(won?.json.secret);
    await both(fresh);
    expect([old.toldEver, fresh.toldEver]).toEqual([new Set(['200']), new Set(['200'])]);
  });

  it('#47 a revocation ends both at once', async () => {
    const { answer } = await act('rotations', { graceSeconds: 60 });
    const fresh = loadOf(answer.secret);
    await fresh.more();
    const revoked = await act('revoke');
    await both(fresh);
    for (const load of [old, fresh])
      expect(load.toldAround(revoked)).toEqual([new Set(['200']), new Set(['KEY_REVOKED'])]);
  });

  it('finished, the old one ends at once, and the new one works on', async () => {
    const { answer } = await act('rotations', { graceSeconds: 60 });
    const fresh = loadOf(answer.secret);
    await fresh.more();
    const finished = await act(`rotations/${answer.id}/finish`);
    await both(fresh);
    expect(old.toldAround(finished)).toEqual([new Set(['200']), new Set(['SECRET_EXPIRED'])]);
    expect(fresh.toldEver).toEqual(new Set(['200']));
  });

  it('#51 in use it is not cancelled; forced, the new one ends at once, and the old one works on', async () => {
    const { answer } = await act('rotations', { graceSeconds: 60 });
    const fresh = loadOf(answer.secret);
    await fresh.more();
    const cancel = `${path}/rotations/${answer.id}/cancel`;
    const refused = await nodes.one.ask('POST', cancel, { secret: nodes.one.operatorKey });
    expect([refused.status, refused.json.errors[0].code]).toEqual([409, 'REPLACING_SECRET_USED']);
    const cancelled = await act(`rotations/${answer.id}/cancel`, { force: true });
    await both(fresh);
    expect(fresh.toldAround(cancelled)).toEqual([new Set(['200']), new Set(['SECRET_REVOKED'])]);
    expect(old.toldEver).toEqual(new Set(['200']));
  });

  it('moved while calls go on, it ends when it was moved to', async () => {
    const { answer } = await act('rotations', { graceSeconds: 60 });
    const fresh = loadOf(answer.secret);
    const endsAt = Math.ceil(clock()) + 700;
    const graceEndsAt = new Date(endsAt).toISOString();
    await act(`rotations/${answer.id}/extend`, { graceEndsAt });
    await sleep(endsAt - clock());
    await both(fresh);
    expect(old.toldAround(around(endsAt))).toEqual([new Set(['200']), new Set(['SECRET_EXPIRED'])]);
    expect(fresh.toldEver).toEqual(new Set(['200']));
  });
}); // prettier-ignore
