import { valuesOf } from '../../../header-lines.js';
import type { AskingProxy } from '../asking-proxy.js';
import { forwardAuthPath } from '../forward-auth-path.js';

/** Envoy's `ext_authz` with an `http_service`: the call's own request line behind a `path_prefix`, and its host. */
export const envoy: AskingProxy = {
  name: 'envoy',
  asksByCall: true,
  takesHapikeyOut: false,
  needsEveryHeader: false,
  tell: ({ method, request, rawHeaders }) => ({
    clear: true,
    method,
    uri: (request.url ?? '').slice(forwardAuthPath('envoy').length),
    host: valuesOf(rawHeaders, 'host')[0],
  }),
};
