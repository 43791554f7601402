import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import type { Clock } from '../core/ports.js';
import { ChangeFailedError, isDatabaseAway } from './database-failure.js';
import { AccessChangeEntity, type AccessSubject } from './entities/access-change.entity.js';
import { AccessRevisionEntity } from './entities/access-revision.entity.js';
import { pruneChanges } from './prune-changes.js';
import { CLOCK } from './tokens.js';
import { WriteHealth } from './write-health.js';
import { WriteQueue } from './write-queue.js';

/** One thing that a change made stale in memory. */
export interface StaleSubject {
  readonly subject: AccessSubject;
  readonly id: string;
}

/** What a node must no longer believe. */
export type Stale = readonly StaleSubject[] | 'everything';

/** Applies a committed change to what a node holds in memory, before the change is answered. */
export type ChangeListener = (stale: Stale, revision: number) => void | Promise<void>;

/** Whether a change is about this: what is remembered of it has to be read again. */
export function isStale(stale: Stale, subject: AccessSubject): boolean {
  return stale === 'everything' || stale.some((one) => one.subject === subject);
}

/** What a change works with. */
export interface Change {
  readonly manager: EntityManager;
  readonly now: number;
  /** The access revision this change takes: the ETag of what it writes. */
  readonly revision: number;
  /** Names what this change makes stale, for this node's memory and for other nodes. */
  touch(subject: AccessSubject, id: string): Promise<void>;
  /** Has this node's memory read it again, although nothing of it changes here. */
  refresh(subject: AccessSubject, id: string): void;
}

export const readerName = 'reader';

/** On which PostgreSQL tells the other nodes that a change was committed. */
export const changeChannel = 'latchkey_change';

/**
 * The main database: one way to read, one way to change.
 *
 * TypeORM's better-sqlite3 driver has one connection, on which two transactions would run into each other; so every write
 * goes through `change` or `write`, one after the other, and reads use a connection of their own.
 */
@Injectable()
export class Database {
  readonly #isPostgres: boolean;
  readonly #queue: WriteQueue;
  readonly #listeners: ChangeListener[] = [];
  readonly #writeHealth = new WriteHealth(() => this.write(writeNothingNew));

  constructor(
    @InjectDataSource() private readonly writer: DataSource,
    @InjectDataSource(readerName) private readonly reader: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#isPostgres = writer.options.type === 'postgres';
    this.#queue = new WriteQueue(this.#isPostgres ? 'concurrent' : 'one_at_a_time');
  }

  /** Sees what is committed. Never write with it. */
  get read(): EntityManager {
    return this.reader.manager;
  }

  /** Whether SQLite could not take the last write. A PostgreSQL that is away is noticed by the lease. */
  get isFailing(): boolean {
    return this.#writeHealth.isFailing;
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  /** A write that no cache cares for, in a transaction of its own. */
  write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.#queue.run(() => this.#transaction(work));
  }

  /**
   * A change of configuration: all of it or nothing, numbered, and in force on this node when the promise resolves.
   *
   * @throws ChangeFailedError if the database cannot carry it out now
   */
  async change<T>(work: (change: Change) => Promise<T>): Promise<T> {
    const attempt: { worked?: NumberedChange } = {};
    try {
      return await this.#attempt(work, attempt);
    } catch (error) {
      throw isDatabaseAway(error)
        ? new ChangeFailedError(attempt.worked !== undefined, error)
        : error;
    }
  }

  /**
   * A change, or what it would do: with `dryRun` it is made, looked at, and taken back, its number included.
   *
   * @param dryRun may also be told by the result: a change that turns out to be none needs no number
   */
  async preview<T>(
    dryRun: boolean | ((result: T) => boolean),
    work: (change: Change) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.change(async (change) => {
        const result = await work(change);
        if (dryRun === true || (dryRun !== false && dryRun(result))) throw new TakenBack(result);
        return result;
      });
    } catch (error) {
      if (error instanceof TakenBack) return error.result as T;
      throw error;
    }
  }

  async #attempt<T>(
    work: (change: Change) => Promise<T>,
    attempt: { worked?: NumberedChange },
  ): Promise<T> {
    try {
      return await this.#queue.run(() =>
        this.#transaction(async (manager) => {
          const revision = await nextRevision(manager);
          // The time is taken under the lock, so that a later number is never an earlier time.
          const change = new NumberedChange(manager, this.clock.now(), revision);
          const result = await work(change);
          await pruneChanges(manager, revision, change.now);
          await this.#announce(manager);
          attempt.worked = change;
          return result;
        }),
      );
    } finally {
      // Also where only the commit failed: its answer may have been lost on the way.
      const { worked } = attempt;
      if (worked !== undefined) await this.forget(worked.stale, worked.revision);
    }
  }

  /** Has this node's memory let go of what was changed, here or by another node. */
  async forget(stale: Stale, revision: number): Promise<void> {
    for (const listener of this.#listeners) await listener(stale, revision);
  }

  /** A notification is part of its transaction: it leaves with the commit, and only then. */
  async #announce(manager: EntityManager): Promise<void> {
    if (this.#isPostgres) await manager.query(`NOTIFY ${changeChannel}`);
  }

  async #transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    if (this.#isPostgres) return this.writer.transaction(work);
    try {
      const result = await this.writer.transaction(work);
      this.#writeHealth.succeeded();
      return result;
    } catch (error) {
      replaceStuckRunner(this.writer.driver as BetterSqlite3Driver);
      this.#writeHealth.failed(error);
      throw error;
    }
  }
}

/**
 * SQLite ends a transaction by itself when its disk is full. TypeORM's only runner then counts on being in one for ever, and
 * what it commits from there on stays in a savepoint that nobody releases: it is acknowledged and lost.
 */
function replaceStuckRunner(driver: BetterSqlite3Driver): void {
  if (driver.queryRunner?.isTransactionActive === true) driver.queryRunner = undefined;
}

/** Rolls a transaction back and carries out what it found. */
class TakenBack extends Error {
  constructor(readonly result: unknown) {
    super('This change was only a preview.');
  }
}

class NumberedChange implements Change {
  readonly stale: StaleSubject[] = [];
  readonly #onRecord = new Set<string>();

  constructor(
    readonly manager: EntityManager,
    readonly now: number,
    readonly revision: number,
  ) {}

  refresh(subject: AccessSubject, id: string): void {
    this.stale.push({ subject, id });
  }

  async touch(subject: AccessSubject, subjectId: string): Promise<void> {
    const name = `${subject} ${subjectId}`;
    if (this.#onRecord.has(name)) return;
    this.#onRecord.add(name);
    this.stale.push({ subject, id: subjectId });
    await this.manager.insert(AccessChangeEntity, {
      revision: this.revision,
      subject,
      subjectId,
      at: this.now,
    });
  }
}

/** The update locks the row until the transaction ends: changes follow one another, and so do their numbers. */
async function nextRevision(manager: EntityManager): Promise<number> {
  await manager.increment(AccessRevisionEntity, { id: 1 }, 'revision', 1);
  return (await manager.findOneByOrFail(AccessRevisionEntity, { id: 1 })).revision;
}

/** Goes all the way to the disk. */
async function writeNothingNew(manager: EntityManager): Promise<void> {
  await manager.increment(AccessRevisionEntity, { id: 1 }, 'revision', 0);
}
