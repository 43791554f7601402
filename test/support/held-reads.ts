import type { DataSource, QueryRunner } from 'typeorm';

/** A read whose answer is on its way: true when it was read, and perhaps no longer when it arrives. */
export interface HeldRead {
  /** Resolves when the database has answered. */
  readonly reached: Promise<void>;
  /** Lets the answer arrive. */
  release(): void;
}

/**
 * Holds back the answer to one of the next statements of a connection, as a slow network would: only so can a race be seen on
 * an embedded database.
 *
 * @param nth which statement from now on: 1 is the next
 * @param counts whether a statement is one of those that are counted: what goes on in the background asks as well
 */
export function holdRead(
  dataSource: DataSource,
  nth: number,
  counts: (statement: string) => boolean = () => true,
): HeldRead {
  let seen = 0;
  let reach = (): void => {};
  let release = (): void => {};
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const createQueryRunner = dataSource.createQueryRunner.bind(dataSource);
  const restore: (() => void)[] = [() => Reflect.deleteProperty(dataSource, 'createQueryRunner')];
  const slowed = new WeakSet<QueryRunner>();
  const slowDown = (runner: QueryRunner): void => {
    if (slowed.has(runner)) return; // SQLite has one for all.
    slowed.add(runner);
    const query = runner.query.bind(runner) as (...asked: [string]) => Promise<unknown>;
    restore.push(() => Reflect.deleteProperty(runner, 'query'));
    const slowly = async (...asked: [string]): Promise<unknown> => {
      const isIt = counts(asked[0]) && ++seen === nth;
      const answer = await query(...asked);
      if (isIt) reach();
      if (isIt) await released;
      return answer;
    };
    runner.query = slowly as QueryRunner['query'];
  };
  dataSource.createQueryRunner = (mode) => {
    const runner = createQueryRunner(mode);
    slowDown(runner);
    return runner;
  };
  return {
    reached,
    release: () => {
      for (const undo of restore) undo();
      release();
    },
  };
}
