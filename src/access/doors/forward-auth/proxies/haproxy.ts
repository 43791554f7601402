import type { AskingProxy } from '../asking-proxy.js';
import { toldInHeaders } from '../told-in-headers.js';

/** HAProxy with `deploy/haproxy/latchkey.lua`, which asks, passes denials on whole, and sends on the URI that it is given. */
export const haproxy: AskingProxy = {
  name: 'haproxy',
  asksByCall: false,
  takesHapikeyOut: true,
  needsEveryHeader: false,
  tell: (arrival) => toldInHeaders(arrival, 'X-Forwarded-Method', 'X-Forwarded-Uri'),
};
