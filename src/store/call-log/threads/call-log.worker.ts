import { workerData } from 'node:worker_threads';
import type { CallSink, SinkRequest, SinkSettings } from '../write/call-sink.js';
import { answerRequests } from './request-thread.js';

// The thread that writes the call log.

const sink = await sinkOf(workerData as SinkSettings);

answerRequests((request: SinkRequest): unknown => {
  switch (request.type) {
    case 'open':
      return sink.open();
    case 'write':
      return sink.write(request.group);
    case 'catch up':
      return sink.caughtUp();
    case 'close':
      return sink.close(request.ended);
  }
});

/** Of either database only what is needed is loaded: the other's driver takes a third of the thread's start. */
async function sinkOf(settings: SinkSettings): Promise<CallSink> {
  const { database } = settings;
  if (database.kind === 'sqlite') {
    const { SqliteSink } = await import('../write/sqlite-sink.js');
    return new SqliteSink(database.path, settings);
  }
  const { PostgresSink } = await import('../write/postgres-sink.js');
  return new PostgresSink(database.url, settings);
}
