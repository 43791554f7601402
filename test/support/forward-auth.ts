import { sendRaw, type HeaderLine, type RawAnswer } from './raw-http.js';

/** The proxies that may ask (contract §7). */
export const askers = ['nginx', 'caddy', 'traefik', 'envoy', 'haproxy'] as const;

export type Asker = (typeof askers)[number];

/** Those that take `hapikey` out of the query. */
export const takesHapikeyOut: readonly Asker[] = ['nginx', 'haproxy'];

/** A call that came to a proxy. */
export interface CallOfProxy {
  readonly method?: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  readonly headers?: readonly HeaderLine[];
  /** `X-Forwarded-For`, or `null` for none. */
  readonly callerIp?: string | null;
}

export const pathOf = (asker: Asker): string => `/latchkey/v1/forward-auth/${asker}`;

export const host = 'api.example';

/** What each proxy asks about a call, as it is documented and as its ready configuration has it. */
const questions: Readonly<
  Record<Asker, (call: Required<CallOfProxy>, way: readonly HeaderLine[]) => Parameters<typeof sendRaw>[1]>
> = {
  nginx: ({ method, target, headers }, way) => ({
    target: pathOf('nginx'),
    headers: [['X-Original-Method', method], ['X-Original-URI', target], ['X-Forwarded-Host', host], ...way, ...headers],
  }),
  caddy: ({ method, target, headers }, way) => ({
    target: `${pathOf('caddy')}?`,
    headers: [...headers, ...way, ['X-Forwarded-Host', host], ['X-Forwarded-Method', method], ['X-Forwarded-Proto', 'http'], ['X-Forwarded-Uri', target], ['Accept-Encoding', 'gzip']],
  }),
  traefik: ({ method, target, headers }, way) => ({
    target: pathOf('traefik'),
    headers: [...headers, ...way, ['X-Forwarded-Host', host], ['X-Forwarded-Method', method], ['X-Forwarded-Port', '80'], ['X-Forwarded-Proto', 'http'], ['X-Forwarded-Server', 'traefik-1'], ['X-Forwarded-Uri', target], ['Accept-Encoding', 'gzip']],
  }),
  // Of the call's own headers only those that the configuration allows, and Host.
  envoy: ({ method, target, headers }, way) => ({
    method,
    target: pathOf('envoy') + target,
    headers: [['content-length', '0'], ...headers, ...way, ['x-envoy-expected-rq-timeout-ms', '10000']],
  }),
  haproxy: ({ method, target, headers }, way) => ({
    target: pathOf('haproxy'),
    headers: [...headers, ...way, ['x-forwarded-host', host], ['x-forwarded-method', method], ['x-forwarded-uri', target]],
  }),
}; // prettier-ignore

/** Asks as this proxy does. @param from where the proxy is */
export function ask(
  accessUrl: string,
  asker: Asker,
  call: CallOfProxy,
  from?: string,
): Promise<RawAnswer> {
  const { method = 'GET', target, headers = [], callerIp = '203.0.113.7' } = call;
  const way: HeaderLine[] = callerIp === null ? [] : [['X-Forwarded-For', callerIp]];
  const question = questions[asker]({ method, target, headers, callerIp }, way);
  return sendRaw(accessUrl, { ...question, ...(from !== undefined && { from }) });
}

/** What nginx is told of a denial besides 401 and 403, put together again as `deploy/nginx` does. */
export function asNginxTells(answer: RawAnswer): RawAnswer {
  const status = Number(answer.headers.get('x-latchkey-status'));
  const text = answer.headers.get('x-latchkey-error') ?? '';
  return { ...answer, status, text, json: JSON.parse(text) };
}
