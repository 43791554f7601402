import { setTimeout as sleep } from 'node:timers/promises';
import type { MortalLatchkey, MortalRequest } from './mortal-latchkey.js';
import type { Answer, Json } from './send.js';

/** How many ask at the same time. */
const callers = 6;
const changers = 2;

/** Milliseconds. Who is answered 503 does not ask again at once. */
const pauseMs = 10;

export interface AnsweredCall {
  readonly n: number;
  readonly id: string;
  readonly method: string;
  readonly status: number;
  readonly reason: string | null;
  /** By this process's clock. */
  readonly answeredAt: number;
}

export interface ChangedKey {
  readonly secret: string;
  /** As it was last acknowledged; `null` while it is not known whether a change of it was carried out. */
  name: string | null;
  standing: 'active' | 'revoked' | null;
}

/** Clients that go on asking whatever happens, and write down what they are answered: success, or 503. */
export class OutageLoad {
  /** Every call; each was answered, for the process that answers is never killed. */
  readonly calls: AnsweredCall[] = [];
  /** By their ids, the keys that clients were told of. */
  readonly keys = new Map<string, ChangedKey>();
  /** Changes that were acknowledged, and that were answered 503. */
  readonly changes = { made: 0, refused: 0 };
  #calls = 0;
  #keys = 0;
  #isOver = true;
  #clients: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly latchkey: MortalLatchkey,
    private readonly accountId: string,
    private readonly secret: string,
  ) {}

  begin(): void {
    this.#isOver = false;
    this.#clients = Promise.all([
      ...Array.from({ length: callers }, () => this.#untilOver(() => this.call())),
      ...Array.from({ length: changers }, () => this.#untilOver(() => this.#liveAndDie())),
    ]);
    // Whoever waits for `end` hears of it.
    this.#clients.catch(() => (this.#isOver = true));
  }

  /** Resolves when every client has its last answer. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#clients;
  }

  /** Resolves when so many more calls and changes have succeeded, or the clients have failed. */
  async untilMore(calls: number, changes: number): Promise<void> {
    const allowed = () => this.calls.filter(({ status }) => status === 200).length;
    const [callsWanted, changesWanted] = [allowed() + calls, this.changes.made + changes];
    while (!this.#isOver && (allowed() < callsWanted || this.changes.made < changesWanted))
      await sleep(2);
  }

  async call(): Promise<AnsweredCall> {
    const n = (this.#calls += 1);
    const method = n % 2 === 0 ? 'GET' : 'POST';
    const path = `/crm/contacts?n=${n}`;
    const answer = await this.#ask({ door: 'access', method, path, secret: this.secret });
    const call = {
      ...{ n, method, status: answer.status, reason: answer.json?.reason ?? null },
      id: answer.headers.get('x-correlation-id') as string,
      answeredAt: Date.now(),
    };
    this.calls.push(call);
    return call;
  }

  async #untilOver(ask: () => Promise<unknown>): Promise<void> {
    while (!this.#isOver) await ask();
  }

  /** The life of a key, in which each step is written down once it is acknowledged. */
  async #liveAndDie(): Promise<void> {
    const keys = `/v1/accounts/${this.accountId}/keys`;
    const number = (this.#keys += 1);
    const made = await this.#change('POST', keys, { name: `key ${number}`, scopes: [] });
    if (made === null) return;
    const key: ChangedKey = { secret: made.secret, name: made.name, standing: 'active' };
    this.keys.set(made.id, key);
    key.name = null;
    const changed = { name: `key ${number} changed` };
    key.name = (await this.#change('PATCH', `${keys}/${made.id}`, changed))?.name ?? null;
    if (number % 2 === 0) return;
    key.standing = null;
    key.standing = (await this.#change('POST', `${keys}/${made.id}/revoke`))?.state ?? null;
  }

  /** @returns `null` if it was refused, which leaves open whether it was carried out */
  async #change(method: string, path: string, body?: unknown): Promise<Json> {
    const { status, json } = await this.#ask({ door: 'management', method, path, body });
    if (status === 503) {
      this.changes.refused += 1;
      return null;
    }
    this.changes.made += 1;
    return json;
  }

  /** @throws for an answer that is neither success nor 503 */
  async #ask(request: MortalRequest): Promise<Answer> {
    const answer = await this.latchkey.send(request);
    const isSuccess = answer.status >= 200 && answer.status <= 299;
    if (!isSuccess && answer.status !== 503)
      throw new Error(
        `${request.method} ${request.path}: ${answer.status} ${answer.text} ${this.latchkey.said().slice(-3000)}`,
      );
    if (!isSuccess) await sleep(pauseMs);
    return answer;
  }
}
