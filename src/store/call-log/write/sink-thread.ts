import type { NodeMark, PackedGroup, SinkRequest, SinkSettings } from './call-sink.js';
import { RequestThread } from '../threads/request-thread.js';

/** The thread that writes, seen from outside: one group at a time, and a new thread where the last one died. */
export class SinkThread {
  readonly #thread: RequestThread;

  /** @param onDeath told of a thread that ended by itself, after the request it was working on was rejected */
  constructor(script: URL, settings: SinkSettings, onDeath: (error: Error) => void) {
    this.#thread = new RequestThread(
      script,
      { name: 'the call log', workerData: settings },
      onDeath,
    );
  }

  /** Opens the sink, in a new thread if there is none. @throws what kept it from opening */
  open(): Promise<NodeMark> {
    this.#thread.start();
    return this.#ask({ type: 'open' }) as Promise<NodeMark>;
  }

  /** @returns how many rows were left out. @throws what kept the group from being committed */
  write(group: PackedGroup): Promise<number> {
    return this.#ask({ type: 'write', group }) as Promise<number>;
  }

  /** Resolves once what is written by now is counted and can be found, where that can be done. Groups may be written meanwhile. */
  async caughtUp(): Promise<void> {
    await this.#ask({ type: 'catch up' }).catch(() => {});
  }

  /** Closes the sink and ends the thread, after the request that is under way. @param ended with nothing left to write */
  close(ended: boolean): Promise<void> {
    const last: SinkRequest = { type: 'close', ended };
    return this.#thread.end(last);
  }

  #ask(request: SinkRequest): Promise<unknown> {
    return this.#thread.ask(request);
  }
}
