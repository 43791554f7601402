import type { IncomingMessage, ServerResponse } from 'node:http';
import { valuesOf } from '../header-lines.js';
import { startUpstream } from '../upstream.js';

/** On every answer that the upstream gave itself. */
export const upstreamMark = 'x-from-upstream';

/** A real upstream that answers, errs, hangs or breaks off, as the path asks, and notes what should never have reached it. */
export interface WilfulUpstream {
  readonly url: string;
  /** Each call that reached it with something of a caller's credential, or without the credential that it is to be shown. */
  readonly faults: readonly string[];
  /** How many calls reached it. */
  readonly count: () => number;
  close(): Promise<void>;
}

/** @param sealedValue what calls under `/sealed` are to show, exactly once, as `X-Upstream-Key` */
export async function startWilfulUpstream(sealedValue: string): Promise<WilfulUpstream> {
  const faults: string[] = [];
  let count = 0;
  const upstream = await startUpstream((request, response) => {
    count += 1;
    // A hundred thousand recorded calls would only be memory.
    upstream.calls.length = 0;
    faults.push(...faultsOf(request, sealedValue));
    behave(request.url ?? '', request, response);
  });
  // That it hangs up on a connection at rest, or finds what is added to a large head too much, nobody asked for.
  Object.assign(upstream.server, { keepAliveTimeout: 600_000, maxHeaderSize: 64 * 1024 });
  return { url: upstream.url, faults, count: () => count, close: () => upstream.close() };
}

function behave(url: string, { socket }: IncomingMessage, response: ServerResponse): void {
  const [path = ''] = url.split('?', 1);
  const wish = path.slice(path.lastIndexOf('/') + 1);
  switch (wish) {
    case 'hang':
      return;
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'nothing':
      socket.end();
      return;
    case 'nonsense':
      socket.end('HTTP/1.1 what\r\n\r\n');
      return;
    case 'half':
      response.writeHead(200, { [upstreamMark]: '1', 'content-length': 100 });
      response.write('half of it', () => socket.destroy());
      return;
    default: {
      const status = /^[2-5]\d\d$/.test(wish) ? Number(wish) : 200;
      response.writeHead(status, { [upstreamMark]: '1', 'content-type': 'application/json' });
      response.end(status === 204 || status === 304 ? undefined : '{"ok":true}');
    }
  }
}

function faultsOf({ url = '', rawHeaders }: IncomingMessage, sealedValue: string): string[] {
  const lines = ['authorization', 'x-access-token', 'proxy-authorization'].filter(
    (name) => valuesOf(rawHeaders, name).length > 0,
  );
  const [, query = ''] = url.split('?');
  const parameters = query.split('&').filter((segment) => decoded(segment).startsWith('hapikey='));
  const shown = valuesOf(rawHeaders, 'x-upstream-key');
  const isSealed = url.startsWith('/sealed');
  const isWrong = isSealed && (shown.length !== 1 || shown[0] !== sealedValue);
  return [
    ...lines.map((name) => `${url}: ${name}`),
    ...parameters.map(() => `${url}: hapikey`),
    ...(isWrong ? [`${url}: X-Upstream-Key: ${shown.join(', ')}`] : []),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
