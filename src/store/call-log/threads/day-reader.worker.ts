import { workerData } from 'node:worker_threads';
import type { Reading } from '../read/call-table.js';
import { DayReader } from '../days/day-reader.js';
import { answerRequests } from './request-thread.js';

/** What the thread is asked: something to read, or to close its files. */
export type DayReaderRequest =
  { readonly reading: Reading; readonly timeoutMs: number } | { readonly reading: null };

// A thread that reads the call log on SQLite: a search blocks it, and nobody else.

const reader = new DayReader(workerData as string);

answerRequests((request: DayReaderRequest): unknown =>
  request.reading === null ? reader.close() : reader.read(request.reading, request.timeoutMs),
);
