import { latchkeyClient, type Schemas } from '@latchkey/sdk';

type Envelope = Schemas['ErrorEnvelopeResponse'];

/** What the server, or the way to it, said no with. Its message is written for the person who reads it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** HTTP's; 0 where no answer came. */
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

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The answer's body. @throws Problem */
export async function answered<T>(asking: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asking.catch(() => {
    throw new Problem(0, { message: 'The server cannot be reached.', reason: 'UNREACHABLE' });
  });
  if (!response.ok) throw new Problem(response.status, (error ?? {}) as Partial<Envelope>);
  return data as T;
}
