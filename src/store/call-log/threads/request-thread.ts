import { parentPort, Worker } from 'node:worker_threads';

/** Errors cross threads as text: a driver's error may hold what cannot be cloned. */
export type ThreadReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly message: string; readonly code?: string };

interface Waiter {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A worker thread, seen from outside: one request at a time, and a new thread where the last one died. */
export class RequestThread {
  readonly #script: URL;
  readonly #name: string;
  readonly #workerData: unknown;
  readonly #onDeath: (error: Error) => void;
  #worker: Worker | null = null;
  #waiter: Waiter | null = null;
  #underWay: Promise<unknown> = Promise.resolve();

  /**
   * @param script calls `answerRequests`
   * @param name what it is the thread of
   * @param onDeath told of a thread that ended by itself, after the request it was working on was rejected
   */
  constructor(
    script: URL,
    { name, workerData }: { readonly name: string; readonly workerData: unknown },
    onDeath: (error: Error) => void = () => {},
  ) {
    this.#script = script;
    this.#name = name;
    this.#workerData = workerData;
    this.#onDeath = onDeath;
  }

  /** Begins a thread, if there is none. */
  start(): void {
    this.#worker ??= this.#spawn();
  }

  /** @throws what kept the thread from answering, with the driver's code */
  ask(request: unknown): Promise<unknown> {
    const reply = new Promise((resolve, reject) => {
      if (this.#worker === null) {
        reject(new Error(`the thread of ${this.#name} is not running`));
        return;
      }
      this.#waiter = { resolve, reject };
      this.#worker.postMessage(request);
    });
    this.#underWay = reply;
    return reply;
  }

  /**
   * Has the thread answer this and end, after the request that is under way: terminating a thread inside better-sqlite3 can
   * abort the whole process.
   */
  async end(last: unknown): Promise<void> {
    await this.#underWay.catch(() => {});
    const worker = this.#worker;
    if (worker === null) return;
    try {
      await this.ask(last);
    } finally {
      this.#worker = null;
      await worker.terminate();
    }
  }

  #spawn(): Worker {
    const worker = new Worker(this.#script, { workerData: this.#workerData, name: this.#name });
    let cause: Error | undefined;
    worker.on('message', (reply: ThreadReply) => {
      const waiter = this.#settle();
      if (reply.ok) waiter?.resolve(reply.result);
      else waiter?.reject(errorOf(reply));
    });
    worker.on('error', (error: Error) => (cause = error));
    worker.on('exit', (code) => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      const why = cause?.message ?? `exit code ${code}`;
      const error = new Error(`the thread of ${this.#name} ended: ${why}`, { cause });
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

/** In a worker's script: answers one request after the other. */
export function answerRequests<R>(perform: (request: R) => unknown): void {
  const port = parentPort;
  if (port === null) throw new Error('This is the script of a worker thread.');
  port.on('message', (request: R) => {
    void answer(request, perform).then((reply) => port.postMessage(reply));
  });
}

async function answer<R>(request: R, perform: (request: R) => unknown): Promise<ThreadReply> {
  try {
    return { ok: true, result: await perform(request) };
  } catch (error) {
    const { message, code } = error as { message?: string; code?: unknown };
    const text = message || (code as string | undefined) || String(error);
    return { ok: false, message: text, ...(typeof code === 'string' && { code }) };
  }
}

function errorOf({ message, code }: { message: string; code?: string }): Error {
  return Object.assign(new Error(message), code !== undefined && { code });
}
