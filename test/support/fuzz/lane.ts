import { PatientSocket } from './patient-socket.js';
import { readAnswer, type WireAnswer } from './read-answers.js';
import type { Sending } from './sending.js';

/** Within this, whatever is complete has its answer or its end, however loaded the machine is. */
const patienceMs = 20_000;
/** How long the server may make something of an open end before it learns that nothing more comes. */
const quietMs = 60;

export interface Received {
  readonly answers: readonly WireAnswer[];
  /** The beginning of an answer that broke off. */
  readonly remains: string;
}

/** One caller: it sends one thing after the other, on a connection that is kept where HTTP allows it. */
export class Lane {
  #kept: PatientSocket | null = null;

  constructor(private readonly origin: string) {}

  /**
   * Sends, and reads whatever comes back.
   *
   * @throws if the server hangs, says what is no HTTP, or leaves a well-formed request unanswered
   */
  async exchange(sending: Sending): Promise<Received> {
    const { pieces, methods, ending } = sending;
    if (ending !== 'whole') {
      const socket = await PatientSocket.open(this.origin);
      return new Exchange(socket, methods).closing(pieces, ending);
    }
    const kept = this.#kept;
    this.#kept = null;
    if (kept !== null && kept.received !== '') {
      throw new Error(`Nothing was sent, but this came: ${kept.received}`);
    }
    if (kept !== null && !kept.closed) {
      const received = await this.#wholeOn(kept, sending);
      // A connection may end between two requests. Then it was not ours to use any more.
      if (received.answers.length > 0 || received.remains !== '') return received;
    }
    return this.#wholeOn(await PatientSocket.open(this.origin), sending);
  }

  close(): void {
    this.#kept?.discard();
  }

  async #wholeOn(socket: PatientSocket, { pieces, methods }: Sending): Promise<Received> {
    const received = await new Exchange(socket, methods).whole(pieces);
    if (socket.closed) socket.discard();
    else this.#kept = socket;
    return received;
  }
}

class Exchange {
  readonly #answers: WireAnswer[] = [];

  constructor(
    private readonly socket: PatientSocket,
    private readonly methods: readonly string[],
  ) {}

  /** Well-formed requests: there is nothing that the server could be waiting for. */
  async whole(pieces: readonly string[]): Promise<Received> {
    await this.socket.write(pieces);
    const isDone = (): boolean => this.#read() >= this.methods.length || this.#isOver();
    await this.#expect('The answers', isDone);
    if (this.#answers.at(-1)?.closes === true) await this.#expectEnd();
    return this.#received;
  }

  /** Anything else, on a connection that ends with it. */
  async closing(
    pieces: readonly string[],
    ending: 'settled' | 'open' | 'reset',
  ): Promise<Received> {
    await this.socket.write(pieces);
    if (ending === 'reset') {
      await this.socket.reset();
      return { answers: [], remains: '' };
    }
    const isAnswered = (): boolean =>
      this.#read() > 0 && this.#answers.length >= this.methods.length;
    const isDone = (): boolean => isAnswered() || this.#isOver();
    if (ending === 'open') await this.socket.until(isDone, quietMs);
    else await this.#expect('An answer', isDone);
    this.socket.finish();
    await this.#expectEnd();
    return this.#received;
  }

  get #received(): Received {
    const remains = this.socket.received.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
    return { answers: this.#answers, remains };
  }

  /** @returns how many answers there are so far */
  #read(): number {
    const { socket } = this;
    while (socket.received !== '') {
      // No HEAD is sent with anything that may be read as something else.
      const method = this.methods[this.#answers.length] ?? 'GET';
      const next = readAnswer(socket.received, method, socket.closed);
      if (next === null) break;
      this.#answers.push(next.answer);
      socket.received = next.rest;
    }
    return this.#answers.length;
  }

  #isOver(): boolean {
    return this.socket.closed || this.#answers.at(-1)?.closes === true;
  }

  async #expectEnd(): Promise<void> {
    await this.#expect('The end of the connection', () => {
      this.#read();
      return this.socket.closed;
    });
    this.socket.discard();
  }

  async #expect(what: string, isSo: () => boolean): Promise<void> {
    try {
      if (await this.socket.until(isSo, patienceMs)) return;
    } catch (error) {
      this.socket.discard();
      throw error;
    }
    this.socket.discard();
    const came = JSON.stringify([...this.#answers.map(({ raw }) => raw), this.socket.received]);
    throw new Error(`${what} did not come within ${patienceMs} ms, but ${came}`);
  }
}
