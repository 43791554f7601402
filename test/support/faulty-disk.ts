import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a disk can fail with: it is full, cannot be written to, or does not do what it is asked. */
export type DiskFault = 'ENOSPC' | 'EROFS' | 'EIO';

const source = fileURLToPath(new URL('faulty-disk.c', import.meta.url));

/** What keeps this machine from having one, or `null`. */
export function absenceOfFaultyDisk(): string | null {
  if (process.platform !== 'linux') return 'A disk can be made to fail on Linux only';
  const { status } = spawnSync('cc', ['--version'], { stdio: 'ignore' });
  return status === 0 ? null : 'There is no C compiler to build a failing disk with';
}

/** A disk that can be made to fail, for one process and part of its files. */
export class FaultyDisk {
  readonly #command: string;
  /** With which a process has it. */
  readonly environment: Record<string, string>;

  /**
   * @param folder to keep its own files in
   * @param under files whose path begins like this are on it
   */
  constructor(folder: string, under: string) {
    const library = join(folder, 'faulty-disk.so');
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-o', library, source, '-ldl']);
    this.#command = join(folder, 'faulty-disk.command');
    this.environment = {
      LD_PRELOAD: library,
      FAULTY_DISK_UNDER: under,
      FAULTY_DISK_COMMAND: this.#command,
    };
  }

  fail(fault: DiskFault): void {
    writeFileSync(this.#command, fault);
  }

  recover(): void {
    rmSync(this.#command, { force: true });
  }
}
