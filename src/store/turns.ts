import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type QueryRunner } from 'typeorm';

/** That this process, and no other on the same database, is at something. */
export interface Turn {
  /** Whether it still is: a connection that is lost has lost it. */
  readonly isHeld: boolean;
  /** Lets others have it. */
  end(): Promise<void>;
}

/** A connection that carries nothing for 15 seconds is ended. */
const keepAliveMs = 5_000;

/** Lets one node of several do what need be done once. A node that dies loses its turn with its connection. */
@Injectable()
export class Turns {
  constructor(@InjectDataSource() private readonly writer: DataSource) {}

  /** @param lock any number that nothing else locks. @returns `null` if another node is at it */
  async take(lock: string): Promise<Turn | null> {
    // A SQLite database has one process, which holds it for as long as it lives.
    if (this.writer.options.type !== 'postgres') return { isHeld: true, end: async () => {} };
    const runner = this.writer.createQueryRunner();
    try {
      // Bound to a transaction and not to a session, which a pooler would hand to somebody else.
      await runner.startTransaction();
      const asked = await runner.query('SELECT pg_try_advisory_xact_lock($1) AS mine', [lock]);
      if ((asked as [{ mine: boolean }])[0].mine) return new HeldTurn(runner);
    } catch (error) {
      await letGo(runner);
      throw error;
    }
    await letGo(runner);
    return null;
  }
}

class HeldTurn implements Turn {
  isHeld = true;
  readonly #timer = setInterval(() => this.#keepAlive(), keepAliveMs);

  constructor(private readonly runner: QueryRunner) {}

  async end(): Promise<void> {
    clearInterval(this.#timer);
    await letGo(this.runner);
  }

  #keepAlive(): void {
    this.runner.query('SELECT 1').catch(() => {
      this.isHeld = false;
    });
  }
}

async function letGo(runner: QueryRunner): Promise<void> {
  try {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
  } catch {
    // The connection is gone, and the turn with it.
  } finally {
    await runner.release();
  }
}
