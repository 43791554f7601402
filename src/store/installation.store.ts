import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from './database.js';
import { InstallationEntity } from './entities/installation.entity.js';

/** The installation's own few facts, by name. */
@Injectable()
export class InstallationStore {
  constructor(private readonly database: Database) {}

  async get(name: string): Promise<string | null> {
    return (await this.database.read.findOneBy(InstallationEntity, { name }))?.value ?? null;
  }

  set(name: string, value: string): Promise<void> {
    return this.database.write((manager) => setFact(manager, name, value));
  }
}

export async function setFact(manager: EntityManager, name: string, value: string): Promise<void> {
  await manager.upsert(InstallationEntity, { name, value }, ['name']);
}
