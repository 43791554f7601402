import createClient, { type Client, type ClientOptions } from 'openapi-fetch';
import type { components, paths } from './schema.js';

/** What the management API takes and answers, by name. */
export type Schemas = components['schemas'];
export type { paths } from './schema.js';

export type LatchkeyClient = Client<paths, 'application/json'>;

/** The management API, each call typed. @param options `baseUrl` of the management listener, and headers such as `Authorization` */
export function latchkeyClient(options: ClientOptions = {}): LatchkeyClient {
  return createClient<paths, 'application/json'>(options);
}
