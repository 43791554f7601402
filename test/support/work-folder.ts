import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  /** Ends what a failed test has left running. */
  async remove(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.stop('SIGKILL')));
    rmSync(this.path, { recursive: true, force: true });
  }
}
