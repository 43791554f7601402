import { answered, api, Problem } from '../api/client.js';
import type { CallFilter } from './calls.js';

export type ExportFormat = 'csv' | 'ndjson';

/**
 * Fetches all calls that match, and hands the browser the file.
 *
 * @param onProgress told how many calls came so far
 * @returns the manifest: how many there were, and the digest of the file
 * @throws Problem where it is refused, or ends before its end
 */
export async function exportCalls(
  accountId: string,
  filter: CallFilter,
  format: ExportFormat,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (rows: number) => void },
) {
  const query = new URLSearchParams({ ...(filter as Record<string, string>), format }).toString();
  const account = encodeURIComponent(accountId);
  const response = await fetch(`/v1/accounts/${account}/request-log/export?${query}`, { signal });
  if (!response.ok || response.body === null)
    throw new Problem(response.status, (await response.json().catch(() => ({}))) as object);
  const exportId = response.headers.get('Latchkey-Export') ?? '';
  const parts: Uint8Array<ArrayBuffer>[] = [];
  // The first line of a CSV names its columns.
  let rows = format === 'csv' ? -1 : 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    for (const byte of value) if (byte === 10) rows += 1;
    onProgress(Math.max(rows, 0));
  }
  const manifest = await answered(
    api.GET('/v1/accounts/{accountId}/request-log/exports/{exportId}', {
      params: { path: { accountId, exportId } },
    }),
  );
  const bytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (manifest.state === 'interrupted' || (manifest.bytes !== null && manifest.bytes !== bytes))
    throw new Problem(0, { message: 'The export ended before its end. Nothing was saved.' });
  save(`request-log-${exportId}.${format}`, new Blob(parts, { type: response.headers.get('Content-Type') ?? '' })); // prettier-ignore
  return manifest;
}

function save(fileName: string, file: Blob): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}
