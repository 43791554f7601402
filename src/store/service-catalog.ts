import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { PathReading } from '../core/request-path.js';
import { RouteTable, type Mounted, type Resolution, type Route } from '../core/route-table.js';
import type { UpstreamCredential } from '../core/ports.js';
import { Database, isStale } from './database.js';
import { RouteEntity } from './entities/route.entity.js';
import { ServiceEntity } from './entities/service.entity.js';
import { groupBy } from './group-by.js';
import { Lease } from './lease.js';
import { SealedCredentials } from './sealed-credentials.js';

/** A service as the gateway uses it. */
export interface PublishedService extends Mounted {
  readonly id: string;
  readonly name: string;
  readonly open: boolean;
  readonly stripMount: boolean;
  readonly timeoutMs: number;
  readonly upstream: URL;
  /** What the upstream is shown in the caller's place. */
  readonly credential: UpstreamCredential | null;
  /** Whether the upstream is told who called; `null` is: unless it is shown a credential of its own. */
  readonly identityHeaders: boolean | null;
}

const retryMs = 500;

/** Every published service with its routes, in memory, as of the last change. */
@Injectable()
export class ServiceCatalog implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger('ServiceCatalog');
  /** `null` while the services as they are now could not be read: then no route is known to be right. */
  #table: RouteTable<PublishedService> | null = null;
  #reloading: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly credentials: SealedCredentials,
    private readonly lease: Lease,
  ) {
    database.onChange(async (stale) => {
      if (isStale(stale, 'service')) await this.#reload();
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
    if (this.#table !== null && this.lease.holds) return this.#table.resolve(method, path);
    return { service: null, match: { kind: 'unavailable' }, rawRest: path.raw };
  }

  /** One read after the other: the answer to an earlier one, arriving late, would bring back what a change took away. */
  #reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#readAnew());
    return this.#reloading;
  }

  async #readAnew(): Promise<void> {
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
      services.map((service) => publish(service, routesOf.get(service.id) ?? [], this.credentials)),
    );
  }
}

function publish(
  service: ServiceEntity,
  routes: readonly Route[],
  credentials: SealedCredentials,
): PublishedService {
  return {
    id: service.id,
    name: service.name,
    mount: service.mount,
    open: service.open,
    stripMount: service.stripMount,
    timeoutMs: service.timeoutMs,
    upstream: new URL(service.upstream),
    credential: service.credential && credentials.open(service.credential, `service:${service.id}`),
    identityHeaders: service.identityHeaders,
    routes: routes.map(({ id, method, path, scopeSets, public: isPublic }) => ({
      id,
      method,
      path,
      scopeSets,
      public: isPublic,
    })),
  };
}
