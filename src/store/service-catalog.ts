import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RouteTable, type Mounted, type Route } from '../core/route-table.js';
import { Database } from './database.js';
import { RouteEntity } from './entities/route.entity.js';
import { ServiceEntity } from './entities/service.entity.js';
import { groupBy } from './group-by.js';

/** A service as the gateway uses it. */
export interface PublishedService extends Mounted {
  readonly id: string;
  readonly name: string;
  readonly open: boolean;
  readonly stripMount: boolean;
  readonly timeoutMs: number;
  readonly upstream: URL;
}

/** Every published service with its routes, in memory, as of the last change. */
@Injectable()
export class ServiceCatalog implements OnModuleInit {
  #table = new RouteTable<PublishedService>([]);

  constructor(private readonly database: Database) {
    database.onChange(async (stale) => {
      if (stale.some(({ subject }) => subject === 'service')) await this.#load();
    });
  }

  async onModuleInit(): Promise<void> {
    await this.#load();
  }

  /** The table of this moment; it is replaced as a whole. */
  get table(): RouteTable<PublishedService> {
    return this.#table;
  }

  async #load(): Promise<void> {
    const services = await this.database.read.find(ServiceEntity);
    const routes = await this.database.read.find(RouteEntity, { order: { serviceId: 'ASC', ordinal: 'ASC' } });
    const routesOf = groupBy(routes, (route) => route.serviceId);
    this.#table = new RouteTable(services.map((service) => publish(service, routesOf.get(service.id) ?? [])));
  }
}

function publish(service: ServiceEntity, routes: readonly Route[]): PublishedService {
  return {
    id: service.id,
    name: service.name,
    mount: service.mount,
    open: service.open,
    stripMount: service.stripMount,
    timeoutMs: service.timeoutMs,
    upstream: new URL(service.upstream),
    routes: routes.map(({ id, method, path, scopeSets, public: isPublic }) => ({
      id,
      method,
      path,
      scopeSets,
      public: isPublic,
    })),
  };
}
