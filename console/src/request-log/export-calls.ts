import { answered, api, fetched, Problem } from '../api/client.js';
import { download } from '../parts/download.js';
import { logPathOf, type CallFilter, type LogOwner } from './calls.js';

export type ExportFormat = 'csv' | 'ndjson';

/** How much of a file the page itself holds. */
const pieceBytes = 16 * 1024 * 1024;

/**
 * Fetches all calls that match, and hands the browser the file.
 *
 * @param onProgress told how many calls came so far
 * @returns the manifest: how many there were, and the digest of the file
 * @throws Problem where it is refused, or ends before its end
 */
export async function exportCalls(
  owner: LogOwner,
  filter: CallFilter,
  format: ExportFormat,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (rows: number) => void },
) {
  const query = new URLSearchParams({ ...(filter as Record<string, string>), format }).toString();
  const response = await fetched(`${logPathOf(owner)}/export?${query}`, { signal });
  if (response.body === null) throw new Problem(response.status, {});
  const exportId = response.headers.get('Latchkey-Export') ?? '';
  let parts: Uint8Array<ArrayBuffer>[] = [];
  /** What has come so far lies with the browser, which puts it on the disk where it is much. */
  const pieces: Blob[] = [];
  let bytes = 0;
  const putAway = () => {
    pieces.push(new Blob(parts));
    parts = [];
  };
  // The first line of a CSV names its columns.
  let rows = format === 'csv' ? -1 : 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    bytes += value.byteLength;
    if (bytes > (pieces.length + 1) * pieceBytes) putAway();
    for (const byte of value) if (byte === 10) rows += 1;
    onProgress(Math.max(rows, 0));
  }
  const manifest = await answered(
    owner === null
      ? api.GET('/v1/request-log/exports/{exportId}', { params: { path: { exportId } }, signal })
      : api.GET('/v1/accounts/{accountId}/request-log/exports/{exportId}', {
          params: { path: { accountId: owner, exportId } },
          signal,
        }),
  );
  if (manifest.state === 'interrupted' || (manifest.bytes !== null && manifest.bytes !== bytes))
    throw new Problem(0, { message: 'The export ended before its end. Nothing was saved.' });
  signal.throwIfAborted();
  putAway();
  download(`request-log-${exportId}.${format}`, new Blob(pieces, { type: response.headers.get('Content-Type') ?? '' })); // prettier-ignore
  return manifest;
}
