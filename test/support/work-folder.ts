import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from './latchkey.js';
import { runLatchkey, type LatchkeyProcess } from './latchkey-process.js';

/** A folder in which Latchkey is run as a process, again and again, with `data` in it. */
export class WorkFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'latchkey-process-'));
  readonly #processes: LatchkeyProcess[] = [];

  /** @param environment without a demo unless it says otherwise */
  run(environment: Record<string, string> = {}): LatchkeyProcess {
    const process = runLatchkey(this.path, { LATCHKEY_DEMO: 'off', ...environment });
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
    const answer = await fetch(process.urls().managementUrl + path, {
      method,
      headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Ends what a failed test has left running. */
  async remove(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop('SIGKILL')));
    rmSync(this.path, { recursive: true, force: true });
  }
}
