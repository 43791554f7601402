import { Injectable } from '@nestjs/common';
import { Like } from 'typeorm';
import { Database } from './database.js';
import { InstallationEntity } from './entities/installation.entity.js';
import { given } from './given.js';

const prefix = 'calls_removed_before.';

/** Whose calls: those of one account, of none (no key was found for them), or of everybody. */
export type CallOwner = { readonly accountId: string } | 'nobody' | 'everybody';

/** From when on the call log is whole: what retention has ever taken, whatever it is set to by now. Epoch milliseconds. */
@Injectable()
export class CallsKeptStore {
  constructor(private readonly database: Database) {}

  /** Written before anything goes, so that it is never behind. */
  async noteRemoval(whose: CallOwner, before: number): Promise<void> {
    given({ before });
    const name = nameOf(whose);
    await this.database.write(async (manager) => {
      const known = await manager.findOneBy(InstallationEntity, { name });
      if (known !== null && Number(known.value) >= before) return;
      await manager.upsert(InstallationEntity, { name, value: String(before) }, ['name']);
    });
  }

  /** 0 if nothing of an account was ever taken. */
  wholeSinceOf(accountId: string): Promise<number> {
    return this.#latest([nameOf('everybody'), nameOf({ accountId })]);
  }

  /** The same of all calls there are. */
  async wholeSince(): Promise<number> {
    const facts = await this.database.read.findBy(InstallationEntity, { name: Like(`${prefix}%`) });
    return Math.max(0, ...facts.map(({ value }) => Number(value)));
  }

  async #latest(names: readonly string[]): Promise<number> {
    const facts = await Promise.all(
      names.map((name) => this.database.read.findOneBy(InstallationEntity, { name })),
    );
    return Math.max(0, ...facts.map((fact) => Number(fact?.value ?? 0)));
  }
}

function nameOf(whose: CallOwner): string {
  return prefix + (typeof whose === 'string' ? whose : given(whose).accountId);
}
