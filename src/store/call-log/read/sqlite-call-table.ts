import { daysFolderOf } from '../days/call-days-folder.js';
import type { CallTable, LogRecord, Reading } from './call-table.js';
import { ReadingTimeoutError } from '../days/day-reader.js';
import type { DayReaderRequest } from '../threads/day-reader.worker.js';
import { RequestThread } from '../threads/request-thread.js';

/** So that a long reading does not hold up a short one. */
const threadCount = 2;
/** Milliseconds after which a reading is given up: nobody waits for it any longer. */
const readingMsMax = 10_000;

interface Waiting {
  readonly reading: Reading;
  /** On the clock of `performance.now()`. */
  readonly endsAt: number;
  resolve(records: LogRecord[]): void;
  reject(error: Error): void;
}

export interface SqliteCallTableOptions {
  /** The built `day-reader.worker.js`. */
  readonly workerUrl?: URL;
  readonly timeoutMs?: number;
}

/** The rows of a log on SQLite: a file for each day, read on threads of their own. */
export class SqliteCallTable implements CallTable {
  readonly like = 'LIKE';
  readonly #timeoutMs: number;
  readonly #threads: readonly RequestThread[];
  readonly #idle: RequestThread[];
  readonly #waiting: Waiting[] = [];
  #isClosed = false;

  /** @param path of the log's own file */
  constructor(path: string, { workerUrl, timeoutMs = readingMsMax }: SqliteCallTableOptions = {}) {
    const script = workerUrl ?? new URL('../threads/day-reader.worker.js', import.meta.url);
    const about = { name: 'the search of the call log', workerData: daysFolderOf(path) };
    this.#timeoutMs = timeoutMs;
    this.#threads = Array.from({ length: threadCount }, () => new RequestThread(script, about));
    this.#idle = [...this.#threads];
  }

  /** @throws ReadingTimeoutError, or an error with the driver's code */
  read(reading: Reading): Promise<LogRecord[]> {
    if (this.#isClosed) return Promise.reject(new Error('The call log is closed.'));
    return new Promise((resolve, reject) => {
      const endsAt = performance.now() + this.#timeoutMs;
      this.#waiting.push({ reading, endsAt, resolve, reject });
      this.#next();
    });
  }

  /** Ends the threads, after what they are reading. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = new Error('The call log is closed.');
    for (const { reject } of this.#waiting.splice(0)) reject(closed);
    const last: DayReaderRequest = { reading: null };
    await Promise.all(this.#threads.map((thread) => thread.end(last)));
  }

  #next(): void {
    const thread = this.#idle.pop();
    if (thread === undefined) return;
    const asked = this.#waiting.shift();
    if (asked === undefined) {
      this.#idle.push(thread);
      return;
    }
    void this.#ask(thread, asked).finally(() => {
      this.#idle.push(thread);
      this.#next();
    });
  }

  async #ask(thread: RequestThread, { reading, endsAt, resolve, reject }: Waiting): Promise<void> {
    try {
      const timeoutMs = endsAt - performance.now();
      if (timeoutMs <= 0) throw new ReadingTimeoutError();
      thread.start();
      const request: DayReaderRequest = { reading, timeoutMs };
      resolve((await thread.ask(request)) as LogRecord[]);
    } catch (error) {
      reject(error as Error);
    }
  }
}
