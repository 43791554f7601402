import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import type { NewCall } from '../../src/core/ports.js';
import { CALL_LOG } from '../../src/store/tokens.js';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { exampleCall } from './call-log.js';
import type { Json, TestLatchkey } from './latchkey.js';

/** Puts calls on the log that no HTTP client could make. @returns their ids, newest first */
export async function putCalls(
  latchkey: TestLatchkey,
  calls: readonly Partial<NewCall>[],
): Promise<string[]> {
  const log = latchkey.app.get<CallLogWriter>(CALL_LOG);
  const rows = calls.map((fields) => exampleCall(log, fields));
  await Promise.all(rows.map((row) => log.write(row)));
  return rows.map(({ id }) => id).toReversed();
}

/** An account, and a key that may read its log. */
export interface Audited {
  readonly id: string;
  readonly key: Json;
  readonly secret: string;
  /** The path of its log. */
  readonly log: string;
  /** The path of its keys. */
  readonly keys: string;
}

export async function openAudited(latchkey: TestLatchkey): Promise<Audited> {
  const { id } = await latchkey.manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
  const keys = `/v1/accounts/${id}/keys`;
  const scopes = ['latchkey.request_log.read'];
  const key = await latchkey.manage('POST', keys, { name: 'Auditor', scopes });
  return { id, key, secret: key.secret, log: `/v1/accounts/${id}/request-log`, keys };
}

/** Calls of an account, all alike. @returns their ids, newest first */
export function putCallsOf(
  latchkey: TestLatchkey,
  { id }: Audited,
  count: number,
  fields: Partial<NewCall> = {},
): Promise<string[]> {
  return putCalls(
    latchkey,
    Array.from({ length: count }, () => ({ accountId: id, ...fields })),
  );
}

export function rowsOf(ndjson: string): Json[] {
  const lines = ndjson.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line));
}

export const sha256 = (bytes: string): string => createHash('sha256').update(bytes).digest('hex');

/** Asks for gzip over a connection of its own, and unpacks. @returns the header lines, and the text that was packed */
export async function askForGzip(
  origin: string,
  path: string,
  secret: string,
): Promise<{ headers: Readonly<Record<string, unknown>>; text: string }> {
  const headers = { authorization: `Bearer ${secret}`, 'accept-encoding': 'gzip' };
  return new Promise((resolve, reject) => {
    const asking = request(origin + path, { headers, agent: false }, (answer) => {
      text(answer.pipe(createGunzip())).then(
        (unpacked) => resolve({ headers: answer.headers, text: unpacked }),
        reject,
      );
    });
    asking.once('error', reject);
    asking.end();
  });
}
