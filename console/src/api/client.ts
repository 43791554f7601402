import { latchkeyClient, type Schemas } from '@latchkey/sdk';

type Envelope = Schemas['ErrorEnvelopeResponse'];

/** What the server, or the way to it, said no with. Its message is written for the person who reads it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** HTTP's; 0 where it was no answer that said no. */
  readonly status: number;
  readonly reason: string;
  readonly details: Envelope['errors'];
  readonly correlationId: string | null;

  constructor(status: number, envelope: Partial<Omit<Envelope, 'reason'>> & { reason?: string }) {
    super(envelope.message ?? `The server answered ${status}.`);
    this.status = status;
    this.reason = envelope.reason ?? 'UNKNOWN';
    this.details = envelope.errors ?? [];
    this.correlationId = envelope.correlationId ?? null;
  }

  /** What is wrong with one field of a form, by its name. */
  messageFor(field: string): string | undefined {
    return this.details.find(({ context }) => fieldOf(context) === field)?.message;
  }
}

function fieldOf(context: unknown): unknown {
  return (context as { field?: unknown } | undefined)?.field;
}

/** The browser sends its session along by itself. */
export const api = latchkeyClient({ baseUrl: '/', credentials: 'same-origin' });

/**
 * What was read, and the tag of it as it was then: a change that names the tag is refused (412) once it is another. `null` where
 * none came with it.
 */
export type Tagged<T> = T & { readonly etag: string | null };

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The answer's body. @throws Problem */
export async function answered<T>(asking: Promise<Answer<T>>): Promise<T> {
  return (await answerTo(asking)).body;
}

/** The answer's body, with the tag that it has. @throws Problem */
export async function taggedAnswer<T extends object>(
  asking: Promise<Answer<T>>,
): Promise<Tagged<T>> {
  const { body, response } = await answerTo(asking);
  return { ...body, etag: strong(response.headers.get('ETag')) };
}

async function answerTo<T>(asking: Promise<Answer<T>>): Promise<{ body: T; response: Response }> {
  const { data, error, response } = await asking.catch(() => {
    throw new Problem(0, { message: 'The server cannot be reached.', reason: 'UNREACHABLE' });
  });
  if (!response.ok) throw new Problem(response.status, (error ?? {}) as Partial<Envelope>);
  return { body: data as T, response };
}

/** What is no JSON to be typed, such as a file. @throws Problem where it is refused */
export async function fetched(path: string, options: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, options);
  if (response.ok) return response;
  throw new Problem(response.status, (await response.json().catch(() => ({}))) as object);
}

/** A proxy that compresses answers says that they are only weakly the same; the server knows its own tag. */
function strong(etag: string | null): string | null {
  return etag?.replace(/^W\//, '') ?? null;
}
