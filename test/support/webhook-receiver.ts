import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { Json } from './send.js';

/** What reached a receiver. */
export interface Received {
  readonly id: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** As JSON. */
  readonly json: Json;
  readonly answered: number;
}

/** A real HTTP receiver of webhooks, as somebody would build it from the documentation of Standard Webhooks. */
export interface WebhookReceiver {
  readonly url: string;
  /** All that came, in its order, accepted or not. */
  readonly received: Received[];
  /** With which it verifies; what does not verify is answered 401. */
  secrets: string[];
  /** What it answers to what verifies: 204 unless set. @param count of what has come, this included. @param id of the notice */
  answer: (count: number, id: string) => number | Promise<number>;
  /** The ids that it has accepted, in their order: what came again is there twice. */
  accepted(): string[];
  close(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString();
      const { headers, url: path = '' } = request;
      const verifies = receiver.secrets.some((secret) => doesVerify(secret, body, headers));
      const count = received.length + 1;
      const id = String(headers['webhook-id']);
      const answered = verifies ? await receiver.answer(count, id) : 401;
      received.push({ id, path, headers, body, json: JSON.parse(body), answered });
      // Where a redirect would lead, it would be seen.
      response.writeHead(answered, answered === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    secrets: [],
    answer: () => 204,
    accepted: () => received.filter(({ answered }) => answered < 300).map(({ id }) => id),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

export function doesVerify(secret: string, body: string, headers: IncomingHttpHeaders): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
