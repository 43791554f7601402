import { createHash } from 'node:crypto';
import type { Call } from '../../core/call.js';
import { encodeCursor } from '../../store/call-log/read/call-cursor.js';

/** What an export has handed over so far. */
export interface ExportTotals {
  readonly rows: number;
  /** Before compression. */
  readonly bytes: number;
  /** Of the same bytes, in hexadecimal. */
  readonly sha256: string;
  /** Of the first and the last row, or `null` where there is none. */
  readonly firstId: string | null;
  readonly lastId: string | null;
  /** The cursor after the last row, or `null` where there is none. */
  readonly next: string | null;
}

/** Counts what an export hands over. */
export class ExportTally {
  readonly #hash = createHash('sha256');
  #rows = 0;
  #bytes = 0;
  #firstId: string | null = null;
  #last: Call | null = null;

  /** @returns the text as it is handed over */
  take(text: string, calls: readonly Call[]): Buffer {
    const chunk = Buffer.from(text);
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    this.#rows += calls.length;
    this.#firstId ??= calls[0]?.id ?? null;
    this.#last = calls.at(-1) ?? this.#last;
    return chunk;
  }

  get totals(): ExportTotals {
    return {
      rows: this.#rows,
      bytes: this.#bytes,
      sha256: this.#hash.copy().digest('hex'),
      firstId: this.#firstId,
      lastId: this.#last?.id ?? null,
      next: this.#last === null ? null : encodeCursor(this.#last),
    };
  }
}
