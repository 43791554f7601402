import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { ApiError } from '../../platform/errors/api-error.js';
import { Database } from '../../store/database.js';
import { ScopesStore } from '../../store/scopes.store.js';
import { ServicesStore } from '../../store/services.store.js';
import { parseDocument } from './openapi-import/parse-document.js';
import { routesOfDocument, type DocumentRoutes } from './openapi-import/routes-of-document.js';
import { isNoChange, notesOnOpened, routeChange, type RouteChange } from './route-change.js';
import type { ImportQuery, ImportResponse } from './services.dto.js';
import { ServicesService } from './services.service.js';

@Injectable()
export class OpenapiImportService {
  constructor(
    private readonly database: Database,
    private readonly service: ServicesService,
    private readonly services: ServicesStore,
    private readonly scopes: ScopesStore,
  ) {}

  /** Makes a document's operations a service's routes: all of it or nothing, and nothing at all where nothing is new. */
  async import(
    caller: Caller,
    name: string,
    text: string,
    query: ImportQuery,
    ifMatch?: string,
  ): Promise<ImportResponse> {
    const service = await this.service.find(caller, name);
    const wanted = readDocument(text, query);
    const dryRun = query.dryRun === 'true';
    const isToBeTakenBack = (found: Found) => dryRun || isNothing(found);
    let opened: ImportResponse['notes'] = [];
    const report = await this.database.preview<Found>(isToBeTakenBack, async (change) => {
      await this.service.requireRoutesMatch(change, service, ifMatch);
      const before = await this.services.routesOf(service.id);
      const newScopes = await this.scopes.addMissing(change, wanted.scopes);
      opened = notesOnOpened(before, wanted.routes);
      const found = { newScopes, ...routeChange(before, wanted.routes) };
      if (!isNothing(found)) {
        await this.service.replaceRoutes(change, caller, service, wanted.routes, {
          action: 'service.openapi_imported',
          newScopes,
        });
      }
      return found;
    });
    return {
      dryRun,
      routes: wanted.routes.map((route) => ({
        ...route,
        scopeSets: route.scopeSets.map((set) => [...set]),
      })),
      scopes: wanted.scopes.map((scope) => scope.name),
      ...report,
      skipped: wanted.skipped,
      notes: [...wanted.notes, ...opened],
    };
  }
}

/** What an import finds to do. */
type Found = RouteChange & { readonly newScopes: string[] };

function isNothing(found: Found): boolean {
  return isNoChange(found) && found.newScopes.length === 0;
}

function readDocument(
  text: string,
  { scopePrefix = '', unsecured = 'any_key' }: ImportQuery,
): DocumentRoutes {
  const reading = parseDocument(text);
  if (!reading.ok) throw unusable(reading.why);
  const wanted = routesOfDocument(reading.document, { scopePrefix, unsecured });
  if (!wanted.ok) throw unusable(wanted.why);
  return wanted;
}

function unusable(why: string): ApiError {
  const message = `This document cannot be imported: ${why}.`;
  return new ApiError('VALIDATION_FAILED', message, [
    { message, code: 'OPENAPI_DOCUMENT', in: 'body' },
  ]);
}
