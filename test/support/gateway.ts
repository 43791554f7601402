import { publishCrm, type Crm } from './crm.js';
import { startTestLatchkey, type Json, type TestLatchkey } from './latchkey.js';
import { NewRows } from './new-rows.js';

/** A gateway with one service at `/crm`, and a key that opens every path of it. */
export interface OpenGateway {
  readonly latchkey: TestLatchkey;
  readonly crm: Crm;
  readonly rows: NewRows;
  readonly keyId: string;
  readonly secret: string;
  /** What the row of every forwarded call says. */
  readonly row: Json;
  close(): Promise<void>;
}

export interface GatewaySettings {
  /** Settings of Latchkey itself. */
  readonly environment?: Record<string, string>;
  /** Settings of the service, beyond its upstream. */
  readonly service?: Json;
  /** Of the service; every method on every path with `contacts.read` unless given. */
  readonly routes?: readonly Json[];
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** Every method on every path. */
export const everyRoute: readonly Json[] = methods.map((method) => ({
  method,
  path: '/*',
  scopeSets: [['contacts.read']],
}));

export async function openGateway(
  upstreamUrl: string,
  settings: GatewaySettings = {},
): Promise<OpenGateway> {
  const latchkey = await startTestLatchkey(settings.environment);
  const crm = await publishCrm(latchkey, upstreamUrl, settings.service);
  const routes = settings.routes ?? everyRoute;
  await latchkey.manage('PUT', '/v1/services/crm/routes', { routes });
  const key = await crm.makeKey();
  const rows = new NewRows(latchkey);
  await rows.skip();
  return {
    ...{ latchkey, crm, rows, keyId: key.id, secret: key.secret },
    row: {
      ...{ door: 'gateway', decision: 'allowed', keyId: key.id, serviceId: crm.serviceId },
      ...{ callerIp: '127.0.0.1', peerIp: '127.0.0.1' },
    },
    close: () => latchkey.remove(),
  };
}
