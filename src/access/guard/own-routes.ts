import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { PathReading } from '../../core/request-path.js';
import {
  RouteTable,
  routeMethods,
  type Mounted,
  type Route,
  type RouteMatch,
} from '../../core/route-table.js';

/**
 * The routes of the management listener, for those requests that its framework found none for: a path that takes other
 * methods is told from one that is not there.
 */
@Injectable()
export class OwnRoutes {
  readonly #routes: Route[] = [];
  #table: RouteTable<Mounted> | null = null;

  /** To be called before the first route is made. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const name of [method].flat()) this.#add(name, url);
    });
  }

  /** Never `found`: the framework knows better. */
  match(
    method: string,
    path: PathReading,
  ): Extract<RouteMatch, { kind: 'unknown' | 'method_not_allowed' }> {
    this.#table ??= new RouteTable([{ mount: '/', routes: this.#routes }]);
    const { match } = this.#table.resolve(method, path);
    return match.kind === 'method_not_allowed' ? match : { kind: 'unknown' };
  }

  /** HEAD is decided as GET, so it is no method of its own. */
  #add(name: string, url: string): void {
    const method = routeMethods.find((known) => known === name);
    // What is below a page of the console is told apart in the browser.
    if (method === undefined || url.endsWith('*')) return;
    const path = url.replace(/:(\w+)/g, '{$1}');
    this.#routes.push({ id: `${method} ${url}`, method, path, scopeSets: [], public: false });
  }
}
