/**
 * A process to be killed: writes calls as fast as the log takes them, and the id of each to a file as it is acknowledged.
 * Arguments: the log's URL, the mode, the node's id, the file.
 */
import { openSync, writeSync } from 'node:fs';

/** @param {string} path */
const built = (path) => import(new URL(`../../dist/src/${path}`, import.meta.url).href);

const { CallLogWriter } = await built('store/call-log/write/call-log-writer.js');
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
    await writer.write({ ...blankCall(), ...variation(position), position, id, at });
    writeSync(acknowledged, `${id}\n`);
  }
}

/**
 * What calls differ in that is counted.
 * @param {number} n
 */
function variation(n) {
  const denied = n % 11 === 0;
  return {
    secretId: `sec_${n % 2}`,
    method: n % 3 === 0 ? 'POST' : 'GET',
    route: `/contacts/${n % 5}`,
    callerIp: `203.0.113.${n % 7}`,
    decision: denied ? 'denied' : 'allowed',
    reason: denied ? 'SCOPE_MISSING' : null,
    usedScopes: denied ? [] : [`contacts.${n % 4}`],
  };
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
