import type { AskingProxy } from '../asking-proxy.js';
import { toldInHeaders } from '../told-in-headers.js';

/**
 * Caddy's `forward_auth`. It passes denials on whole. Its rewriting would not leave the rest of a query as it is. Where a header
 * that it is to copy is not there, Caddy 2.6 writes the name of its own variable into the call.
 */
export const caddy: AskingProxy = {
  name: 'caddy',
  asksByCall: false,
  takesHapikeyOut: false,
  needsEveryHeader: true,
  tell: (arrival) => toldInHeaders(arrival, 'X-Forwarded-Method', 'X-Forwarded-Uri'),
};
