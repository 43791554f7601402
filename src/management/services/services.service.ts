import { Injectable } from '@nestjs/common';
import { viewerOf, type Caller } from '../../access/guard/caller.js';
import { parseRouteTemplate } from '../../core/route-template.js';
import { routeShape } from '../../core/route-table.js';
import { ApiError, conflict, notFound, unknownScopes } from '../../platform/errors/api-error.js';
import type { ErrorDetail } from '../../platform/errors/envelope.js';
import {
  creationCursor,
  creationPlace,
  pageOf,
  type Page,
  type PageQuery,
} from '../../platform/http/pages.js';
import { requireMatch, withRevision } from '../../platform/http/revision.js';
import { iso } from '../../platform/http/times.js';
import { checkCredentialMoves } from '../../platform/http/upstream.dto.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { beforeAnyChange } from '../../store/database-failure.js';
import { Database, type Change } from '../../store/database.js';
import { ServiceEntity } from '../../store/entities/service.entity.js';
import { ScopesStore } from '../../store/scopes.store.js';
import { ServicesStore, type NewRoute } from '../../store/services.store.js';
import { checkServiceName, serviceSettingsOf } from './service-settings.js';
import type {
  PutRoutesRequest,
  PutServiceRequest,
  RouteResponse,
  RoutesResponse,
  ServiceResponse,
} from './services.dto.js';

@Injectable()
export class ServicesService {
  constructor(
    private readonly database: Database,
    private readonly services: ServicesStore,
    private readonly scopes: ScopesStore,
    private readonly audit: AuditTrailStore,
  ) {}

  async list(caller: Caller, { limit, after }: PageQuery): Promise<Page<ServiceResponse>> {
    const rows = await this.services.list(limit + 1, creationPlace(after), viewerOf(caller));
    return pageOf(rows, limit, (row) => serviceResponse(row, caller), creationCursor);
  }

  async read(caller: Caller, name: string): Promise<ServiceResponse> {
    return serviceResponse(await this.find(caller, name), caller);
  }

  async find(caller: Caller, name: string): Promise<ServiceEntity> {
    const service = await beforeAnyChange(this.services.findByName(name, viewerOf(caller)));
    if (service === null) throw notFound('service');
    return service;
  }

  /** @returns the service, and whether it is new */
  put(
    caller: Caller,
    name: string,
    request: PutServiceRequest,
  ): Promise<{ service: ServiceResponse; isNew: boolean }> {
    checkServiceName(name);
    const settings = serviceSettingsOf(request);
    return this.database.change(async (change) => {
      const other = await this.services.findOtherByMount(change, settings.mount, name);
      if (other !== null)
        throw conflict(
          `The service ${other.name} is mounted at ${settings.mount} already.`,
          'MOUNT_TAKEN',
        );
      const before = await change.manager.findOneBy(ServiceEntity, { name });
      checkCredentialMoves(
        before && { ...before, hasCredential: before.credential !== null },
        settings.upstream,
        settings.credential,
      );
      const after = await this.services.put(change, name, settings);
      await this.record(
        change,
        caller,
        before === null ? 'service.created' : 'service.changed',
        after,
        {
          ...(before !== null && { before: serviceResponse(before, caller) }),
          after: serviceResponse(after, caller),
        },
      );
      return { service: serviceResponse(after, caller), isNew: before === null };
    });
  }

  async routesOf(caller: Caller, name: string): Promise<RoutesResponse> {
    const service = await this.find(caller, name);
    const routes = (await this.services.routesOf(service.id)).map(routeResponse);
    return withRevision({ routes }, service.revision);
  }

  /** Replaces all routes of a service by those of a request. */
  async putRoutes(
    caller: Caller,
    name: string,
    { routes }: PutRoutesRequest,
    ifMatch: string | undefined,
  ): Promise<RoutesResponse> {
    const wanted = routes.map(({ method, path, scopeSets, public: isPublic }) => ({
      method,
      path,
      scopeSets,
      public: isPublic ?? false,
    }));
    checkRoutes(wanted);
    const service = await this.find(caller, name);
    await this.database.change(async (change) => {
      await this.requireRoutesMatch(change, service, ifMatch);
      const unknown = await this.scopes.unknownOf(change, [
        ...new Set(wanted.flatMap((route) => route.scopeSets.flat())),
      ]);
      if (unknown.length > 0) throw unknownScopes('routes', unknown);
      await this.replaceRoutes(change, caller, service, wanted, {
        action: 'service.routes_replaced',
      });
    });
    return this.routesOf(caller, name);
  }

