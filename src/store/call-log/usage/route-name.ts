import { everywhereElse } from '../../../core/address-block.js';
import { withoutNul } from '../postgres-text.js';

/** A route of a service, or of our own where it has none. */
export interface UsedRoute {
  readonly serviceId: string | null;
  /** `null` only with the route `*`. */
  readonly method: string | null;
  readonly route: string;
}

/** Bytes of a name, at most: it is part of an index, and PostgreSQL's hold less than 2,704 of a row. */
const nameBytesMax = 2_048;
/** Of UTF-8 for each unit of UTF-16. */
const bytesPerUnitMax = 3;

/** A route as one text, by which it is told apart. */
export function routeName(serviceId: string, method: string, route: string): string {
  const name = withoutNul(`${serviceId} ${method} ${route}`);
  const isShort = name.length * bytesPerUnitMax <= nameBytesMax;
  return isShort || Buffer.byteLength(name) <= nameBytesMax ? name : everywhereElse;
}

export function routeOfName(name: string): UsedRoute {
  if (name === everywhereElse) return { serviceId: null, method: null, route: name };
  const [serviceId = '', method = ''] = name.split(' ', 2);
  return {
    serviceId: serviceId || null,
    method,
    route: name.slice(serviceId.length + method.length + 2),
  };
}
