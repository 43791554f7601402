import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { refuseSecrets, secretsIn } from './met-secrets.js';
import type { Json } from './send.js';
import { until } from './until.js';

export interface ServerEvent {
  readonly id: string;
  /** The event's name and data; `null` where there is only an id. */
  readonly call: Json;
}

/** A reader of server-sent events. */
export class EventStream {
  readonly events: ServerEvent[] = [];
  #text = '';
  #ended = false;

  private constructor(
    private readonly asking: ClientRequest,
    readonly answer: IncomingMessage,
  ) {
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => this.#take(text));
    // A connection that is cut is an end like another.
    answer.on('error', () => {});
    answer.on('close', () => (this.#ended = true));
  }

  /** Resolves once the answer has begun. */
  static open(
    origin: string,
    path: string,
    secret: string,
    lastEventId?: string,
  ): Promise<EventStream> {
    const headers = {
      authorization: `Bearer ${secret}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    return new Promise((resolve, reject) => {
      const asking = get(origin + path, { headers, agent: false });
      asking.on('error', reject);
      asking.on('response', (answer) => resolve(new EventStream(asking, answer)));
    });
  }

  get status(): number | undefined {
    return this.answer.statusCode;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get lastEventId(): string | undefined {
    return this.events.at(-1)?.id;
  }

  /** The ids of the calls that came, in their order. */
  get callIds(): string[] {
    return this.events.flatMap(({ call }) => (call === null ? [] : [call.id]));
  }

  async untilCalls(count: number): Promise<string[]> {
    await until(`${count} calls, after ${this.callIds.length}`, () => this.callIds.length >= count);
    return this.callIds;
  }

  untilEnded(): Promise<number> {
    return until('the end of the stream', () => this.#ended);
  }

  /** Leaves, in the middle of whatever is coming. */
  leave(): void {
    this.asking.destroy();
  }

  #take(text: string): void {
    refuseSecrets(secretsIn('an event', text));
    const blocks = (this.#text + text).split('\n\n');
    this.#text = blocks.pop() ?? '';
    this.events.push(...blocks.map(eventOf));
  }
}

function eventOf(block: string): ServerEvent {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)] as const;
    }),
  );
  const data = fields.get('data');
  return { id: fields.get('id') ?? '', call: data === undefined ? null : JSON.parse(data) };
}
