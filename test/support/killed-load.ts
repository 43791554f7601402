import { setTimeout as sleep } from 'node:timers/promises';
import type { MortalLatchkey, MortalRequest } from './mortal-latchkey.js';
import type { Answer, Json } from './send.js';

/** How many ask at the same time. */
const callers = 6;
const changers = 3;

export interface AcknowledgedKey {
  readonly path: string;
  readonly secrets: string[];
  /** As it was last acknowledged; `null` while a change of it is asked for, which may be carried out or not. */
  name: string | null;
  standing: 'active' | 'revoked' | null;
}

/** Clients that make, change, rotate and revoke keys, and others that call an upstream, until nobody answers. */
export class KilledLoad {
  /** By their ids, the keys that clients were told of. */
  readonly keys = new Map<string, AcknowledgedKey>();
  /** The `n` of each call that was answered. */
  readonly calls: number[] = [];
  #calls = 0;
  #changes = 0;
  #keys = 0;

  constructor(
    private readonly latchkey: MortalLatchkey,
    private readonly accountId: string,
    /** With which the upstream is called. */
    private readonly secret: string,
  ) {}

  /** Loads it, and kills it under way: when so many more calls and so many more changes have been acknowledged. */
  async killAfter(calls: number, changes: number): Promise<void> {
    const [callsWanted, changesWanted] = [this.calls.length + calls, this.#changes + changes];
    const clients = Promise.all([
      ...Array.from({ length: callers }, () => this.#untilItDies(() => this.#call())),
      ...Array.from({ length: changers }, () => this.#untilItDies(() => this.#liveAndDie())),
    ]);
    const reached = async () => {
      while (this.calls.length < callsWanted || this.#changes < changesWanted) await sleep(1);
    };
    await Promise.race([reached(), clients]);
    this.latchkey.kill();
    await clients;
    await this.latchkey.dead();
  }

  async #untilItDies(ask: () => Promise<void>): Promise<void> {
    try {
      for (;;) await ask();
    } catch (error) {
      // A connection that is cut off, or refused, is what was wanted. (Jest has a TypeError of its own.)
      if ((error as Error).name !== 'TypeError') throw error;
    }
  }

  async #call(): Promise<void> {
    const n = (this.#calls += 1);
    const method = n % 2 === 0 ? 'GET' : 'POST';
    const path = `/crm/contacts?n=${n}`;
    const request = { door: 'access', method, path, secret: this.secret } as const;
    await this.#expectSuccess(request);
    this.calls.push(n);
  }

  /** The life of a key, in which each step is written down once it is acknowledged. */
  async #liveAndDie(): Promise<void> {
    const keys = `/v1/accounts/${this.accountId}/keys`;
    const number = (this.#keys += 1);
    const made = await this.#manage('POST', keys, { name: `key ${number}`, scopes: [] });
    const path = `${keys}/${made.id}`;
    const key: AcknowledgedKey = {
      ...{ path, secrets: [made.secret], name: made.name, standing: 'active' },
    };
    this.keys.set(made.id, key);
    key.name = null;
    key.name = (await this.#manage('PATCH', path, { name: `key ${number} changed` })).name;
    const rotation = await this.#manage('POST', `${path}/rotations`, { graceSeconds: 3600 });
    key.secrets.push(rotation.secret);
    if (number % 2 === 0) return;
    key.standing = null;
    key.standing = (await this.#manage('POST', `${path}/revoke`)).state;
  }

  async #manage(method: string, path: string, body?: unknown): Promise<Json> {
    const { json } = await this.#expectSuccess({ door: 'management', method, path, body });
    this.#changes += 1;
    return json;
  }

  async #expectSuccess(request: MortalRequest): Promise<Answer> {
    const answer = await this.latchkey.send(request);
    if (answer.status < 200 || answer.status > 299) throw new Error(answer.text);
    return answer;
  }
}
