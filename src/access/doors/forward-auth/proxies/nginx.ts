import type { ErrorAnswer } from '../../../../platform/errors/envelope.js';
import type { AskingProxy } from '../asking-proxy.js';
import { toldInHeaders } from '../told-in-headers.js';

/** Bytes of an envelope that travels in a header: with the rest it has to fit into the buffer of the ready configuration. */
const envelopeBytesMax = 8 * 1024;

/**
 * nginx's `auth_request`. It knows 401 and 403, takes anything else for a failure, and drops the body: what the caller is to
 * be told goes beside them, in two headers that `deploy/nginx` makes the answer of.
 */
export const nginx: AskingProxy = {
  name: 'nginx',
  asksByCall: false,
  takesHapikeyOut: true,
  needsEveryHeader: false,
  tell: (arrival) => toldInHeaders(arrival, 'X-Original-Method', 'X-Original-URI'),
  denialFor: (answer) => ({
    ...answer,
    status: answer.status === 401 ? 401 : 403,
    headers: {
      ...answer.headers,
      'X-Latchkey-Status': String(answer.status),
      'X-Latchkey-Error': envelopeLine(answer),
    },
  }),
};

/** The envelope, and shorter where it is too long: its message says what matters. */
function envelopeLine({ body }: ErrorAnswer): string {
  const whole = JSON.stringify(body);
  return whole.length <= envelopeBytesMax ? whole : JSON.stringify({ ...body, errors: [] });
}
