import { csvRecord } from '../../platform/http/csv.js';
import type { CallResponse } from './request-log.dto.js';

/** What a call tells, in the order of the contract (§6). */
const fields = Object.keys({
  ...{ id: true, at: true, accountId: true, keyId: true, keyName: true, environment: true },
  ...{ secretId: true, secretStart: true, secretState: true, rotationId: true, credential: true },
  ...{ door: true, actor: true, serviceId: true, method: true, host: true, path: true },
  ...{ query: true, route: true, requiredScopes: true, usedScopes: true, missingScopes: true },
  ...{ decision: true, reason: true, wouldDeny: true, status: true, upstreamStatus: true },
  ...{ callerIp: true, peerIp: true, forwardedFor: true, userAgent: true },
  ...{ clientRequestId: true, durationMs: true, upstreamMs: true, requestBytes: true },
  ...{ responseBytes: true, nodeId: true, seq: true },
} satisfies Record<keyof CallResponse, true>) as (keyof CallResponse)[];

interface Format {
  readonly mediaType: string;
  /** What stands before the first call. */
  readonly head: string;
  /** A call, with its line end. */
  line(call: CallResponse): string;
}

/** How an export can be written. */
export const exportFormats = {
  ndjson: {
    mediaType: 'application/x-ndjson',
    head: '',
    // A list of names sets their order.
    line: (call) => `${JSON.stringify(call, fields)}\n`,
  },
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    head: csvRecord(fields),
    line: (call) => csvRecord(fields.map((field) => call[field])),
  },
} as const satisfies Record<string, Format>;

export type ExportFormat = keyof typeof exportFormats;
