import { Injectable } from '@nestjs/common';
import { Brackets, type SelectQueryBuilder } from 'typeorm';
import { newId } from '../core/ids.js';
import type { UpstreamCredential } from '../core/ports.js';
import type { Route } from '../core/route-table.js';
import { Database, type Change } from './database.js';
import { BindingEntity } from './entities/binding.entity.js';
import { RouteEntity } from './entities/route.entity.js';
import { ServiceEntity } from './entities/service.entity.js';
import { given } from './given.js';
import { SealedCredentials } from './sealed-credentials.js';
import { pageAfter, type Place } from './pages.js';

/** Left out, the credential that is there stays. */
export type ServiceSettings = Pick<
  ServiceEntity,
  'upstream' | 'mount' | 'open' | 'stripMount' | 'timeoutMs'
> & {
  readonly credential?: UpstreamCredential | null;
  readonly identityHeaders?: boolean | null;
};

/** Who looks: an account is shown the services that are open to all and those that it is bound to. */
export type Viewer = 'operator' | { readonly accountId: string };

export type NewRoute = Omit<Route, 'id'>;

/** SQLite takes at most 32,766 parameters in one statement. */
const routesPerInsertMax = 1000;

@Injectable()
export class ServicesStore {
  constructor(
    private readonly database: Database,
    private readonly credentials: SealedCredentials,
  ) {}

  findByName(name: string, viewer: Viewer): Promise<ServiceEntity | null> {
    return this.#visibleTo(viewer).andWhere('row.name = :name', given({ name })).getOne();
  }

  /** Oldest first. */
  list(limit: number, after: Place | null, viewer: Viewer): Promise<ServiceEntity[]> {
    return pageAfter(this.#visibleTo(viewer), limit, after).getMany();
  }

  #visibleTo(viewer: Viewer): SelectQueryBuilder<ServiceEntity> {
    const services = this.database.read.createQueryBuilder(ServiceEntity, 'row');
    if (viewer === 'operator') return services;
    const bound = services
      .subQuery()
      .select('binding.serviceId')
      .from(BindingEntity, 'binding')
      .where('binding.accountId = :accountId');
    return services
      .where(new Brackets((or) => or.where('row.open').orWhere(`row.id IN ${bound.getQuery()}`)))
      .setParameters(given({ accountId: viewer.accountId }));
  }

  /** In the order they were declared. */
  routesOf(serviceId: string): Promise<RouteEntity[]> {
    return this.database.read.find(RouteEntity, {
      where: { serviceId },
      order: { ordinal: 'ASC' },
    });
  }

  /** The service whose mount this is, if it is another one's. */
  findOtherByMount(change: Change, mount: string, name: string): Promise<ServiceEntity | null> {
    return change.manager
      .createQueryBuilder(ServiceEntity, 'service')
      .where('service.mount = :mount AND service.name <> :name', given({ mount, name }))
      .getOne();
  }

  /** Makes the service, or gives the one of that name these settings. */
  async put(
    change: Change,
    name: string,
    { credential, identityHeaders = null, ...settings }: ServiceSettings,
  ): Promise<ServiceEntity> {
    const existing = await change.manager.findOneBy(ServiceEntity, { name });
    const id = existing?.id ?? newId('svc');
    const sealed = credential && this.credentials.seal(credential, `service:${id}`);
    const row = {
      ...settings,
      identityHeaders,
      credential: sealed === undefined ? (existing?.credential ?? null) : sealed,
      revision: change.revision,
    };
    await change.touch('service', id);
    if (existing === null) {
      await change.manager.insert(ServiceEntity, { ...row, id, name, createdAt: change.now });
    } else {
      await change.manager.update(ServiceEntity, { id }, row);
    }
    return change.manager.findOneByOrFail(ServiceEntity, { id });
  }

  /** Replaces all routes of a service. A route that stays keeps its id, so that the log's history stays joined. */
  async replaceRoutes(
    change: Change,
    serviceId: string,
    routes: readonly NewRoute[],
  ): Promise<void> {
    const before = await change.manager.findBy(RouteEntity, { serviceId });
    const idOf = new Map(before.map((route) => [`${route.method} ${route.path}`, route.id]));
    await change.touch('service', serviceId);
    await change.manager.update(ServiceEntity, { id: serviceId }, { revision: change.revision });
    await change.manager.delete(RouteEntity, { serviceId });
    const rows = routes.map((route, ordinal) => ({
      id: idOf.get(`${route.method} ${route.path}`) ?? newId('rte'),
      serviceId,
      ordinal,
      method: route.method,
      path: route.path,
      scopeSets: route.scopeSets.map((set) => [...set]),
      public: route.public,
    }));
    for (let i = 0; i < rows.length; i += routesPerInsertMax) {
      await change.manager.insert(RouteEntity, rows.slice(i, i + routesPerInsertMax));
    }
  }
}