  /** The routes carry the revision of their service. @throws ApiError 412 */
  async requireRoutesMatch(
    { manager }: Change,
    { id }: ServiceEntity,
    ifMatch: string | undefined,
  ): Promise<void> {
    const { revision } = await manager.findOneByOrFail(ServiceEntity, { id });
    requireMatch(ifMatch, revision);
  }

  async replaceRoutes(
    change: Change,
    caller: Caller,
    service: ServiceEntity,
    routes: readonly NewRoute[],
    { action, newScopes = [] }: { readonly action: string; readonly newScopes?: readonly string[] },
  ): Promise<void> {
    const before = (await this.services.routesOf(service.id)).map(withoutId);
    const after = routes.map(withoutId);
    await this.services.replaceRoutes(change, service.id, routes);
    // A service can have thousands of routes; the trail keeps those that differ.
    await this.record(change, caller, action, service, {
      before: { routes: notAmong(before, after) },
      after: { routes: notAmong(after, before), ...(newScopes.length > 0 && { newScopes }) },
    });
  }

  private record(
    change: Change,
    { accountId, actor, callerIp }: Caller,
    action: string,
    service: ServiceEntity,
    objects: { readonly before?: object; readonly after?: object },
  ): Promise<void> {
    const target = { type: 'service', id: service.id };
    return this.audit.append(change, { accountId, action, actor, callerIp, target, ...objects });
  }
}

/** @throws ApiError with one entry per route that cannot be taken */
function checkRoutes(routes: readonly NewRoute[]): void {
  const faults: ErrorDetail[] = [];
  const shapes = new Map<string, number>();
  for (const [i, { method, path }] of routes.entries()) {
    const reading = parseRouteTemplate(path);
    const shape = reading.ok ? routeShape(method, path) : '';
    const twin = shapes.get(shape);
    if (!reading.ok) faults.push(fault(i, 'path', `this path cannot be used: ${reading.why}`));
    else if (twin !== undefined)
      faults.push(fault(i, 'path', `this is the same route as routes.${twin}`));
    else shapes.set(shape, i);
  }
  if (faults.length === 0) return;
  throw new ApiError(
    'VALIDATION_FAILED',
    `The request is not valid: ${faults[0]?.message}`,
    faults.slice(0, 50),
  );
}

function fault(index: number, property: string, why: string): ErrorDetail {
  const field = `routes.${index}.${property}`;
  return { message: `${field}: ${why}.`, code: 'ROUTE', in: 'body', context: { field } };
}

function notAmong(routes: readonly object[], others: readonly object[]): object[] {
  const known = new Set(others.map((route) => JSON.stringify(route)));
  return routes.filter((route) => !known.has(JSON.stringify(route)));
}

function withoutId({ method, path, scopeSets, public: isPublic }: NewRoute): object {
  return { method, path, scopeSets, public: isPublic };
}

export function routeResponse({
  id,
  method,
  path,
  scopeSets,
  public: isPublic,
}: RouteResponse): RouteResponse {
  return { id, method, path, scopeSets, public: isPublic };
}

function serviceResponse(service: ServiceEntity, caller: Caller): ServiceResponse {
  const { id, name, upstream, mount, open, stripMount, timeoutMs, identityHeaders } = service;
  const credential = service.credential && {
    in: service.credential.in,
    name: service.credential.name,
  };
  return {
    id,
    name,
    // Where an API really lives is the operator's to know.
    ...(caller.seesEveryAccount && { upstream, credential }),
    mount,
    open,
    stripMount,
    timeoutMs,
    identityHeaders,
    createdAt: iso(service.createdAt),
  };
}
