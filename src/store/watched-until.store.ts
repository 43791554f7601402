import { Injectable } from '@nestjs/common';
import { Database } from './database.js';
import { InstallationEntity } from './entities/installation.entity.js';

/** How far something was looked through that is told in the order in which it happened. */
@Injectable()
export class WatchedUntilStore {
  constructor(private readonly database: Database) {}

  /** Epoch milliseconds. @param otherwise from where to begin, which is written down the first time */
  async readOr(what: string, otherwise: number): Promise<number> {
    const name = nameOf(what);
    const fact = await this.database.read.findOneBy(InstallationEntity, { name });
    if (fact !== null) return Number(fact.value);
    await this.write(what, otherwise);
    return otherwise;
  }

  write(what: string, until: number): Promise<unknown> {
    const fact = { name: nameOf(what), value: String(until) };
    return this.database.write((manager) => manager.upsert(InstallationEntity, fact, ['name']));
  }
}

function nameOf(what: string): string {
  return `watched_until.${what}`;
}
