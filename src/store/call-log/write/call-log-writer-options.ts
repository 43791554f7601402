import type { CallLogMode } from './call-sink.js';

export interface CallLogWriterOptions {
  /** `sqlite:<path>` or `postgres://…`, already migrated. */
  readonly url: string;
  readonly mode: CallLogMode;
  /** Whose rows these are; no other running process may use it. */
  readonly nodeId: string;
  /** The built `call-log.worker.js`. */
  readonly workerUrl?: URL;
  /** Rows, and completions, that may wait in memory. */
  readonly queueMax?: number;
  /** Milliseconds to wait for a lock or an answer of the database; after twice that a group is given up on. */
  readonly timeoutMs?: number;
  /** Milliseconds between two attempts to reach the database again. */
  readonly retryMs?: number;
  /** Told when the database is lost and when it is back. Must not throw. */
  readonly onStateChange?: (healthy: boolean, error?: Error) => void;
}
