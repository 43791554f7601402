import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { PathReading } from '../core/request-path.js';
import { RouteTable, type Mounted, type Resolution, type Route } from '../core/route-table.js';
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

const retryMs = 500;

/** Every published service with its routes, in memory, as of the last change. */
@Injectable()
export class ServiceCatalog implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger('ServiceCatalog');
  /** `null` while the services as they are now could not be read: then no route is known to be right. */
  #table: RouteTable<PublishedService> | null = null;
  #retry: NodeJS.Timeout | undefined;

  constructor(private readonly database: Database) {
    database.onChange(async (stale) => {
      if (stale.some(({ subject }) => subject === 'service')) await this.#reload();
    });
  }

  async onModuleInit(): Promise<void> {
    this.#table = await this.#read();
  }

  onModuleDestroy(): void {
    clearTimeout(this.#retry);
  }

  /** Where a request leads. Where that cannot be told for the moment, the match is `unavailable`. */
  resolve(method: string, path: PathReading): Resolution<PublishedService> {
    return (
      this.#table?.resolve(method, path) ?? {
        service: null,
        match: { kind: 'unavailable' },
        rawRest: path.raw,
      }
    );
  }

  async #reload(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      this.#table = await this.#read();
    } catch (error) {
      this.#table = null;
      this.#logger.error({
        msg: 'The services cannot be read',
        code: (error as { code?: string }).code,
      });
      this.#retry = setTimeout(() => void this.#reload(), retryMs).unref();
    }
  }

  async #read(): Promise<RouteTable<PublishedService>> {
    const services = await this.database.read.find(ServiceEntity);
    const routes = await this.database.read.find(RouteEntity, {
      order: { serviceId: 'ASC', ordinal: 'ASC' },
    });
    const routesOf = groupBy(routes, (route) => route.serviceId);
    return new RouteTable(
      services.map((service) => publish(service, routesOf.get(service.id) ?? [])),
    );
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
