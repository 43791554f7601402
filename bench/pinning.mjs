import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** The command, bound to one processor where the system can do that. */
export function pinnedTo(cpu, command) {
  return canPin ? ['taskset', '-c', String(cpu), ...command] : command;
}

export const pinning = canPin
  ? 'server on processor 0, load and upstream on processor 1'
  : 'not pinned: no taskset, or one processor';
