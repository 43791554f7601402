import { parentPort, Worker } from 'node:worker_threads';

/** Errors cross threads as text: a driver's error may hold what cannot be cloned. */
type Reply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly message: string; readonly code?: string };

type Numbered<Content> = Content & { readonly number: number };

interface Waiter {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A worker thread, seen from outside, and a new one where the last one died. */
export class RequestThread {
  readonly #script: URL;
  readonly #name: string;
  readonly #workerData: unknown;
  readonly #onDeath: (error: Error) => void;
  #worker: Worker | null = null;
  readonly #waiters = new Map<number, Waiter>();
  #number = 0;
  readonly #underWay = new Set<Promise<unknown>>();

  /**
   * @param script calls `answerRequests`
   * @param name what it is the thread of
   * @param onDeath told of a thread that ended by itself, after the requests it was working on were rejected
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
      this.#number += 1;
      this.#waiters.set(this.#number, { resolve, reject });
      this.#worker.postMessage({ number: this.#number, request });
    });
    this.#underWay.add(reply);
    const settled = (): void => void this.#underWay.delete(reply);
    reply.then(settled, settled);
    return reply;
  }

  /**
   * Has the thread answer this and end, after the requests that are under way: terminating a thread inside better-sqlite3 can
   * abort the whole process.
   */
  async end(last: unknown): Promise<void> {
    await Promise.allSettled(this.#underWay);
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
    worker.on('message', (reply: Numbered<Reply>) => {
      const waiter = this.#waiters.get(reply.number);
      this.#waiters.delete(reply.number);
      if (reply.ok) waiter?.resolve(reply.result);
      else waiter?.reject(errorOf(reply));
    });
    worker.on('error', (error: Error) => (cause = error));
    worker.on('exit', (code) => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      const why = cause?.message ?? `exit code ${code}`;
      const error = new Error(`the thread of ${this.#name} ended: ${why}`, { cause });
      for (const [number, { reject }] of this.#waiters) {
        this.#waiters.delete(number);
        reject(error);
      }
      this.#onDeath(error);
    });
    return worker;
  }
}

/** In a worker's script: answers requests, each as soon as it can. */
export function answerRequests<R>(perform: (request: R) => unknown): void {
  const port = parentPort;
  if (port === null) throw new Error('This is the script of a worker thread.');
  port.on('message', ({ number, request }: Numbered<{ readonly request: R }>) => {
    void answer(request, perform).then((reply) => port.postMessage({ ...reply, number }));
  });
}

async function answer<R>(request: R, perform: (request: R) => unknown): Promise<Reply> {
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
