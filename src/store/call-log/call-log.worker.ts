import { parentPort, workerData } from 'node:worker_threads';
import type { CallSink, SinkReply, SinkRequest, SinkSettings } from './call-sink.js';
import { PostgresSink } from './postgres-sink.js';
import { SqliteSink } from './sqlite-sink.js';

// The thread that writes the call log: it answers one request at a time, in order.

if (parentPort === null) throw new Error('call-log.worker is a worker thread');
const port = parentPort;
const sink = sinkOf(workerData as SinkSettings);

port.on('message', (request: SinkRequest) => {
  void answer(request).then((reply) => port.postMessage(reply));
});

async function answer(request: SinkRequest): Promise<SinkReply> {
  try {
    return { ok: true, result: await perform(request) };
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string };
    return { ok: false, message: message || code || String(error) };
  }
}

function perform(request: SinkRequest): unknown {
  if (request.type === 'write') return sink.write(request.group);
  return request.type === 'open' ? sink.open() : sink.close();
}

function sinkOf(settings: SinkSettings): CallSink {
  const { database } = settings;
  return database.kind === 'sqlite'
    ? new SqliteSink(database.path, settings)
    : new PostgresSink(database.url, settings);
}
