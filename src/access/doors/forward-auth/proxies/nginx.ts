import { cut } from '../../../../core/redaction.js';
import type { WrittenAnswer } from '../../../admission.js';
import type { AskingProxy } from '../asking-proxy.js';
import { toldInHeaders } from '../told-in-headers.js';

/** Bytes of an envelope that travels in a header: with the rest it has to fit into the buffer of the ready configuration. */
const envelopeBytesMax = 8 * 1024;
const messageBytesMax = 2 * 1024;

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
  denialFor: (denial) => ({
    ...denial.answer,
    status: denial.answer.status === 401 ? 401 : 403,
    headers: {
      ...denial.answer.headers,
      'X-Latchkey-Status': String(denial.answer.status),
      'X-Latchkey-Error': envelopeLine(denial),
    },
  }),
};

/** The envelope, and shorter where it is too long: its message says what matters. */
function envelopeLine({ answer, body: { text, bytes } }: WrittenAnswer): string {
  if (bytes <= envelopeBytesMax) return text;
  const message = cut(answer.body.message, messageBytesMax);
  // What `cut` ends with is no ASCII.
  return JSON.stringify({ ...answer.body, message: message.replace('…', '...'), errors: [] });
}
