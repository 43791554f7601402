import type { AskingProxy } from './asking-proxy.js';
import { forwardAuthPath } from './forward-auth-path.js';
import { caddy } from './proxies/caddy.js';
import { envoy } from './proxies/envoy.js';
import { haproxy } from './proxies/haproxy.js';
import { nginx } from './proxies/nginx.js';
import { traefik } from './proxies/traefik.js';

/** Contract §7. */
const proxies: readonly AskingProxy[] = [nginx, caddy, traefik, envoy, haproxy];

const anyPath = forwardAuthPath('');

/** @param url a request's target, as it came: what follows may be a path that no framework should read first */
export function proxyAsking(url: string): AskingProxy | null {
  if (!url.startsWith(anyPath)) return null;
  const asks = ({ name, asksByCall }: AskingProxy): boolean => {
    const path = forwardAuthPath(name);
    if (asksByCall) return url.startsWith(`${path}/`);
    // Some leave the call's query on the question. What the call is stands elsewhere.
    return url === path || url.startsWith(`${path}?`);
  };
  return proxies.find(asks) ?? null;
}
