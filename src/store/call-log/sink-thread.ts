import { Worker } from 'node:worker_threads';
import type { NodeMark, PackedGroup, SinkReply, SinkRequest, SinkSettings } from './call-sink.js';

interface Waiter {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The worker thread, seen from outside: one request at a time, and a new thread where the last one died. */
export class SinkThread {
  readonly #script: URL;
  readonly #settings: SinkSettings;
  readonly #onDeath: (error: Error) => void;
  #worker: Worker | null = null;
  #waiter: Waiter | null = null;
  #underWay: Promise<unknown> = Promise.resolve();

  /** @param onDeath told of a thread that ended by itself, after the request it was working on was rejected */
  constructor(script: URL, settings: SinkSettings, onDeath: (error: Error) => void) {
    this.#script = script;
    this.#settings = settings;
    this.#onDeath = onDeath;
  }

  /** Opens the sink, in a new thread if there is none. @throws what kept it from opening */
  open(): Promise<NodeMark> {
    this.#worker ??= this.#spawn();
    return this.#request({ type: 'open' }) as Promise<NodeMark>;
  }

  /** @returns how many rows were left out. @throws what kept the group from being committed */
  write(group: PackedGroup): Promise<number> {
    return this.#request({ type: 'write', group }) as Promise<number>;
  }

  /**
   * Closes the sink and ends the thread, after the request that is under way: terminating a thread inside better-sqlite3
   * can abort the whole process.
   */
  async close(): Promise<void> {
    await this.#underWay.catch(() => {});
    const worker = this.#worker;
    if (worker === null) return;
    try {
      await this.#request({ type: 'close' });
    } finally {
      this.#worker = null;
      await worker.terminate();
    }
  }

  #request(request: SinkRequest): Promise<unknown> {
    const reply = new Promise((resolve, reject) => {
      if (this.#worker === null) {
        reject(new Error('the thread of the call log is not running'));
        return;
      }
      this.#waiter = { resolve, reject };
      this.#worker.postMessage(request);
    });
    this.#underWay = reply;
    return reply;
  }

  #spawn(): Worker {
    const worker = new Worker(this.#script, { workerData: this.#settings, name: 'call log' });
    let cause: Error | undefined;
    worker.on('message', (reply: SinkReply) => {
      const waiter = this.#settle();
      if (reply.ok) waiter?.resolve(reply.result);
      else waiter?.reject(new Error(reply.message));
    });
    worker.on('error', (error: Error) => (cause = error));
    worker.on('exit', (code) => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      const why = cause?.message ?? `exit code ${code}`;
      const error = new Error(`the thread of the call log ended: ${why}`, { cause });
      this.#settle()?.reject(error);
      this.#onDeath(error);
    });
    return worker;
  }

  #settle(): Waiter | null {
    const waiter = this.#waiter;
    this.#waiter = null;
    return waiter;
  }
}
