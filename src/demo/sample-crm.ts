import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { firstContacts, orders, type Contact, type ContactFields } from './sample-crm-records.js';

/** An upstream to try Latchkey with: it knows nothing of keys, and answers whoever reaches it, on loopback only. */
export interface SampleCrm {
  readonly url: string;
  close(): Promise<void>;
}

const host = '127.0.0.1';
const basePath = '/sample-crm';
const bodyBytesMax = 64 * 1024;
const contactsMax = 1000;
const textLengthMax = 200;

/** Whether an upstream is a sample CRM's, of this process or an earlier one. */
export function isSampleCrm(upstream: string): boolean {
  const { protocol, hostname, pathname } = new URL(upstream);
  return protocol === 'http:' && hostname === host && pathname === basePath;
}

/** @param port tried first; if somebody else has it, any free one is taken */
export async function startSampleCrm(port: number): Promise<SampleCrm> {
  const records = new Records();
  const server = createServer((request, response) => {
    void readBody(request).then((body) => answer(response, reply(records, request, body)));
  });
  await listen(server, port).catch(() => listen(server, 0));
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${taken}${basePath}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

type JsonObject = Readonly<Record<string, unknown>>;

interface Reply {
  readonly status: number;
  readonly body?: object;
}

interface CrmCall {
  readonly id: string;
  readonly body: JsonObject | null;
  readonly request: IncomingMessage;
}

/** The handlers by method and path; `{id}` is one segment. */
const handlers: Readonly<Record<string, (records: Records, call: CrmCall) => Reply>> = {
  'GET /contacts': (records) => found({ results: records.contacts() }),
  'POST /contacts': (records, { body }) => records.addContact(body),
  'GET /contacts/{id}': (records, { id }) => found(records.contact(id)),
  'PATCH /contacts/{id}': (records, { id, body }) => records.changeContact(id, body),
  'DELETE /contacts/{id}': (records, { id }) => records.removeContact(id),
  'GET /orders': () => found({ results: orders }),
  'GET /orders/{id}': (_records, { id }) => found(orders.find((order) => order.id === id)),
  'POST /single-send': (records, { body }) => records.queueMessage(body),
  'GET /whoami': (_records, { request }) => found(latchkeyHeaders(request)),
};

function reply(records: Records, request: IncomingMessage, body: JsonObject | null): Reply {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (!path.startsWith(`${basePath}/`)) return problem(404, 'There is nothing here.');
  const [collection = '', id, ...rest] = path.slice(basePath.length + 1).split('/');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const handler = handlers[`${method} /${collection}${id === undefined ? '' : '/{id}'}`];
  if (handler === undefined || rest.length > 0) return problem(404, 'There is nothing here.');
  return handler(records, { id: id ?? '', body, request });
}

/** The CRM's memory. It begins anew with each start. */
class Records {
  readonly #contacts = new Map(firstContacts.map((contact) => [contact.id, contact]));
  #lastContactId = 105;
  #lastMessageId = 5000;

  contacts(): Contact[] {
    return [...this.#contacts.values()];
  }

  contact(id: string): Contact | undefined {
    return this.#contacts.get(id);
  }

  addContact(body: JsonObject | null): Reply {
    const fields = contactFieldsOf(body);
    const { name, email } = fields ?? {};
    if (fields === null || name === undefined || email === undefined) {
      return problem(400, 'A contact needs a name and an email, as JSON.');
    }
    if (this.#contacts.size >= contactsMax)
      return problem(409, 'This sample holds no more contacts.');
    const contact = {
      id: String((this.#lastContactId += 1)),
      ...fields,
      name,
      email,
      createdAt: new Date().toISOString(),
    };
    this.#contacts.set(contact.id, contact);
    return { status: 201, body: contact };
  }

  changeContact(id: string, body: JsonObject | null): Reply {
    const contact = this.#contacts.get(id);
    if (contact === undefined) return found(contact);
    const fields = contactFieldsOf(body);
    if (fields === null)
      return problem(400, 'A change names name, email, company or city, as JSON.');
    const changed = { ...contact, ...fields };
    this.#contacts.set(id, changed);
    return found(changed);
  }

  removeContact(id: string): Reply {
    return this.#contacts.delete(id) ? { status: 204 } : found(undefined);
  }

  queueMessage(body: JsonObject | null): Reply {
    const contactId = body?.['contactId'];
    const subject = body?.['subject'];
    if (typeof contactId !== 'string' || !isShortText(subject)) {
      return problem(400, 'A message needs a contactId and a subject, as JSON.');
    }
    const contact = this.#contacts.get(contactId);
    if (contact === undefined) return found(contact);
    const id = String((this.#lastMessageId += 1));
    return { status: 202, body: { id, to: contact.email, subject, status: 'queued' } };
  }
}

function contactFieldsOf(body: JsonObject | null): Partial<ContactFields> | null {
  if (body === null) return null;
  const names = ['name', 'email', 'company', 'city'].filter((name) => body[name] !== undefined);
  if (!names.every((name) => isShortText(body[name]))) return null;
  return Object.fromEntries(names.map((name) => [name, body[name]]));
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= textLengthMax;
}

function latchkeyHeaders({ headers }: IncomingMessage): object {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('x-latchkey-')),
  );
}

function found(body: object | undefined): Reply {
  return body === undefined ? problem(404, 'There is nothing here.') : { status: 200, body };
}

function problem(status: number, error: string): Reply {
  return { status, body: { error } };
}

/** The body as a JSON object; `null` if it is none, or larger than anything this sample takes. */
async function readBody(request: IncomingMessage): Promise<JsonObject | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) chunks.push(chunk);
    }
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    return typeof body === 'object' && !Array.isArray(body) ? (body as JsonObject | null) : null;
  } catch {
    return null;
  }
}

/** Indented, since people read it in a terminal. */
function answer(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(body && `${JSON.stringify(body, null, 2)}\n`);
}
