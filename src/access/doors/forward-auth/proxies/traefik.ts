import type { AskingProxy } from '../asking-proxy.js';
import { toldInHeaders } from '../told-in-headers.js';

/** Traefik's `ForwardAuth`. It passes denials on whole. It cannot change a query. */
export const traefik: AskingProxy = {
  name: 'traefik',
  asksByCall: false,
  takesHapikeyOut: false,
  needsEveryHeader: false,
  tell: (arrival) => toldInHeaders(arrival, 'X-Forwarded-Method', 'X-Forwarded-Uri'),
};
