import { fetched } from '../api/client.js';

/** Hands the browser a file that is on no server, and in no address. */
export function download(fileName: string, content: string | Blob): void {
  const file = typeof content === 'string' ? new Blob([content], { type: 'text/plain' }) : content;
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}

/** Fetches a file that the server has a name for, and hands it to the browser. @throws Problem where it is refused */
export async function downloadFrom(path: string): Promise<void> {
  const response = await fetched(path);
  const disposition = response.headers.get('Content-Disposition') ?? '';
  const [, name = 'file'] = /filename="([^"]+)"/.exec(disposition) ?? [];
  download(name, await response.blob());
}
