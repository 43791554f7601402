import { workerData } from 'node:worker_threads';
import type { CallSink, SinkRequest, SinkSettings } from '../write/call-sink.js';
import { PostgresSink } from '../write/postgres-sink.js';
import { answerRequests } from './request-thread.js';
import { SqliteSink } from '../write/sqlite-sink.js';

// The thread that writes the call log.

const sink = sinkOf(workerData as SinkSettings);

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

function sinkOf(settings: SinkSettings): CallSink {
  const { database } = settings;
  return database.kind === 'sqlite'
    ? new SqliteSink(database.path, settings)
    : new PostgresSink(database.url, settings);
}
