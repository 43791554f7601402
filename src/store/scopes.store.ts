import { Injectable } from '@nestjs/common';
import { In, MoreThan } from 'typeorm';
import { managementScopes } from '../core/management-scopes.js';
import { Database, type Change } from './database.js';
import { GrantEntity } from './entities/grant.entity.js';
import { RouteEntity } from './entities/route.entity.js';
import { ScopeEntity } from './entities/scope.entity.js';

/** SQLite and PostgreSQL both take this many values in one statement. */
const namesPerQueryMax = 1000;

@Injectable()
export class ScopesStore {
  constructor(private readonly database: Database) {}

  find(name: string): Promise<ScopeEntity | null> {
    return this.database.read.findOneBy(ScopeEntity, { name });
  }

  /** By name. */
  list(limit: number, afterName: string | null): Promise<ScopeEntity[]> {
    return this.database.read.find(ScopeEntity, {
      where: afterName === null ? {} : { name: MoreThan(afterName) },
      order: { name: 'ASC' },
      take: limit,
    });
  }

  /** Of the whole catalogue. */
  async names({ manager }: Change): Promise<string[]> {
    return (await manager.find(ScopeEntity, { select: { name: true } })).map(({ name }) => name);
  }

  /** Those of `names` that are not in the catalogue. */
  async unknownOf(change: Change, names: readonly string[]): Promise<string[]> {
    const known = new Set<string>();
    for (let i = 0; i < names.length; i += namesPerQueryMax) {
      const rows = await change.manager.findBy(ScopeEntity, {
        name: In(names.slice(i, i + namesPerQueryMax)),
      });
      for (const row of rows) known.add(row.name);
    }
    return names.filter((name) => !known.has(name));
  }

  async put(change: Change, scope: ScopeEntity): Promise<void> {
    await change.manager.upsert(ScopeEntity, scope, ['name']);
  }

  /** Adds those that are new, and leaves what somebody wrote about the others alone. @returns the names of the new ones */
  async addMissing(
    change: Change,
    scopes: readonly { name: string; description: string }[],
  ): Promise<string[]> {
    const names = scopes.map((scope) => scope.name);
    const unknown = new Set(await this.unknownOf(change, names));
    const added = scopes.filter((scope) => unknown.delete(scope.name));
    const rows = added.map(({ name, description }) => ({
      name,
      description,
      sensitive: false,
      dataCategories: [],
    }));
    for (let i = 0; i < rows.length; i += namesPerQueryMax) {
      await change.manager.insert(ScopeEntity, rows.slice(i, i + namesPerQueryMax));
    }
    return rows.map((row) => row.name);
  }

  async remove(change: Change, name: string): Promise<void> {
    await change.manager.delete(ScopeEntity, { name });
  }

  /** What still needs a scope: how many grants, and how many routes. */
  async usesOf(change: Change, name: string): Promise<{ grants: number; routes: number }> {
    const grants = await change.manager.countBy(GrantEntity, { scope: name });
    const routes = await change.manager.find(RouteEntity, {
      select: { id: true, scopeSets: true },
    });
    return {
      grants,
      routes: routes.filter((route) => route.scopeSets.some((set) => set.includes(name))).length,
    };
  }

  async managementScopesAreCurrent(): Promise<boolean> {
    const names = managementScopes.map((scope) => scope.name);
    const known = await this.database.read.findBy(ScopeEntity, { name: In(names) });
    const described = new Map(known.map((scope) => [scope.name, scope.description]));
    return managementScopes.every((scope) => described.get(scope.name) === scope.description);
  }

  /** Brings the management part of the catalogue up to what this version knows. */
  async seedManagementScopes(change: Change): Promise<void> {
    for (const { name, description } of managementScopes) {
      await this.put(change, {
        name,
        description,
        sensitive: name.endsWith('.write'),
        dataCategories: [],
      });
    }
  }
}
