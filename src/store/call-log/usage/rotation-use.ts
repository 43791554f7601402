import type { DenialReason } from '../../../core/decision.js';
import { watchedMsMax } from '../../../core/rotation.js';
import { columnIndex, type Cell } from '../call-columns.js';
import { callerRungs, Places, type Rung } from './places.js';

const pruneEveryMs = 60_000;

/** When counts are to be taken away, one secret's at a time: it is done between two groups of calls. */
export class RotationPruning {
  #lastAt = 0;

  /** @returns the time before which counts are no longer needed, now and then; else `null` */
  due(now: number): number | null {
    if (now - this.#lastAt < pruneEveryMs) return null;
    this.#lastAt = now;
    return now - watchedMsMax;
  }
}

/** Routes kept of one caller. */
export const routesMax = 20;

/** What the rows of one group add to the usage of one of a rotation's secrets. */
export interface RotationUse {
  readonly rotationId: string;
  readonly secretId: string;
  calls: number;
  deniedCalls: number;
  /** Those of them that were denied because of a brownout. */
  brownoutCalls: number;
  lastUsedAt: number;
  readonly callers: ReadonlyMap<string, CallerUse>;
}

export interface CallerUse {
  /** Empty where it is not known. */
  readonly ip: string;
  readonly userAgent: string;
  calls: number;
  deniedCalls: number;
  brownoutCalls: number;
  firstSeenAt: number;
  lastSeenAt: number;
  readonly routes: Set<string>;
}

const rotationId = columnIndex('rotationId');
const secretId = columnIndex('secretId');
const at = columnIndex('at');
const decision = columnIndex('decision');
const reason = columnIndex('reason');
const callerIp = columnIndex('callerIp');
const userAgent = columnIndex('userAgent');
const route = columnIndex('route');

/** Collects the use of rotations from the rows of one group. */
export class RotationUses {
  readonly #uses = new Map<string, RotationUse & { readonly callers: Map<string, CallerUse> }>();

  /** @param row the first cell of the row */
  add(cells: readonly Cell[], row: number): void {
    const use = this.#useOf(cells[row + rotationId] as string, cells[row + secretId] as string);
    const one: CallerUse = {
      ip: (cells[row + callerIp] as string | null) ?? '',
      userAgent: (cells[row + userAgent] as string | null) ?? '',
      calls: 1,
      deniedCalls: cells[row + decision] === 'denied' ? 1 : 0,
      brownoutCalls: cells[row + reason] === ('SECRET_BROWNOUT' satisfies DenialReason) ? 1 : 0,
      firstSeenAt: cells[row + at] as number,
      lastSeenAt: cells[row + at] as number,
      routes: new Set(cells[row + route] === null ? [] : [cells[row + route] as string]),
    };
    use.calls += 1;
    use.deniedCalls += one.deniedCalls;
    use.brownoutCalls += one.brownoutCalls;
    use.lastUsedAt = Math.max(use.lastUsedAt, one.lastSeenAt);
    addCaller(use.callers, one);
  }

  /** In one order for every node, so that two that lock the same rows never wait for each other. */
  sorted(): readonly RotationUse[] {
    return [...this.#uses.entries()].sort(byKey).map(([, use]) => use);
  }

  #useOf(rotation: string, secret: string) {
    const key = `${rotation} ${secret}`;
    let use = this.#uses.get(key);
    if (use === undefined) {
      use = {
        ...{ rotationId: rotation, secretId: secret },
        ...{ calls: 0, deniedCalls: 0, brownoutCalls: 0, lastUsedAt: 0, callers: new Map() },
      };
      this.#uses.set(key, use);
    }
    return use;
  }
}

/** The callers of a rotation's secret as they are to be written, and how many places they then take in all. */
export interface PlacedCallers {
  readonly callers: readonly CallerUse[];
  readonly places: number;
}

/**
 * Gives every caller of a group a place: its own, its block's, or the one for everybody else.
 *
 * @param places taken so far
 * @param routesAt the routes of who has this place already, or `null`: it is free
 */
export function placeCallers(
  use: RotationUse,
  places: number,
  routesAt: (ip: string, userAgent: string) => readonly string[] | null,
): PlacedCallers {
  const placed = new Map<string, CallerUse>();
  const known = new Map<string, readonly string[]>();
  const seats = new Places<CallerRung>(places, ({ name, ip, userAgent }) => {
    const routes = routesAt(ip, userAgent);
    if (routes !== null) known.set(name, routes);
    return routes !== null;
  });
  for (const caller of use.callers.values()) {
    const { name, ip, userAgent } = seats.take(placesOf(caller));
    addCaller(placed, withRoutes({ ...caller, ip, userAgent }, known.get(name) ?? []));
  }
  return { callers: [...placed.values()], places: seats.count };
}

interface CallerRung extends Rung {
  readonly ip: string;
  readonly userAgent: string;
}

/** Where a caller can be counted: with its user agent, then by its address alone. */
export function placesOf(caller: Pick<CallerUse, 'ip' | 'userAgent'>): readonly CallerRung[] {
  return callerRungs(caller.ip).map(({ name: ip, limit }, i) => {
    const userAgent = i === 0 ? caller.userAgent : '';
    return { name: nameOf({ ip, userAgent }), ip, userAgent, limit };
  });
}

function withRoutes(use: CallerUse, known: readonly string[]): CallerUse {
  return { ...use, routes: new Set([...new Set([...known, ...use.routes])].slice(0, routesMax)) };
}

function nameOf({ ip, userAgent }: Pick<CallerUse, 'ip' | 'userAgent'>): string {
  return `${ip} ${userAgent}`;
}

function addCaller(callers: Map<string, CallerUse>, use: CallerUse): void {
  const known = callers.get(nameOf(use));
  if (known === undefined) {
    callers.set(nameOf(use), use);
    return;
  }
  known.calls += use.calls;
  known.deniedCalls += use.deniedCalls;
  known.brownoutCalls += use.brownoutCalls;
  known.firstSeenAt = Math.min(known.firstSeenAt, use.firstSeenAt);
  known.lastSeenAt = Math.max(known.lastSeenAt, use.lastSeenAt);
  for (const name of use.routes) if (known.routes.size < routesMax) known.routes.add(name);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
