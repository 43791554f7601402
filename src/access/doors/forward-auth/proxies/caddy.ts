import type { AskingProxy } from '../asking-proxy.js';
import { toldInHeaders } from '../told-in-headers.js';

/** Caddy's `forward_auth`. It passes denials on whole. Its rewriting would not leave the rest of a query as it is. */
export const caddy: AskingProxy = {
  name: 'caddy',
  asksByCall: false,
  takesHapikeyOut: false,
  tell: (arrival) => toldInHeaders(arrival, 'X-Forwarded-Method', 'X-Forwarded-Uri'),
};
