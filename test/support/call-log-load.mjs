/**
 * A process to be killed: writes calls as fast as the log takes them, and the id of each to a file as it is acknowledged.
 * Arguments: the log's URL, the mode, the node's id, the file.
 */
import { openSync, writeSync } from 'node:fs';

/** @param {string} path */
const built = (path) => import(new URL(`../../dist/src/${path}`, import.meta.url).href);

const { CallLogWriter } = await built('store/call-log/call-log-writer.js');
const { newCallId } = await built('core/ids.js');
const [, , url, mode, nodeId, file = ''] = process.argv;
const acknowledged = openSync(file, 'a');

const writer = new CallLogWriter({ url, mode, nodeId });
await writer.start();
for (let client = 0; client < 50; client += 1) void writeForever();

async function writeForever() {
  for (;;) {
    const at = Date.now();
    const position = writer.nextPosition(at);
    const id = newCallId(position);
    await writer.write({ ...blankCall(), position, id, at });
    writeSync(acknowledged, `${id}\n`);
  }
}

function blankCall() {
  return {
    accountId: 'acc_1',
    keyId: 'key_1',
    keyName: null,
    environment: null,
    secretId: 'sec_1',
    secretStart: null,
    secretState: null,
    rotationId: null,
    credential: 'bearer',
    door: 'gateway',
    actor: null,
    serviceId: null,
    method: 'GET',
    host: null,
    path: '/',
    query: null,
    route: null,
    requiredScopes: [],
    usedScopes: [],
    missingScopes: [],
    decision: 'allowed',
    reason: null,
    wouldDeny: null,
    status: 200,
    upstreamStatus: null,
    callerIp: '203.0.113.7',
    peerIp: '203.0.113.7',
    forwardedFor: null,
    userAgent: null,
    clientRequestId: null,
    durationMs: null,
    upstreamMs: null,
    requestBytes: null,
    responseBytes: null,
  };
}
