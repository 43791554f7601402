import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runLatchkey, type LatchkeyProcess, type ProcessOptions } from './latchkey-process.js';
import { send, type Json } from './send.js';
import { makeFolder, removeFolder, type Damaged } from './swept-folder.js';

/** A folder in which Latchkey is run as a process, again and again, with `data` in it. */
export class WorkFolder {
  readonly path = makeFolder('process');
  readonly #processes: LatchkeyProcess[] = [];

  /** @param environment without a demo unless it says otherwise */
  run(environment: Record<string, string> = {}, options: ProcessOptions = {}): LatchkeyProcess {
    const process = runLatchkey(this.path, { LATCHKEY_DEMO: 'off', ...environment }, options);
    this.#processes.push(process);
    return process;
  }

  /** Asks the management API of one of its processes as the operator, with the key that the first start made. */
  async manage(
    process: LatchkeyProcess,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Json> {
    const operatorKey = readFileSync(join(this.path, 'data', 'operator.key'), 'utf8').trim();
    const answer = await send(process.urls().managementUrl, method, path, {
      secret: operatorKey,
      body,
    });
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** Ends what a failed test has left running. @throws if a secret lies in it or was printed */
  async remove(damaged: Damaged = {}): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop('SIGKILL')));
    removeFolder(this.path, damaged);
  }
}
